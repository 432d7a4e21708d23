"""The operating system, its C library and what it runs in."""

from __future__ import annotations

from mlenv.facts.pattern import lazy
from mlenv.facts.system import Architecture, Libc, OperatingSystem, SystemFamily
from mlenv.formats.os_release import Distribution, parse_distribution, parse_red_hat_release
from mlenv.probe.host.container import read_container, read_virtualization
from mlenv.probe.host.secure_boot import read_secure_boot
from mlenv.probe.log import Log, names_in, peek, read_file
from mlenv.system.host import Host, Identity

OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
RED_HAT_RELEASE = "/etc/redhat-release"

_FAMILIES: dict[str, SystemFamily] = {"linux": "linux", "windows": "windows", "macos": "macos"}
_ARCHITECTURES: dict[str, Architecture] = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "aarch64": "aarch64",
    "arm64": "arm64",
    "x86": "x86",
    "i386": "x86",
    "i486": "x86",
    "i586": "x86",
    "i686": "x86",
}
_MUSL_LOADER = lazy(r"ld-musl-[\w-]+\.so\.1")
_MUSL_VERSION = lazy(r"(?m:^Version (\d[\w.]*))")


def name_family(identity: Identity) -> SystemFamily:
    """The family of the system; what is neither Windows nor macOS is treated as Linux."""
    return _FAMILIES.get(identity.system, "linux")


def read_operating_system(host: Host, log: Log) -> OperatingSystem:
    """Everything about the system that holds for the whole machine."""
    family = name_family(host.identity)
    if family == "windows":
        from mlenv.probe.host.windows_settings import read_windows

        return read_windows(host, log)
    if family == "macos":
        from mlenv.probe.host.mac_settings import read_macos

        return read_macos(host, log)
    return _read_linux(host, log)


def read_architecture(host: Host, log: Log) -> Architecture | None:
    """What the processor is; a Python that Rosetta or Windows translates does not hide it."""
    machine = _read_native_machine(host, log) or host.identity.machine
    architecture = _ARCHITECTURES.get(machine.lower())
    if architecture is None:
        log.unreadable("architecture", "uname", f"{machine!r} is not known")
    return architecture


def _read_native_machine(host: Host, log: Log) -> str | None:
    """The machine in the system's words, where this Python may have been told of another one."""
    if host.identity.system == "windows":
        from mlenv.probe.host.windows_settings import read_native_architecture

        return read_native_architecture(host, log)
    if host.identity.system == "macos" and host.identity.machine == "x86_64":
        from mlenv.probe.host.mac_settings import read_native_machine

        return read_native_machine(host, log)
    return None


def _read_linux(host: Host, log: Log) -> OperatingSystem:
    distribution = _read_distribution(host, log)
    wsl = find_wsl(host.identity.release, host.environ.get("WSL_DISTRO_NAME", ""))
    return OperatingSystem(
        family="linux",
        distribution=distribution.name,
        version=distribution.version,
        kernel=host.identity.release or None,
        libc=_read_libc(host, log),
        wsl=wsl,
        container=read_container(host, log),
        virtualization="hyper-v" if wsl == 2 else read_virtualization(host, log),
        # The kernel of WSL is started by Windows, whose firmware it does not show.
        secure_boot=None if wsl else read_secure_boot(host, log),
        edition=distribution.edition,
        like=distribution.like,
    )


def _read_distribution(host: Host, log: Log) -> Distribution:
    for path in OS_RELEASE:
        text = peek(host, path)
        if text is not None:
            distribution = parse_distribution(text)
            log.found("os.distribution", path, distribution.title or "")
            return distribution
    text = read_file(host, log, "os.distribution", RED_HAT_RELEASE)
    return parse_red_hat_release(text or "")


# 5.15.153.1-microsoft-standard-WSL2 ; 4.4.0-19041-Microsoft
def find_wsl(release: str, distro_name: str) -> int:
    """1 or 2 inside the Windows Subsystem for Linux, 0 outside; only WSL 2 takes another kernel."""
    text = release.lower()
    if "microsoft-standard" in text or "wsl2" in text:
        return 2
    if "microsoft" in text:
        return 1
    return 2 if distro_name else 0


def _read_libc(host: Host, log: Log) -> Libc | None:
    family, _, version = host.identity.libc.partition(" ")
    if version:
        log.found("os.libc", "confstr")
        return Libc(family=family, version=version)
    loader = next((name for name in names_in(host, "/lib") if _MUSL_LOADER.fullmatch(name)), None)
    if loader:
        return _ask_musl(host, log, f"/lib/{loader}")
    completed = host.run(["getconf", "GNU_LIBC_VERSION"], timeout=log.seconds_left)
    family, _, version = completed.stdout.strip().partition(" ")
    if family == "glibc" and version:
        log.found("os.libc", "getconf")
        return Libc(family=family, version=version)
    log.unreadable("os.libc", "getconf", completed.stderr.strip()[:200])
    return None


# musl libc (x86_64)
# Version 1.2.4
# Dynamic Program Loader
def _ask_musl(host: Host, log: Log, loader: str) -> Libc | None:
    completed = host.run([loader], timeout=log.seconds_left)
    match = _MUSL_VERSION.search(completed.stderr) or _MUSL_VERSION.search(completed.stdout)
    if not match:
        log.unreadable("os.libc", loader, completed.stderr.strip()[:200])
        return None
    log.found("os.libc", loader)
    return Libc(family="musl", version=match[1])
