r"""What Windows' registry says of the system: release, edition, long paths, Visual C++'s runtime."""

from __future__ import annotations

from mlenv.facts.pattern import lazy
from mlenv.facts.system import OperatingSystem
from mlenv.probe.host.container import name_hypervisor
from mlenv.probe.host.firmware import read_firmware
from mlenv.probe.host.secure_boot import read_secure_boot
from mlenv.probe.log import Log
from mlenv.probe.registry import Values, text_of, values_of
from mlenv.system.host import Host

CURRENT_VERSION = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
CONTROL = r"HKLM\SYSTEM\CurrentControlSet\Control"
FILE_SYSTEM = r"HKLM\SYSTEM\CurrentControlSet\Control\FileSystem"
ENVIRONMENT = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
RUNTIMES = (
    r"HKLM\SOFTWARE\Microsoft\VisualStudio\14.0\VC\Runtimes",
    r"HKLM\SOFTWARE\WOW6432Node\Microsoft\VisualStudio\14.0\VC\Runtimes",
)
# The files that compiled packages ask for; Visual C++ 2015 to 2017 came without the second one.
RUNTIME_FILES = ("vcruntime140.dll", "vcruntime140_1.dll", "msvcp140.dll")
WINDOWS_11_BUILD = 22000

_RUNTIME_NAMES = {"amd64": "X64", "arm64": "ARM64", "x86": "X86"}
_RELEASE = lazy(r"[0-9]{1,4}(?:\.[0-9]{1,6}){0,3}")
_SERVER_YEAR = lazy(r"Server (20[0-9]{2}(?: R2)?)")


def read_windows(host: Host, log: Log) -> OperatingSystem:
    """The system; what the registry does not tell stays unknown."""
    values = values_of(host, CURRENT_VERSION)
    release = host.identity.release
    log.found("os.version", CURRENT_VERSION if values else "getwindowsversion", _describe(values) or release)
    return OperatingSystem(
        family="windows",
        distribution="windows",
        version=find_server_year(text_of(values, "ProductName")) or name_windows(release),
        kernel=release or None,
        wsl=0,
        container=_read_container(host, log),
        virtualization=_read_virtualization(host, log),
        secure_boot=read_secure_boot(host, log),
        long_paths=_read_long_paths(host, log),
        vc_runtime=_read_vc_runtime(host, log),
        edition=text_of(values, "EditionID") or None,
    )


def _describe(values: Values) -> str:
    """Edition, feature update and the whole number of the build: ``Professional 23H2 22631.4169``."""
    build = ".".join(filter(None, (text_of(values, "CurrentBuild"), text_of(values, "UBR"))))
    return " ".join(filter(None, (text_of(values, "EditionID"), text_of(values, "DisplayVersion"), build)))


# 10.0.22631
def name_windows(release: str) -> str | None:
    """``10.0.22631`` is Windows 11, which kept 10 in its own number."""
    if not _RELEASE.fullmatch(release):
        return None
    parts = release.split(".")
    if parts[0] == "10":
        return "11" if len(parts) > 2 and int(parts[2]) >= WINDOWS_11_BUILD else "10"
    return ".".join(parts[:2])


# Windows Server 2022 Datacenter ; Windows Server 2012 R2 Standard ; Windows 10 Pro
def find_server_year(product: str) -> str | None:
    """The year that names a Windows Server, None for others: Windows 11 calls itself 10 in this place."""
    match = _SERVER_YEAR.search(product[:200])
    return match[1] if match else None


def _read_container(host: Host, log: Log) -> str | None:
    """Whether this is a container of Windows, which names its kind in the registry; empty for none."""
    try:
        values = host.read_registry(CONTROL)
    except OSError as error:
        log.unreadable("os.container", CONTROL, type(error).__name__)
        return None
    kind = values.get("ContainerType")
    if kind is None:
        log.absent("os.container", CONTROL)
        return ""
    log.found("os.container", CONTROL, f"ContainerType {kind}")
    return "windows"


def _read_virtualization(host: Host, log: Log) -> str | None:
    """The hypervisor that the firmware names, empty for none, None where it has no names."""
    firmware, source = read_firmware(host)
    product = f"{firmware.vendor} {firmware.product}".strip()
    if not product:
        log.absent("os.virtualization", source)
        return None
    log.found("os.virtualization", source, product)
    return name_hypervisor(product, guest=False)


def _read_long_paths(host: Host, log: Log) -> bool | None:
    """Whether programs may use paths of more than 260 characters.

    https://learn.microsoft.com/en-us/windows/win32/fileio/maximum-file-path-limitation
    """
    try:
        value = host.read_registry(FILE_SYSTEM).get("LongPathsEnabled", 0)
    except OSError as error:
        log.unreadable("os.long_paths", FILE_SYSTEM, type(error).__name__)
        return None
    log.found("os.long_paths", FILE_SYSTEM, str(value))
    return value == 1


def _read_vc_runtime(host: Host, log: Log) -> str | None:
    """The version of Visual C++'s runtime for this machine, empty for none, None for an unknown version.

    https://learn.microsoft.com/en-us/cpp/windows/redistributing-visual-cpp-files
    """
    folder = _system_folder(host)
    missing = [name for name in RUNTIME_FILES if not host.exists(f"{folder}\\{name}")]
    if missing:
        log.absent("os.vc_runtime", folder, f"without {', '.join(missing)}")
        return ""
    machine = (host.environ.get("PROCESSOR_ARCHITEW6432") or host.identity.machine).lower()
    for root in RUNTIMES:
        key = f"{root}\\{_RUNTIME_NAMES.get(machine, 'X64')}"
        version = plain_version(text_of(values_of(host, key), "Version"))
        if version:
            log.found("os.vc_runtime", key)
            return version
    log.found("os.vc_runtime", folder, "its version is not in the registry")
    return None


def _system_folder(host: Host) -> str:
    """The folder of the system's libraries; 32-bit programs see another one under its name."""
    root = host.environ.get("SYSTEMROOT") or host.environ.get("SystemRoot") or "C:\\Windows"
    return f"{root}\\Sysnative" if host.environ.get("PROCESSOR_ARCHITEW6432") else f"{root}\\System32"


# v14.40.33810.00
def plain_version(text: str) -> str | None:
    """The version without the letter in front, ``14.40.33810.00``."""
    match = _RELEASE.fullmatch(text.strip().removeprefix("v"))
    return match[0] if match else None


def read_native_architecture(host: Host, log: Log) -> str | None:
    """The processor's architecture in Windows' words (``AMD64``, ``ARM64``), whatever this Python was made for.

    A program that Windows translates is told of the processor that it was made for; the system's own
    environment names the real one.
    """
    native = text_of(values_of(host, ENVIRONMENT), "PROCESSOR_ARCHITECTURE")
    own = host.environ.get("PROCESSOR_ARCHITECTURE", native)
    if native and own.lower() != native.lower():
        log.found("architecture", ENVIRONMENT, f"this Python is a program for {own} on {native}")
    return native or None
