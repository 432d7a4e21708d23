"""What names the operating system: os-release, lsb_release, sw_vers, systeminfo, ldd, and WSL."""

from __future__ import annotations

from mlenv.facts.hardware import Memory
from mlenv.facts.pattern import lazy
from mlenv.facts.system import Architecture, Libc, OperatingSystem
from mlenv.formats.os_release import Distribution, parse_distribution, parse_red_hat_release
from mlenv.formats.windows_systeminfo import parse_systeminfo
from mlenv.intake.forms.blocks import find_blocks, gather, lines_of
from mlenv.intake.forms.form import Form, Told
from mlenv.intake.forms.platform_line import architecture_of, windows_version

_RELEASE = lazy(r"\s{0,8}(?:[A-Z][A-Z_]{1,40}=.{0,300}|DISTRIB_[A-Z]{2,20}=.{0,200})")
_RELEASE_KEYS = ("VERSION_ID=", "PRETTY_NAME=", "DISTRIB_RELEASE=", "DISTRIB_ID=", "ID_LIKE=", "VERSION_CODENAME=")
_LSB = lazy(r"\s{0,8}(Distributor ID|Description|Release|Codename):\s{0,20}(.{1,120})")
_RED_HAT = lazy(r"\s{0,4}(?:CentOS|Red Hat|Rocky|AlmaLinux|Fedora|Oracle|Scientific|Amazon)[^\n]{0,60} release [0-9]")
_SW_VERS = lazy(r"\s{0,8}(ProductName|ProductVersion|BuildVersion):\s{0,8}(.{1,60})")
_LDD = lazy(
    r"\bldd \([^\n]{1,80}\) (?P<version>2\.[0-9]{1,3})\b|(?:GNU C Library"
    r"|glibc)[^\n]{0,60}(?:release )?version (?P<other>2\.[0-9]{1,3})"
)
_GLIBC_UBUNTU = lazy(r"^\s{0,8}(?:GLIBC|glibc|libc)(?: version)?:? v?(2\.[0-9]{1,3})\s*$")
_MUSL = lazy(r"musl libc \((?P<machine>[\w-]{2,20})\)")
_MUSL_VERSION = lazy(r"Version (1\.[0-9]\.[0-9]{1,2})")
_WINVER = lazy(r"Microsoft Windows \[[^\]\n]{0,12}?(?P<build>10\.0\.[0-9]{4,6})")
_WSL_VERSION = lazy(r"^\s{0,8}WSL[- ]?(?:version|Version)?:? ?(?P<version>[0-9]\.[0-9.]{1,12})\s*$")
_WSL_LIST = lazy(r"\s{0,8}\*? ?[\w.-]{3,40}\s+(?:Running|Stopped)\s+(?P<version>[12])\s*")
_TITLE = lazy(
    r"(?i)\s{0,8}(?:[*-] |\d\. )?(?:(?:os|operating system|distro|distribution|linux|system|platform|host os"
    r"|image)[ \w()/]{0,20}[:=|-] ?\W{0,4})?"
    r"(?P<name>Ubuntu|Debian(?: GNU/Linux)?|Fedora(?: Linux)?|CentOS(?: Linux| Stream)?|Rocky Linux|AlmaLinux|RHEL|"
    r"Red Hat Enterprise Linux|Arch Linux|Manjaro(?: Linux)?|Linux Mint|Pop!_OS|openSUSE[ \w]{0,12}|Amazon Linux"
    r"|Alpine(?: Linux)?)"
    r"(?: v?(?P<version>[0-9]{1,4}(?:\.[0-9]{1,2})?))?(?:[ .,(].{0,60})?"
)
_NAMES = {
    "debian gnu/linux": "debian", "fedora linux": "fedora", "centos linux": "centos", "centos stream": "centos",
    "rocky linux": "rocky", "red hat enterprise linux": "rhel", "arch linux": "arch", "manjaro linux": "manjaro",
    "linux mint": "linuxmint", "pop!_os": "pop", "amazon linux": "amzn", "alpine linux": "alpine",
}  # fmt: skip
_HEAD_OF_SYSTEMINFO = lazy(r"(?:Host Name|OS Name):\s")
_PROCESSOR = lazy(
    r"\s{0,8}(?:Architecture|CPU arch(?:itecture)?|machine|Machine): ?(x86_64|amd64|AMD64|aarch64|arm64|i[3-6]86)\s*$"
)


