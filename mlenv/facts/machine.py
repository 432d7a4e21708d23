"""A machine: what is known of its hardware, system software and Python.

``None`` always means unknown.  An empty tuple means that the thing was looked for and there is
none.  Sizes are in bytes, versions are the strings that the source gave.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from mlenv.facts.reading import Reading

SystemFamily = Literal["linux", "windows", "macos"]
Architecture = Literal["x86_64", "aarch64", "arm64", "x86"]
Vendor = Literal["nvidia", "amd", "intel", "apple", "google"]
PythonKind = Literal["system", "pyenv", "conda", "uv", "venv", "homebrew", "other"]
ManagerName = Literal["uv", "pip", "conda", "mamba", "micromamba", "pixi"]
DiskPurpose = Literal["environment", "cache", "temporary"]


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of the facts: immutable, compared by value, keyword arguments only."""


class Libc(Fact, frozen=True, kw_only=True):
    """The C library: ``family`` is ``glibc`` or ``musl``."""

    family: str
    version: str


class OperatingSystem(Fact, frozen=True, kw_only=True):
    """The operating system.

    ``version`` is the release users know (``22.04``, ``14.5``, ``11``), ``kernel`` what
    ``uname -r`` says.  ``wsl`` is 1 or 2 inside the Windows Subsystem for Linux, 0 outside.
    ``container`` and ``virtualization`` name the technology (``docker``, ``kvm``); empty for none.
    """

    family: SystemFamily
    distribution: str | None = None
    version: str | None = None
    kernel: str | None = None
    libc: Libc | None = None
    wsl: int | None = None
    container: str | None = None
    virtualization: str | None = None


class Cpu(Fact, frozen=True, kw_only=True):
    """The processor.  ``flags`` are Linux names (``avx2``, ``avx512f``, ``amx_tile``).

    ``usable_cores`` is what a cgroup quota and the affinity mask leave to this process; it may be
    a fraction.
    """

    model: str | None = None
    vendor: str | None = None
    physical_cores: int | None = None
    logical_cores: int | None = None
    usable_cores: float | None = None
    flags: tuple[str, ...] | None = None


class Memory(Fact, frozen=True, kw_only=True):
    """Main memory.  ``limit_bytes`` is the cgroup limit, None where there is none."""

    total_bytes: int | None = None
    available_bytes: int | None = None
    limit_bytes: int | None = None
    swap_bytes: int | None = None


class Disk(Fact, frozen=True, kw_only=True):
    """The file system that holds one place that mlenv or the frameworks write to."""

    purpose: DiskPurpose
    path: str
    free_bytes: int | None = None
    total_bytes: int | None = None
    filesystem: str | None = None
    writable: bool | None = None


class Gpu(Fact, frozen=True, kw_only=True):
    """One accelerator.

    ``compute_capability`` is NVIDIA's (``8.6``), ``gfx`` the target of an AMD GPU (``gfx1100``).
    ``pci_address`` is ``0000:01:00.0``, ``pci_id`` vendor and device (``10de:2684``).
    ``integrated`` tells a GPU that shares the main memory from a card of its own, ``mig`` one that
    is split into MIG instances.
    """

    vendor: Vendor
    name: str | None = None
    index: int | None = None
    uuid: str | None = None
    pci_address: str | None = None
    compute_capability: str | None = None
    gfx: str | None = None
    memory_bytes: int | None = None
    memory_free_bytes: int | None = None
    integrated: bool | None = None
    mig: bool | None = None
    pci_id: str | None = None


class Nvidia(Fact, frozen=True, kw_only=True):
    """NVIDIA system software.

    ``driver`` is the version of the user-space driver (``580.95.05``), ``kernel_module`` that of
    the loaded kernel module, ``cuda`` the newest CUDA that the driver itself offers (``13.0``).
    ``nvml`` says how NVML started and ``cuda_init`` how libcuda did: ``ok``, or the error's name
    (``LibRmVersionMismatch``, ``CUDA_ERROR_SYSTEM_DRIVER_MISMATCH``, ``SIGSEGV``, ``timeout``).
    """

    driver: str | None = None
    kernel_module: str | None = None
    open_kernel_module: bool | None = None
    cuda: str | None = None
    nvml: str | None = None
    cuda_init: str | None = None


class Rocm(Fact, frozen=True, kw_only=True):
    """AMD system software: ``version`` is that of an installed ROCm user space (``6.4``)."""

    version: str | None = None


class CudaToolkit(Fact, frozen=True, kw_only=True):
    """An installed CUDA toolkit and how it was found."""

    version: str
    path: str


class PythonInterpreter(Fact, frozen=True, kw_only=True):
    """A Python interpreter that could make an environment.

    ``bits`` is 32 or 64.  ``externally_managed`` is PEP 668's marker: pip may not write there.
    """

    version: str
    path: str | None = None
    implementation: str = "cpython"
    kind: PythonKind = "other"
    bits: int | None = None
    architecture: str | None = None
    free_threaded: bool = False
    externally_managed: bool = False


class PackageManager(Fact, frozen=True, kw_only=True):
    """A package manager found on PATH (or, for uv, beside mlenv)."""

    name: ManagerName
    path: str
    version: str | None = None


class Setting(Fact, frozen=True, kw_only=True):
    """One value of a package manager's configuration and the file or variable that set it."""

    value: str
    origin: str


class PackageConfiguration(Fact, frozen=True, kw_only=True):
    """Where this user's pip and uv take packages from.

    ``index_url`` replaces the default index, ``extra_index_urls`` stand beside it, ``find_links``
    are folders or pages of wheels.  Passwords inside addresses are kept here, in memory, because
    the installer needs them; writers mask them (see :func:`mlenv.report.redact.mask_url`).
    """

    index_url: Setting | None = None
    extra_index_urls: tuple[Setting, ...] = ()
    find_links: tuple[Setting, ...] = ()
    no_index: Setting | None = None
    certificate: Setting | None = None
    client_certificate: Setting | None = None
    trusted_hosts: tuple[Setting, ...] = ()
    proxies: tuple[Setting, ...] = ()

    @property
    def pip_proxy(self) -> str | None:
        """The proxy that only pip would know of; those of ``HTTPS_PROXY`` and the like every program sees."""
        shared = ("http_proxy", "https_proxy", "all_proxy")
        return next((setting.value for setting in self.proxies if setting.origin.lower() not in shared), None)


class Variable(Fact, frozen=True, kw_only=True):
    """An environment variable that frameworks or the dynamic linker obey, where it is set."""

    name: str
    value: str


class Machine(Fact, frozen=True, kw_only=True):
    """Everything that decisions may know about a machine.

    ``gpus``, ``pythons`` and ``managers`` are None where nobody could look.
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
