"""A machine: what is known of its hardware, system software and Python.

``None`` always means unknown.  An empty tuple means that the thing was looked for and there is
none.  Sizes are in bytes, versions are the strings that the source gave.
"""

from __future__ import annotations

from mlenv.facts.drivers import CudaToolkit, IntelCompute, Jetson, Library, Nvidia, Rocm, Tpu
from mlenv.facts.fact import Fact
from mlenv.facts.gpu import Gpu, Vendor
from mlenv.facts.hardware import Cpu, Disk, DiskPurpose, Memory, NetworkPort
from mlenv.facts.packages import PackageConfiguration
from mlenv.facts.python import PackageManager, PythonInterpreter
from mlenv.facts.reading import Reading
from mlenv.facts.system import (
    Account,
    Architecture,
    Certificates,
    Cloud,
    Containers,
    DeviceNode,
    DkmsModule,
    KernelEvent,
    KernelModule,
    OperatingSystem,
    ResourceLimit,
    Variable,
)


class Machine(Fact, frozen=True, kw_only=True):
    """Everything that decisions may know about a machine.

    What is None could not be looked at, or says nothing on such a machine; the readings tell which.
    ``model`` is the maker's name of the computer (``MacBookPro18,2``, ``PowerEdge R750xa``).
    """

    os: OperatingSystem
    architecture: Architecture | None = None
    cpu: Cpu = Cpu()
    memory: Memory = Memory()
    disks: tuple[Disk, ...] = ()
    gpus: tuple[Gpu, ...] | None = None
    nvidia: Nvidia | None = None
    rocm: Rocm | None = None
    cuda_toolkits: tuple[CudaToolkit, ...] = ()
    pythons: tuple[PythonInterpreter, ...] | None = None
    managers: tuple[PackageManager, ...] | None = None
    packages: PackageConfiguration = PackageConfiguration()
    variables: tuple[Variable, ...] = ()
    model: str | None = None
    cloud: Cloud | None = None
    account: Account | None = None
    limits: tuple[ResourceLimit, ...] | None = None
    certificates: tuple[Certificates, ...] = ()
    containers: Containers | None = None
    kernel_modules: tuple[KernelModule, ...] | None = None
    dkms: tuple[DkmsModule, ...] | None = None
    device_nodes: tuple[DeviceNode, ...] | None = None
    kernel_events: tuple[KernelEvent, ...] | None = None
    libraries: tuple[Library, ...] | None = None
    network_ports: tuple[NetworkPort, ...] | None = None
    intel: IntelCompute | None = None
    tpu: Tpu | None = None
    jetson: Jetson | None = None
    readings: tuple[Reading, ...] = ()

    @property
    def platform(self) -> str:
        """The key of wheels and matrix rows: ``linux-x86_64``, ``macos-arm64`` and so on."""
        architecture = self.architecture or "unknown"
        if self.os.family == "macos":
            architecture = "arm64" if architecture == "aarch64" else architecture
        elif architecture == "arm64":
            architecture = "aarch64"
        return f"{self.os.family}-{architecture}"

    def gpus_of(self, vendor: Vendor) -> tuple[Gpu, ...]:
        """The known GPUs of one vendor."""
        return tuple(gpu for gpu in self.gpus or () if gpu.vendor == vendor)

    def disk(self, purpose: DiskPurpose) -> Disk | None:
        """The disk that serves a purpose, None where it is unknown."""
        return next((disk for disk in self.disks if disk.purpose == purpose), None)