def _linux(found: Distribution) -> Told:
    if not found.name and not found.version:
        return Told()
    libc = alpine_libc(found.version) if found.name == "alpine" else None
    return Told(
        os=OperatingSystem(
            family="linux",
            distribution=found.name,
            version=found.version,
            edition=found.edition,
            like=found.like,
            libc=libc,
        )
    )


def alpine_libc(version: str | None) -> Libc:
    """Alpine's C library is musl, 1.2 since Alpine 3.13."""
    _, _, minor = (version or "").partition(".")
    number = minor.split(".")[0]
    return Libc(family="musl", version="1.1" if number.isdigit() and int(number) < 13 else "1.2")


def find_releases(text: str) -> list[str]:
    """The file os-release, or lsb-release."""
    if not any(key in text for key in _RELEASE_KEYS):
        return []
    blocks = find_blocks(text, _RELEASE.fullmatch, _RELEASE.fullmatch)
    return [block for block in blocks if any(key in block for key in _RELEASE_KEYS)]


def find_lsb(text: str) -> list[str]:
    """Answers of ``lsb_release -a``."""
    if "Distributor ID:" not in text and "Release:" not in text:
        return []
    blocks = find_blocks(text, _LSB.fullmatch, _LSB.fullmatch)
    return [block for block in blocks if "Release:" in block or "Distributor" in block]


def read_lsb(part: str) -> Told:
    """Distribution and release."""
    fields = {match[1]: match[2].strip() for line in lines_of(part) if (match := _LSB.fullmatch(line))}
    name = fields.get("Distributor ID") or fields.get("Description", "").split(" ")[0]
    release = fields.get("Release") or next(
        (word for word in fields.get("Description", "").split() if word[:1].isdigit()), None
    )
    return _linux(Distribution(name=_plain_name(name) or None, version=release))


def _plain_name(name: str) -> str:
    lowered = " ".join(name.lower().split())
    return _NAMES.get(lowered, lowered.replace("linux", "").strip() if " " not in lowered else lowered.split()[0])


def find_red_hat(text: str) -> list[str]:
    """The one line of redhat-release."""
    return gather(text, _RED_HAT.match) if " release " in text else []


def find_titles(text: str) -> list[str]:
    """Lines in which somebody names a distribution and its release."""
    return gather(text, lambda line: len(line) < 120 and (match := _TITLE.fullmatch(line)) and match["version"])


def read_title(part: str) -> Told:
    """The distribution of the first such line."""
    match = next((match for line in lines_of(part) if (match := _TITLE.fullmatch(line))), None)
    return _linux(Distribution(name=_plain_name(match["name"]), version=match["version"])) if match else Told()


def find_sw_vers(text: str) -> list[str]:
    """Answers of ``sw_vers``."""
    return find_blocks(text, _SW_VERS.fullmatch, _SW_VERS.fullmatch) if "ProductVersion" in text else []


def read_sw_vers(part: str) -> Told:
    """The release of macOS."""
    fields = {match[1]: match[2].strip() for line in lines_of(part) if (match := _SW_VERS.fullmatch(line))}
    return Told(os=OperatingSystem(family="macos", version=fields.get("ProductVersion")))


def find_systeminfos(text: str) -> list[str]:
    """Answers of Windows' systeminfo."""
    if "OS Name:" not in text:
        return []
    return find_blocks(text, _HEAD_OF_SYSTEMINFO.match, lambda line: ":" in line or line.startswith(" "), gap=1)


