"""Operating systems in the words of programs and people."""

from __future__ import annotations

import msgspec

from mlenv.facts.pattern import lazy
from mlenv.facts.system import Architecture, Libc, OperatingSystem, SystemFamily

_ARCHITECTURES: dict[str, Architecture] = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "x64": "x86_64",
    "x86-64": "x86_64",
    "aarch64": "aarch64",
    "arm64": "arm64",
    "arm64e": "arm64",
    "i386": "x86",
    "i586": "x86",
    "i686": "x86",
    "x86": "x86",
    "win32": "x86",
}
_ARCHITECTURE = lazy(r"(?i)(?<![\w-])(x86[_-]64|amd64|x64|aarch64|arm64e?|i[356]86)(?![\w])")

# Linux-5.4.0-1069-aws-x86_64-with-glibc2.27 ; Linux-4.15.0-142-generic-x86_64-with-Ubuntu-18.04-bionic
_LINUX = lazy(
    r"(?i)Linux-(?P<kernel>[\w.+~-]{1,120}?)-(?P<arch>x86_64|aarch64|arm64|i[3-6]86|armv7l|ppc64le|riscv64)"
    r"(?:-with-(?P<rest>[\w.-]{1,60}))?"
)
_MAC = lazy(r"(?i)(?P<name>macOS|Darwin)-(?P<version>\d[\d.]{0,15})-(?P<arch>arm64|x86_64|aarch64)(?:-\S{1,40})?")
_WINDOWS = lazy(r"Windows-(?P<name>\w{1,12}|10|11)-(?P<build>\d{1,3}\.\d{1,3}\.\d{1,6})(?:-SP\d)?")
_LIBC = lazy(r"(?i)\b(?P<family>glibc|libc|musl)[\s_:-]{0,3}(?:version\s)?v?(?P<version>\d{1,2}(?:\.\d{1,3}){1,2})")

