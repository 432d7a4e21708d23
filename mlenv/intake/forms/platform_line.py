"""Lines that state the system in one go: ``platform.platform()``, ``platform.uname()`` and ``uname -a``."""

from __future__ import annotations

from mlenv.facts.pattern import lazy
from mlenv.facts.system import Architecture, Libc, OperatingSystem, SystemFamily
from mlenv.formats.os_release import parse_kernel
from mlenv.intake.forms.blocks import gather, lines_of
from mlenv.intake.forms.form import Form, Told
from mlenv.probe.host.operating_system import find_wsl

# Linux-5.15.0-72-generic-x86_64-with-glibc2.31 ; macOS-13.4-arm64-arm-64bit ; Windows-10-10.0.22631-SP0
_LINUX = lazy(
    r"\bLinux-(?P<kernel>[0-9]\.[0-9]{1,3}[\w.+~-]{0,100}?)-(?P<machine>x86_64|aarch64|i[3-6]86|ppc64le)"
    r"(?:-x86_64)?-with-(?P<libc>[\w.-]{3,40})"
)
_MAC = lazy(
    r"\b(?:macOS|Darwin)-(?P<version>[0-9]{2}(?:\.[0-9]{1,2}){0,2})-(?P<machine>arm64|x86_64)-(?:arm|i386)-64bit"
)
_WINDOWS = lazy(
    r"\bWindows-(?P<version>7|8|8\.1|10|11|20[0-9]{2}Server)-(?P<kernel>[0-9]{1,2}\.[0-9]\.[0-9]{3,6})(?:-SP[0-9])?"
)
_GLIBC = lazy(r"glibc(2\.[0-9]{1,3})")
_NAMED = lazy(r"(ubuntu|debian|centos|fedora|redhat)-([0-9]{1,2}(?:\.[0-9]{1,2})?)")
_RESULT = lazy(r"uname_result\(system='(?P<system>\w{1,20})'[^\n]{0,200}? release='(?P<release>[^'\n]{1,100})'")
_RESULT_MACHINE = lazy(r"machine='(\w{1,20})'")
_RESULT_VERSION = lazy(r"version='([^'\n]{1,200})'")
_UNAME = lazy(
    r"(?:^|\s)(?P<line>(?:Linux \S{1,255} [2-9]|Darwin \S{1,255} [12][0-9])\.[0-9]{1,3}\.[^\n]{5,300}"
    r"|[2-9]\.[0-9]{1,3}\.\S{1,100} #[0-9][^\n]{5,200} GNU/Linux)"
)
_UNAME_MACHINE = lazy(r"\b(x86_64|aarch64|arm64|i[3-6]86)\b")
_BUILD = lazy(r"(?:10|6)\.[0-9]\.([0-9]{4,6})")
# No system with a kernel of 4.0 or newer has an older glibc than 2.17.
_OLDEST = 17
_FIRST_OF_11 = 22000
_SYSTEMS: dict[str, SystemFamily] = {"linux": "linux", "darwin": "macos", "windows": "windows"}
_MACHINES: dict[str, Architecture] = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "x64": "x86_64",
    "aarch64": "aarch64",
    "arm64": "arm64",
    **{f"i{number}86": "x86" for number in (3, 4, 5, 6)},
    "x86": "x86",
}


def architecture_of(machine: str | None) -> Architecture | None:
    """What ``uname -m`` and Windows call a processor, as mlenv calls it."""
    return _MACHINES.get((machine or "").lower())


def linux_of(
    kernel: str | None, libc: Libc | None = None, distribution: str | None = None, version: str | None = None
) -> OperatingSystem:
    """A Linux; its kernel tells whether it runs in the Windows Subsystem."""
    wsl = find_wsl(kernel, "") if kernel else 0
    return OperatingSystem(
        family="linux", distribution=distribution, version=version, kernel=kernel, libc=libc, wsl=wsl or None
    )


