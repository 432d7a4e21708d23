"""The operating system, what it runs in, and what it allows."""

from __future__ import annotations

from typing import Literal

from mlenv.facts.fact import Fact

SystemFamily = Literal["linux", "windows", "macos"]
Architecture = Literal["x86_64", "aarch64", "arm64", "x86"]
KernelEventKind = Literal[
    "xid",
    "sxid",
    "nvidia",
    "nouveau",
    "amdgpu",
    "intel",
    "segfault",
    "out-of-memory",
    "pcie",
    "machine-check",
    "module",
]


class Libc(Fact, frozen=True, kw_only=True):
    """The C library: ``family`` is ``glibc`` or ``musl``."""

    family: str
    version: str


class OperatingSystem(Fact, frozen=True, kw_only=True):
    """The operating system.

    ``version`` is the release users know (``22.04``, ``14.5``, ``11``), ``kernel`` what
    ``uname -r`` says.  ``wsl`` is 1 or 2 inside the Windows Subsystem for Linux, 0 outside.
    ``container`` and ``virtualization`` name the technology (``docker``, ``kvm``); empty for none.
    ``rosetta`` tells that this Python is translated from x86_64 on an Arm Mac; ``long_paths`` and
    ``vc_runtime`` are Windows' switch for paths over 260 characters and the version of Visual C++'s
    runtime, empty for none.
    ``edition`` is the system's own word for its kind (``server``, ``Professional``), ``like`` are the
    distributions that this one comes from, the nearest first (``rhel``, ``fedora``).
    """

    family: SystemFamily
    distribution: str | None = None
    version: str | None = None
    kernel: str | None = None
    libc: Libc | None = None
    wsl: int | None = None
    container: str | None = None
    virtualization: str | None = None
    secure_boot: bool | None = None
    rosetta: bool | None = None
    long_paths: bool | None = None
    vc_runtime: str | None = None
    edition: str | None = None
    like: tuple[str, ...] = ()


class Cloud(Fact, frozen=True, kw_only=True):
    """The cloud that rents this machine out (``aws``, ``gcp``, ``azure``), and the kind of machine."""

    provider: str
    instance: str | None = None


class Account(Fact, frozen=True, kw_only=True):
    """Who runs mlenv, without a name: groups that devices ask for, and whether all is allowed."""

    groups: tuple[str, ...] | None = None
    administrator: bool | None = None


class ResourceLimit(Fact, frozen=True, kw_only=True):
    """One limit of this process; ``soft`` and ``hard`` are None where there is no limit.

    ``name`` is ``open-files``, ``processes``, ``stack``, ``locked-memory``, ``address-space`` or
    ``file-size``; sizes are in bytes.
    """

    name: str
    soft: int | None = None
    hard: int | None = None


class KernelModule(Fact, frozen=True, kw_only=True):
    """A loaded kernel module that has to do with accelerators; ``version`` where it states one."""

    name: str
    version: str | None = None


class DkmsModule(Fact, frozen=True, kw_only=True):
    """A module that DKMS keeps, for one kernel: ``state`` is ``added``, ``built``, ``installed`` or ``broken``."""

    name: str
    version: str
    kernel: str | None = None
    state: str | None = None


class DeviceNode(Fact, frozen=True, kw_only=True):
    """A device file of an accelerator, and whether this user may open it.

    ``mode`` is octal (``0660``); ``owner`` and ``group`` are names, or numbers without one.
    """

    path: str
    readable: bool | None = None
    writable: bool | None = None
    mode: str | None = None
    owner: str | None = None
    group: str | None = None


class KernelEvent(Fact, frozen=True, kw_only=True):
    """A line of the kernel's log since boot that has to do with accelerators or memory.

    ``code`` is the number of an Xid or SXid, ``device`` the PCI address it names, ``seconds`` the
    time since boot; ``count`` how often it came (``seconds`` and ``text`` are those of the last).
    """

    kind: KernelEventKind
    text: str
    code: int | None = None
    device: str | None = None
    seconds: float | None = None
    count: int = 1


class ContainerEngine(Fact, frozen=True, kw_only=True):
    """A container engine on this host and whether NVIDIA's runtime is registered with it."""

    name: str
    nvidia_runtime: bool | None = None
    default_runtime: str | None = None


class Containers(Fact, frozen=True, kw_only=True):
    """What this host has to give GPUs to containers.

    ``toolkit`` is the version of NVIDIA's container toolkit, empty where it has none to be found;
    ``cdi_devices`` are the names that CDI files offer (``nvidia.com/gpu=0``).
    """

    engines: tuple[ContainerEngine, ...] = ()
    toolkit: str | None = None
    cdi_devices: tuple[str, ...] = ()


class Certificates(Fact, frozen=True, kw_only=True):
    """A file or folder of certificates that a variable names; ``origin`` is the variable."""

    origin: str
    path: str
    exists: bool | None = None


class Variable(Fact, frozen=True, kw_only=True):
    """An environment variable that frameworks or the dynamic linker obey, where it is set."""

    name: str
    value: str