_DISTRIBUTIONS: tuple[tuple[str, str], ...] = (
    ("linux mint", "Linux Mint"),
    ("linuxmint", "Linux Mint"),
    ("pop!_os", "Pop!_OS"),
    ("pop os", "Pop!_OS"),
    ("zorin", "Zorin OS"),
    ("elementary os", "elementary OS"),
    ("kubuntu", "Ubuntu"),
    ("xubuntu", "Ubuntu"),
    ("lubuntu", "Ubuntu"),
    ("ubuntu", "Ubuntu"),
    ("raspbian", "Raspbian GNU/Linux"),
    ("kali", "Kali GNU/Linux"),
    ("debian", "Debian GNU/Linux"),
    ("red hat", "Red Hat Enterprise Linux"),
    ("redhat", "Red Hat Enterprise Linux"),
    ("rhel", "Red Hat Enterprise Linux"),
    ("centos", "CentOS Linux"),
    ("rocky", "Rocky Linux"),
    ("almalinux", "AlmaLinux"),
    ("alma linux", "AlmaLinux"),
    ("oracle linux", "Oracle Linux Server"),
    ("scientific linux", "Scientific Linux"),
    ("amazon linux", "Amazon Linux"),
    ("fedora", "Fedora Linux"),
    ("nobara", "Nobara Linux"),
    ("opensuse", "openSUSE"),
    ("sles", "SUSE Linux Enterprise Server"),
    ("suse", "SUSE Linux Enterprise Server"),
    ("manjaro", "Manjaro Linux"),
    ("endeavour", "EndeavourOS"),
    ("cachyos", "CachyOS"),
    ("garuda", "Garuda Linux"),
    ("artix", "Artix Linux"),
    ("arch linux", "Arch Linux"),
    ("archlinux", "Arch Linux"),
    ("crystal linux", "Crystal Linux"),
    ("gentoo", "Gentoo"),
    ("nixos", "NixOS"),
    ("void linux", "Void Linux"),
    ("alpine", "Alpine Linux"),
    ("slackware", "Slackware"),
    ("clear linux", "Clear Linux OS"),
    ("photon", "VMware Photon OS"),
    ("mariner", "CBL-Mariner"),
    ("azure linux", "Azure Linux"),
    ("openeuler", "openEuler"),
    ("kylin", "Kylin"),
    ("unraid", "Unraid"),
    ("truenas", "TrueNAS"),
    ("proxmox", "Proxmox VE"),
    ("steamos", "SteamOS"),
    ("chromeos", "ChromeOS"),
    ("flatcar", "Flatcar Container Linux"),
    ("talos", "Talos"),
    ("colab", "Ubuntu"),
)
_CODENAMES: dict[str, tuple[str, str]] = {
    "trusty": ("Ubuntu", "14.04"),
    "xenial": ("Ubuntu", "16.04"),
    "bionic": ("Ubuntu", "18.04"),
    "focal": ("Ubuntu", "20.04"),
    "jammy": ("Ubuntu", "22.04"),
    "noble": ("Ubuntu", "24.04"),
    "jessie": ("Debian GNU/Linux", "8"),
    "stretch": ("Debian GNU/Linux", "9"),
    "buster": ("Debian GNU/Linux", "10"),
    "bullseye": ("Debian GNU/Linux", "11"),
    "bookworm": ("Debian GNU/Linux", "12"),
    "trixie": ("Debian GNU/Linux", "13"),
}
_MACS: dict[str, str] = {
    "high sierra": "10.13",
    "mojave": "10.14",
    "catalina": "10.15",
    "big sur": "11",
    "monterey": "12",
    "ventura": "13",
    "sonoma": "14",
    "sequoia": "15",
    "tahoe": "26",
}
_MAC_WORD = lazy(r"(?i)\b(?:mac ?os(?: ?x)?|osx|os x|darwin|macbook|imac|mac ?mini|mac studio|mac)\b")
_WIN_WORD = lazy(r"(?i)\b(?:microsoft windows|windows|win ?(?:7|8|10|11|dows)|win(?:32|64))")
_WIN_VERSION = lazy(
    r"(?i)(?:windows|win)[ -]?(?:nt |server |edition )?(?P<server>server )?(?P<version>20\d\d|11|10|8\.1|8|7)\b"
)
_WIN_BUILD = lazy(r"\b10\.0\.(\d{5,6})\b")
_WSL = lazy(r"(?i)\bwsl[ -]?(?P<number>[12])?\b|windows subsystem for linux")
_LINUX_WORD = lazy(r"(?i)\b(?:gnu/?)?linux\b|\bunix\b")
# GNU/Linux 12 ; Enterprise Linux release 8.10 ; Stream 9 ; _22.04
_RELEASE = lazy(
    r"(?i)[\s:_,-]{0,3}(?:(?:gnu/linux|linux|enterprise|server|release|version|stream|leap|workstation|desktop|lts|core"
    r"|os|v)[\s:_-]{1,3}){0,5}v?(\d{1,4}(?:\.\d{1,4}){0,2})(?![\w])"
)
_NUMBER = lazy(r"(?<![\w.])v?(\d{1,4}(?:\.\d{1,4}){0,2})(?![\w])")
_HOST_KERNEL = lazy(r"(?i)\bkernel(?: version)?[\s:'`\"=]{1,4}(?:linux )?(\d{1,2}\.\d{1,3}[\w.+~-]{0,60})")
_DARWIN_TO_MAC = {"18": "10.14", "19": "10.15", "20": "11", "21": "12", "22": "13", "23": "14", "24": "15", "25": "26"}


def architecture_of(word: str) -> Architecture | None:
    """The architecture that one word names: ``AMD64`` is ``x86_64``."""
    return _ARCHITECTURES.get(word.strip().lower())


def architecture_in(text: str) -> Architecture | None:
    """The first architecture that a text names."""
    match = _ARCHITECTURE.search(text[:400])
    return architecture_of(match[1]) if match else None