def windows_version(build: str | None, said: str | None) -> str | None:
    """``10`` or ``11``: Windows 11 gives 10 as its version, its build tells."""
    match = _BUILD.match(build or "")
    if match and build is not None and build.startswith("10.") and said in ("10", "11", None):
        return "11" if int(match[1]) >= _FIRST_OF_11 else "10"
    return said


def find_platforms(text: str) -> list[str]:
    """Lines with the answer of ``platform.platform()``."""
    if "-with-" not in text and "-64bit" not in text and "Windows-" not in text:
        return []
    return gather(text, lambda line: _LINUX.search(line) or _MAC.search(line) or _WINDOWS.search(line))


def read_platform(part: str) -> Told:
    """System, kernel, C library and processor of the first such line."""
    for line in lines_of(part):
        if match := _LINUX.search(line):
            libc, named = _libc(match["libc"], match["kernel"]), _NAMED.fullmatch(match["libc"])
            system = linux_of(
                match["kernel"],
                libc,
                distribution=named[1] if named else None,
                version=named[2] if named else None,
            )
            return Told(os=system, architecture=architecture_of(match["machine"]))
        if match := _MAC.search(line):
            # An old Python calls every newer macOS 10.16.
            version = None if match["version"].startswith("10.16") else match["version"]
            return Told(
                os=OperatingSystem(family="macos", version=version), architecture=architecture_of(match["machine"])
            )
        if match := _WINDOWS.search(line):
            version = windows_version(match["kernel"], match["version"])
            return Told(os=OperatingSystem(family="windows", version=version, kernel=match["kernel"]))
    return Told()


def _libc(text: str, kernel: str) -> Libc | None:
    """The C library's version; Python before 3.9 gives the one that its own file asks for, at least."""
    match = _GLIBC.search(text)
    if match is None or (int(match[1].partition(".")[2]) < _OLDEST and not kernel.startswith(("2.", "3."))):
        return None
    return Libc(family="glibc", version=match[1])


def find_uname_results(text: str) -> list[str]:
    """Lines with the answer of ``platform.uname()``."""
    return gather(text, _RESULT.search) if "uname_result(" in text else []


def read_uname_result(part: str) -> Told:
    """System, kernel and processor."""
    match = _RESULT.search(part)
    family = _SYSTEMS.get(match["system"].lower()) if match else None
    if match is None or family is None:
        return Told()
    machine = _RESULT_MACHINE.search(part)
    architecture = architecture_of(machine[1]) if machine else None
    if family == "linux":
        return Told(os=linux_of(match["release"]), architecture=architecture)
    if family == "windows":
        build = _RESULT_VERSION.search(part)
        kernel = build[1] if build else None
        return Told(
            os=OperatingSystem(family="windows", version=windows_version(kernel, match["release"]), kernel=kernel),
            architecture=architecture,
        )
    return Told(os=OperatingSystem(family="macos", kernel=match["release"]), architecture=architecture)


def find_unames(text: str) -> list[str]:
    """Lines of ``uname -a``."""
    if "Linux " not in text and "Darwin " not in text and "GNU/Linux" not in text:
        return []
    return gather(text, lambda line: _UNAME.search(line) and "boot" not in line.lower())


def read_uname(part: str) -> Told:
    """System, kernel and processor of the first line."""
    match = _UNAME.search(part)
    words = match["line"].split() if match else []
    # Some leave out the first two words, which are the same everywhere or a secret.
    kernel = words[0] if words and words[0][0].isdigit() else parse_kernel(" ".join(words))
    if match is None or kernel is None:
        return Told()
    line = match["line"].split("\n", 1)[0]
    machines = _UNAME_MACHINE.findall(line)
    architecture = architecture_of(machines[-1]) if machines else None
    if line.startswith("Darwin"):
        return Told(os=OperatingSystem(family="macos", kernel=kernel), architecture=architecture)
    return Told(os=linux_of(kernel), architecture=architecture)


FORMS: tuple[Form, ...] = (
    Form(name="platform", find=find_platforms, read=read_platform),
    Form(name="uname_result", find=find_uname_results, read=read_uname_result),
    Form(name="uname", find=find_unames, read=read_uname),
)
