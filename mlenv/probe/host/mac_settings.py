"""The release of macOS, and what this Python runs in: Rosetta, a virtual Mac."""

from __future__ import annotations

from mlenv.facts.system import OperatingSystem
from mlenv.formats.os_release import parse_mac_version
from mlenv.probe.host.sysctl import is_arm_mac, is_translated, is_virtual_mac, read_sysctl
from mlenv.probe.log import Log, read_file
from mlenv.system.host import Host

VERSION = "/System/Library/CoreServices/SystemVersion.plist"
# The same without the answer for old programs.
PLATFORM_VERSION = "/System/Library/CoreServices/.SystemVersionPlatform.plist"
# What programs made for macOS 10.15, and for macOS 15, are shown in place of 11 and 26, and of what came after them.
COMPATIBILITY_VERSIONS = ("10.16", "16.")


def read_macos(host: Host, log: Log) -> OperatingSystem:
    """The system; what sysctl does not tell stays unknown."""
    machine = host.identity.machine
    values = read_sysctl(host, log, "os.virtualization")
    return OperatingSystem(
        family="macos",
        distribution="macos",
        version=_read_version(host, log),
        kernel=host.identity.release or None,
        wsl=0,
        container="",
        virtualization=_name_hypervisor(machine, values),
        rosetta=_find_rosetta(machine, values),
    )


def read_native_machine(host: Host, log: Log) -> str | None:
    """``arm64`` where Rosetta translates this Python, which is told of an x86_64 machine; None elsewhere."""
    if not is_translated(read_sysctl(host, log, "os.rosetta")):
        return None
    log.found("os.rosetta", "sysctl", "this Python is translated from x86_64")
    return "arm64"


def _name_hypervisor(machine: str, values: dict[str, str]) -> str | None:
    """Apple's chips run Apple's hypervisor only; which one runs a Mac on Intel processors is not said."""
    virtual = is_virtual_mac(values)
    if virtual is None:
        return None
    return ("apple" if is_arm_mac(machine, values) else "vm") if virtual else ""


def _find_rosetta(machine: str, values: dict[str, str]) -> bool | None:
    if machine == "arm64":
        return False
    return is_translated(values) if values else None


def _read_version(host: Host, log: Log) -> str | None:
    """The release; programs made before Apple changed its way of counting are shown the next number of the old way.

    https://eclecticlight.co/2020/08/13/macos-version-numbering-isnt-so-simple/
    https://github.com/python/cpython/issues/135675
    """
    version = parse_mac_version(read_file(host, log, "os.version", VERSION) or "")
    if version is None or not version.startswith(COMPATIBILITY_VERSIONS):
        return version
    return parse_mac_version(read_file(host, log, "os.version", PLATFORM_VERSION) or "")