def libc_in(text: str) -> Libc | None:
    """``glibc-2.35``, ``musl 1.2``; None where no version of a C library is stated."""
    match = _LIBC.search(text[:400])
    if match is None:
        return None
    family = "musl" if match["family"].lower() == "musl" else "glibc"
    return Libc(family=family, version=match["version"])


def platform_in(text: str) -> tuple[OperatingSystem | None, Architecture | None]:
    """The system and its architecture in what Python's ``platform.platform()`` gives."""
    head = text[:400]
    for pattern, read in ((_LINUX, _read_linux), (_MAC, _read_mac), (_WINDOWS, _read_windows)):
        match = pattern.search(head)
        if match is not None:
            return read({key: value or "" for key, value in match.groupdict().items()})
    return None, None


def _read_linux(parts: dict[str, str]) -> tuple[OperatingSystem, Architecture | None]:
    rest = parts["rest"]
    libc = libc_in(rest)
    # Interpreters of conda name the lowest glibc that they ask for, and no system is as old as that.
    if libc is not None and libc.family == "glibc" and libc.version in ("2.2.5", "2.3.4", "2.9", "2.10", "2.3", "2.5"):
        libc = None
    named = system_in(rest.replace("-", " ")) if rest and libc is None else None
    system = OperatingSystem(
        family="linux",
        distribution=named.distribution if named else None,
        version=named.version if named and named.distribution else None,
        kernel=parts["kernel"],
        libc=libc,
        wsl=wsl_of_kernel(parts["kernel"]),
    )
    return system, architecture_of(parts["arch"])


def wsl_of_kernel(kernel: str) -> int | None:
    """1 or 2 where a kernel's release is that of WSL, None where it says nothing of it."""
    name = kernel.lower()
    if "microsoft" not in name:
        return None
    return 2 if "wsl2" in name or "standard" in name or not name.startswith("4.4.") else 1


def _read_mac(parts: dict[str, str]) -> tuple[OperatingSystem, Architecture | None]:
    version: str | None = parts["version"]
    if parts["name"].lower() == "darwin":
        version = _DARWIN_TO_MAC.get(parts["version"].split(".")[0])
    elif version == "10.16":
        version = None  # what a program is told that was made for the systems before 11
    return OperatingSystem(family="macos", version=version), architecture_of(parts["arch"])


def _read_windows(parts: dict[str, str]) -> tuple[OperatingSystem, Architecture | None]:
    build = int(parts["build"].rpartition(".")[2])
    version = "11" if parts["name"] == "10" and build >= 22000 else parts["name"]
    return OperatingSystem(family="windows", version=version, kernel=parts["build"]), None


def system_in(text: str) -> OperatingSystem | None:
    """The operating system that words name: ``Ubuntu 22.04.4 LTS (x86_64)``, ``win10``, ``macOS 14.5 (arm64)``."""
    head = text[:400].strip()
    described, _ = platform_in(head)
    if described is not None and described.family != "linux":
        return described
    system = _named_system(head) or described
    if system is None:
        return None
    return _with_details(system, head, described)


def _named_system(text: str) -> OperatingSystem | None:
    wsl = _WSL.search(text)
    linux = _linux_in(text, wsl=wsl is not None)
    if wsl is not None:
        system = linux or OperatingSystem(family="linux")
        return msgspec.structs.replace(system, wsl=int(wsl["number"] or 2))
    places = {
        "linux": _place(linux, text),
        "macos": _at(_MAC_WORD.search(text)),
        "windows": _at(_WIN_WORD.search(text)),
    }
    first = min(places, key=lambda family: places[family])
    if places[first] > len(text):
        return None
    if first == "linux":
        return linux
    return _mac_in(text) if first == "macos" else _windows_in(text)


def _place(system: OperatingSystem | None, text: str) -> int:
    if system is None:
        return len(text) + 1
    lowered = text.lower()
    words = [word for word, _ in _DISTRIBUTIONS if word in lowered] + [word for word in _CODENAMES if word in lowered]
    return min([lowered.find(word) for word in words] or [_at(_LINUX_WORD.search(text))])


