"""The operating system, its C library and what it runs in."""

from __future__ import annotations

import re

from mlenv.facts.system import Architecture, Libc, OperatingSystem, SystemFamily
from mlenv.probe.container import read_container, read_virtualization
from mlenv.probe.log import Log, names_in, peek, read_file
from mlenv.probe.sysctl import read_sysctl
from mlenv.system.host import Host, Identity

OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
RED_HAT_RELEASE = "/etc/redhat-release"
MAC_VERSION = "/System/Library/CoreServices/SystemVersion.plist"
WINDOWS_11_BUILD = 22000

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
_ESCAPED = re.compile(r"\\([\"\\$`])")
_PRODUCT_VERSION = re.compile(r"<key>ProductVersion</key>\s*<string>([^<]+)</string>")
_RED_HAT = re.compile(r"^(\w+).*?release (\d[\d.]*)")
_MUSL_LOADER = re.compile(r"^ld-musl-[\w-]+\.so\.1$")
_MUSL_VERSION = re.compile(r"^Version (\d[\w.]*)", re.MULTILINE)


def name_family(identity: Identity) -> SystemFamily:
    """The family of the system; what is neither Windows nor macOS is treated as Linux."""
    return _FAMILIES.get(identity.system, "linux")


def read_operating_system(host: Host, log: Log) -> OperatingSystem:
    """Everything about the system that holds for the whole machine."""
    family = name_family(host.identity)
    if family == "windows":
        return _read_windows(host, log)
    return _read_macos(host, log) if family == "macos" else _read_linux(host, log)


def read_architecture(host: Host, log: Log) -> Architecture | None:
    """What the processor is; a Python that Rosetta translates does not hide an Arm Mac."""
    machine = host.identity.machine.lower()
    if host.identity.system == "macos" and machine == "x86_64":
        values = read_sysctl(host, log, "os.rosetta")
        if values.get("sysctl.proc_translated") == "1" or values.get("hw.optional.arm64") == "1":
            log.found("os.rosetta", "sysctl", "this Python is translated from x86_64")
            return "arm64"
    architecture = _ARCHITECTURES.get(machine)
    if architecture is None:
        log.unreadable("architecture", "uname", f"{host.identity.machine!r} is not known")
    return architecture


def _read_linux(host: Host, log: Log) -> OperatingSystem:
    distribution, version = _read_distribution(host, log)
    wsl = find_wsl(host.identity.release, host.environ.get("WSL_DISTRO_NAME", ""))
    return OperatingSystem(
        family="linux",
        distribution=distribution,
        version=version,
        kernel=host.identity.release or None,
        libc=_read_libc(host, log),
        wsl=wsl,
        container=read_container(host, log),
        virtualization="hyper-v" if wsl == 2 else read_virtualization(host, log),
    )


def _read_distribution(host: Host, log: Log) -> tuple[str | None, str | None]:
    for path in OS_RELEASE:
        text = peek(host, path)
        if text is not None:
            log.found("os.distribution", path)
            fields = parse_os_release(text)
            return fields.get("ID"), fields.get("VERSION_ID")
    text = read_file(host, log, "os.distribution", RED_HAT_RELEASE)
    return parse_red_hat_release(text or "")


# > ID=debian
# > VERSION_ID="12"
def parse_os_release(text: str) -> dict[str, str]:
    """The fields of an os-release file, without quotes; empty values are left out."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#") and (plain := _unquote(value.strip())):
            fields[key] = plain
    return fields


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return _ESCAPED.sub(r"\1", value[1:-1])
    return value


# CentOS release 6.10 (Final)
# Red Hat Enterprise Linux Server release 7.2 (Maipo)
def parse_red_hat_release(text: str) -> tuple[str | None, str | None]:
    """Name and version from the one line that systems before os-release had."""
    match = _RED_HAT.match(text.strip())
    if not match:
        return None, None
    name = match[1].lower()
    return "rhel" if name == "red" else name, match[2]


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
    loader = next((name for name in names_in(host, "/lib") if _MUSL_LOADER.match(name)), None)
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


def _read_macos(host: Host, log: Log) -> OperatingSystem:
    text = read_file(host, log, "os.version", MAC_VERSION) or ""
    match = _PRODUCT_VERSION.search(text)
    return OperatingSystem(
        family="macos",
        distribution="macos",
        version=match[1].strip() if match else None,
        kernel=host.identity.release or None,
        wsl=0,
        container="",
    )


def _read_windows(host: Host, log: Log) -> OperatingSystem:
    log.found("os.version", "getwindowsversion", host.identity.release)
    return OperatingSystem(
        family="windows",
        distribution="windows",
        version=name_windows(host.identity.release),
        kernel=host.identity.release or None,
        wsl=0,
    )


def name_windows(release: str) -> str | None:
    """``10.0.22631`` is Windows 11, which kept 10 in its own number."""
    parts = release.split(".")
    if not parts[0].isdigit():
        return None
    build = parts[2] if len(parts) > 2 else ""
    if parts[0] == "10":
        return "11" if build.isdigit() and int(build) >= WINDOWS_11_BUILD else "10"
    return ".".join(parts[:2])