def read_systeminfo(part: str) -> Told:
    """Release, processor, memory and the maker's name of the computer."""
    found = parse_systeminfo("\n".join(lines_of(part)))
    if found is None:
        return Told()
    said = next((word for word in (found.name or "").split() if word in ("7", "8", "8.1", "10", "11")), None)
    return Told(
        os=OperatingSystem(
            family="windows",
            version=windows_version(found.version, said),
            kernel=found.version,
            edition=(found.name or "").rpartition(" ")[2] or None,
        ),
        architecture=found.architecture,
        memory=Memory(total_bytes=found.total_bytes, available_bytes=found.available_bytes),
        model=found.model,
    )


def find_libcs(text: str) -> list[str]:
    """Lines that state the C library's version: ``ldd --version``."""
    if not any(word in text for word in ("ldd (", "GNU C Library", "glibc", "GLIBC", "musl libc", "libc")):
        return []
    return gather(
        text,
        lambda line: _LDD.search(line) or _GLIBC_UBUNTU.match(line) or _MUSL.search(line) or _MUSL_VERSION.match(line),
    )


def read_libc(part: str) -> Told:
    """The C library, glibc or musl, with its version."""
    if match := _MUSL.search(part):
        version = _MUSL_VERSION.search(part)
        libc = Libc(family="musl", version=version[1] if version else "1.2")
        return Told(os=OperatingSystem(family="linux", libc=libc), architecture=architecture_of(match["machine"]))
    for line in lines_of(part):
        if match := _LDD.search(line):
            version_text = match["version"] or match["other"]
            return Told(os=OperatingSystem(family="linux", libc=Libc(family="glibc", version=version_text)))
        if match := _GLIBC_UBUNTU.match(line):
            return Told(os=OperatingSystem(family="linux", libc=Libc(family="glibc", version=match[1])))
    return Told()


def find_windows(text: str) -> list[str]:
    """The line of ``ver``, which every console of Windows begins with."""
    return gather(text, _WINVER.search) if "Microsoft Windows [" in text else []


def read_windows(part: str) -> Told:
    """The release of Windows by its build."""
    match = _WINVER.search(part)
    build = match["build"] if match else None
    return Told(os=OperatingSystem(family="windows", version=windows_version(build, None), kernel=build))


def find_wsl(text: str) -> list[str]:
    """Answers of ``wsl --version`` and ``wsl -l -v``."""
    if "WSL" not in text and "Running" not in text and "Stopped" not in text:
        return []
    return gather(text, lambda line: _WSL_VERSION.match(line) or _WSL_LIST.fullmatch(line))


def read_wsl(part: str) -> Told:
    """That the user's Linux runs in the Windows Subsystem, and which version of it."""
    match = next((match for line in lines_of(part) if (match := _WSL_LIST.fullmatch(line))), None)
    return Told(os=OperatingSystem(family="linux", wsl=int(match["version"]) if match else 2))


def find_processors(text: str) -> list[str]:
    """Lines that name the processor's architecture, as lscpu does."""
    return gather(text, _PROCESSOR.match)


def read_processor(part: str) -> Told:
    """The architecture."""
    match = next((match for line in lines_of(part) if (match := _PROCESSOR.match(line))), None)
    architecture: Architecture | None = architecture_of(match[1]) if match else None
    return Told(architecture=architecture)


FORMS: tuple[Form, ...] = (
    Form(name="os_release", find=find_releases, read=lambda part: _linux(parse_distribution(part))),
    Form(name="lsb_release", find=find_lsb, read=read_lsb),
    Form(name="redhat_release", find=find_red_hat, read=lambda part: _linux(parse_red_hat_release(part))),
    Form(name="os_title", find=find_titles, read=read_title),
    Form(name="sw_vers", find=find_sw_vers, read=read_sw_vers),
    Form(name="systeminfo", find=find_systeminfos, read=read_systeminfo),
    Form(name="ldd_version", find=find_libcs, read=read_libc),
    Form(name="windows_version", find=find_windows, read=read_windows),
    Form(name="wsl", find=find_wsl, read=read_wsl),
    Form(name="processor", find=find_processors, read=read_processor),
)