def _at(match: object) -> int:
    start = getattr(match, "start", None)
    return int(start()) if start else 10_000


def _linux_in(text: str, *, wsl: bool) -> OperatingSystem | None:
    lowered = text.lower()
    found = [(lowered.find(word), word, name) for word, name in _DISTRIBUTIONS if word in lowered]
    code = next((word for word in _CODENAMES if word in lowered), None)
    if found:
        at, word, name = min(found, key=lambda row: (row[0], -len(row[1])))
        number = _RELEASE.match(text[at + len(word) : at + len(word) + 80])
        version = number[1] if number else (_CODENAMES[code][1] if code else None)
        if version and name == "Ubuntu":
            version = ".".join(version.split(".")[:2])  # users and os-release know no third part
        return OperatingSystem(family="linux", distribution=name, version=version)
    if code:
        return OperatingSystem(family="linux", distribution=_CODENAMES[code][0], version=_CODENAMES[code][1])
    return OperatingSystem(family="linux") if _LINUX_WORD.search(text) or wsl else None


def _mac_in(text: str) -> OperatingSystem:
    lowered = text.lower()
    at = _at(_MAC_WORD.search(text))
    number = next(
        (m[1] for m in _NUMBER.finditer(text[at:]) if m[1].split(".")[0] in ("10", *map(str, range(11, 40)))), None
    )
    if number and _MAC_WORD.search(text[at : at + 8]) and lowered[at:].startswith("darwin"):
        number = _DARWIN_TO_MAC.get(number.split(".")[0])
    named = next((version for word, version in _MACS.items() if word in lowered), None)
    return OperatingSystem(family="macos", version=number or named)


def _windows_in(text: str) -> OperatingSystem:
    match, build = _WIN_VERSION.search(text), _WIN_BUILD.search(text)
    version = match["version"] if match else None
    if build and int(build[1]) >= 22000 and version in (None, "10"):
        version = "11"
    server = "server" in text.lower()
    return OperatingSystem(
        family="windows",
        version=version,
        kernel=build[0] if build else None,
        edition="server" if server else None,
    )


def _with_details(system: OperatingSystem, text: str, described: OperatingSystem | None) -> OperatingSystem:
    if system.family != "linux":
        return system
    kernel = _HOST_KERNEL.search(text)
    return msgspec.structs.replace(
        system,
        kernel=kernel[1].rstrip(".,") if kernel else (described.kernel if described else system.kernel),
        libc=(described.libc if described else None) or libc_in(text),
        wsl=system.wsl or (described.wsl if described else None),
    )


def container_in(text: str) -> str | None:
    """The technology of the container that words speak of; empty for none, None where they speak of no container."""
    lowered = text[:2000].lower().strip()
    if lowered in ("no", "false", "none", "0", "host", "bare metal", "baremetal"):
        return ""
    for word, name in _CONTAINERS:
        if word in lowered:
            return name
    return None


_CONTAINERS: tuple[tuple[str, str], ...] = (
    ("podman", "podman"),
    ("apptainer", "apptainer"),
    ("singularity", "singularity"),
    ("enroot", "enroot"),
    ("containerd", "containerd"),
    ("kubernetes", "kubernetes"),
    ("k8s", "kubernetes"),
    ("kubepods", "kubernetes"),
    ("lxc", "lxc"),
    ("docker", "docker"),
    ("nvcr.io", "docker"),
    ("ghcr.io", "docker"),
    ("quay.io", "docker"),
    ("devcontainer", "docker"),
    ("container", "container"),
    (" pod", "kubernetes"),
)


def family_of(word: str) -> SystemFamily | None:
    """The family that ``sys.platform`` or ``uname -s`` names: ``linux``, ``darwin``, ``win32``."""
    lowered = word.strip().strip("'\"").lower()
    if lowered.startswith("linux"):
        return "linux"
    if lowered in ("darwin", "macos"):
        return "macos"
    return "windows" if lowered.startswith("win") else None
