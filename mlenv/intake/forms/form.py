"""What a form is, and what one section of a report tells."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from mlenv.facts.drivers import CudaToolkit, Jetson, Library, Nvidia, Rocm
from mlenv.facts.environment import CondaPackage, Distribution, Environment
from mlenv.facts.gpu import Gpu
from mlenv.facts.hardware import Cpu, Disk, Memory
from mlenv.facts.python import PackageManager, PythonInterpreter
from mlenv.facts.report import FrameworkView, Wanted
from mlenv.facts.system import (
    Account,
    Architecture,
    Containers,
    DeviceNode,
    DkmsModule,
    KernelEvent,
    KernelModule,
    OperatingSystem,
    ResourceLimit,
    Variable,
)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The facts that one section states.  What it does not state is None or empty, and stays unknown.

    ``machine`` facts have the names of :class:`~mlenv.facts.machine.Machine`'s fields.  ``environment``
    holds what the section says of the environment itself (kind, path, flags), without its packages;
    ``distributions`` are installed packages of Python, ``user_site`` those of the user's own folder.
    """

    os: OperatingSystem | None = None
    architecture: Architecture | None = None
    cpu: Cpu | None = None
    memory: Memory | None = None
    disks: tuple[Disk, ...] = ()
    gpus: tuple[Gpu, ...] | None = None
    nvidia: Nvidia | None = None
    rocm: Rocm | None = None
    cuda_toolkits: tuple[CudaToolkit, ...] = ()
    python: PythonInterpreter | None = None
    managers: tuple[PackageManager, ...] = ()
    variables: tuple[Variable, ...] = ()
    account: Account | None = None
    limits: tuple[ResourceLimit, ...] | None = None
    containers: Containers | None = None
    kernel_modules: tuple[KernelModule, ...] | None = None
    dkms: tuple[DkmsModule, ...] | None = None
    device_nodes: tuple[DeviceNode, ...] | None = None
    kernel_events: tuple[KernelEvent, ...] | None = None
    libraries: tuple[Library, ...] | None = None
    jetson: Jetson | None = None
    model: str | None = None

    environment: Environment | None = None
    distributions: tuple[Distribution, ...] = ()
    conda_packages: tuple[CondaPackage, ...] = ()

    symptom: str = ""
    views: tuple[FrameworkView, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    user_site: tuple[Distribution, ...] = ()
    missing_nodes: tuple[str, ...] = ()
    toolkit: str | None = None
    loaded: dict[str, str] = {}
    system_packages: dict[str, str] = {}
    remarks: dict[str, str] = {}


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A form of report: its name, and how its sections are found in a text and read.

    ``find`` gives the parts of a normalised text (see :func:`mlenv.clues.text.normalise`) that are of this
    form, however much stands around them; ``read`` never raises for what such a part holds.
    A form whose columns or indentation matter asks for the text as it came (``raw``).
    """

    name: str
    find: Callable[[str], list[str]]
    read: Callable[[str], Told]
    raw: bool = False
