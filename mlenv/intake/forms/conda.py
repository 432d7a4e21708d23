"""What conda and mamba print: lists of packages, exported environments, and ``conda info``."""

from __future__ import annotations

from mlenv.facts.drivers import Nvidia
from mlenv.facts.environment import CondaPackage, Distribution, Environment
from mlenv.facts.pattern import lazy
from mlenv.facts.python import PackageManager, PythonInterpreter
from mlenv.facts.system import Architecture, Libc, OperatingSystem, SystemFamily
from mlenv.intake.forms.blocks import find_blocks, lines_of
from mlenv.intake.forms.form import Form, Told
from mlenv.intake.forms.packages import distribution, normalise_name

# pytorch    2.1.0    py3.10_cuda12.1_cudnn8.9.2_0    pytorch
_ROW = lazy(
    r"\s{0,12}(?:\* )?(?P<name>[a-z0-9_][a-z0-9._-]{0,80})\s+(?P<version>[0-9v][\w.+!*]{0,60})\s+"
    r"(?P<build>(?:[\w.+]{0,100}_)?(?:[0-9]{1,4}|pypi_0)|[\w.]{0,40}h[0-9a-f]{7,12}(?:_[\w.]{1,20})?|<pip>"
    r"|py[0-9_]{1,6})"
    r"(?:\s+(?P<channel>[\w./:<>-]{1,200}))?\s*"
)
_HEADER = lazy(
    r"(?i)\s{0,4}(?:# packages in environment at|# Name\s+Version\s+Build|list of packages in environment"
    r"|Name\s+Version\s+Build)"
)
_PLACE = lazy(r"(?i)packages in environment(?: at)?:? ?\"?(?P<path>[^\"\n]{2,300}?)\"?:?\s*$")
_RULE = lazy(r"[\s\u2500-]{3,400}|\s{0,4}#.{0,200}|\s{0,4}Name\s+Version\s+Build.{0,60}")
_EXPORTED = lazy(
    r"\s{0,12}(?:- )?(?P<name>[a-z0-9_][a-z0-9._-]{0,80})=(?P<version>[0-9][\w.+!]{0,60})(?:="
    r"(?P<build>[\w.+]{1,100}))?\s*"
)
_OF_PIP = lazy(r"\s{0,12}- (?P<name>[A-Za-z0-9][\w.-]{0,80})(?:\[[\w,-]{0,60}\])?==(?P<version>[0-9][\w.+!-]{0,60})\s*")
_YAML = lazy(r"\s{0,4}(?:name|channels|dependencies|prefix):.{0,300}|\s{0,12}- \S{1,300}\s*")
_INFO = lazy(r"\s{0,8}(?:active environment|conda version|virtual packages|base environment|active env location)\s?:")
_INFO_LINE = lazy(r"\s{0,24}(?:[a-z][\w /().-]{2,40} ?: |__\w{2,20}=|\S{3,300}\s*$)")
_VIRTUAL = lazy(r"__(?P<name>cuda|glibc|osx|linux|win|archspec)=(?P<version>[^\s=]{1,40})(?:=(?P<build>\S{1,60}))?")
_CUDA = lazy(
    r"cuda_?(?P<version>[0-9]{1,2}\.[0-9]{1,2}|[0-9]{2,3})|cu(?P<plain>[0-9]{2,3})(?![0-9])|gpu_cuda(?P<old>[0-9]{2,3})"
)
_BUILT_FOR_CPU = lazy(r"(?:^|_)cpu(?:_|$|[a-z])")
_PYTHON_BUILD = lazy(r"(?:cpu_|cuda[\w.]{0,20}?_|mkl_|gpu_)?py(?:[23]\.?[0-9]{1,2})|^pyhd?[0-9a-f]{0,8}")
# Packages of conda that have another name in Python.
_OTHER_NAMES = {"pytorch": "torch", "pytorch-gpu": "", "tensorflow-base": "", "pytorch-cpu": "", "_tflow_select": ""}
_PLATFORMS: dict[str, tuple[SystemFamily, Architecture]] = {
    "linux-64": ("linux", "x86_64"),
    "linux-aarch64": ("linux", "aarch64"),
    "osx-64": ("macos", "x86_64"),
    "osx-arm64": ("macos", "arm64"),
    "win-64": ("windows", "x86_64"),
}


def find_lists(text: str) -> list[str]:
    """Answers of ``conda list``, with and without their head."""
    if not any(word in text for word in ("_0", "h0", "conda", "pypi", "Build")):
        return []
    blocks = find_blocks(
        text,
        lambda line: _HEADER.match(line) or _ROW.fullmatch(line),
        lambda line: _ROW.fullmatch(line) or _HEADER.match(line) or _RULE.fullmatch(line),
        gap=2,
    )
    return [block for block in blocks if any(_ROW.fullmatch(line) for line in block.split("\n"))]


def read_list(part: str) -> Told:
    """Packages of conda, those of pip among them, and the environment's folder."""
    rows = [match for line in lines_of(part) if (match := _ROW.fullmatch(line))]
    place = next((match["path"] for line in lines_of(part) if (match := _PLACE.search(line))), None)
    packages, dists = [], []
    for row in rows:
        if row["channel"] == "pypi" or row["build"] in ("pypi_0", "<pip>"):
            dists.append(distribution(row["name"], row["version"], installer="pip"))
        else:
            packages.append(_package(row["name"], row["version"], row["build"], row["channel"]))
    return _told(packages, dists, Environment(path=place, kind="conda") if place else None)


def _package(name: str, version: str, build: str | None, channel: str | None) -> CondaPackage:
    return CondaPackage(name=name, version=version, build=build, channel=channel)


def _told(packages: list[CondaPackage], dists: list[Distribution], environment: Environment | None) -> Told:
    own = {dist.name: dist for package in packages if (dist := as_distribution(package))}
    python = next((package.version for package in packages if package.name == "python"), None)
    return Told(
        environment=environment,
        conda_packages=tuple(packages),
        distributions=(*own.values(), *(dist for dist in dists if dist.name not in own)),
        python=PythonInterpreter(version=python, kind="conda") if python else None,
    )


def as_distribution(package: CondaPackage) -> Distribution | None:
    """What a package of conda leaves in site-packages, None for one that is not of Python.

    The build string tells for which CUDA it was made.
    """
    build = package.build or ""
    name = _OTHER_NAMES.get(package.name, normalise_name(package.name))
    if not name or not (package.name in _OTHER_NAMES or _PYTHON_BUILD.search(build)):
        return None
    return Distribution(name=name, version=package.version, build=build_tag(build), installer="conda")


# py3.10_cuda12.1_cudnn8.9.2_0 ; cuda118py310h_1 ; cuda120_generic_py310h ; cpu_mkl_py311h ; gpu_cuda112py39
def build_tag(build: str) -> str | None:
    """``cu121`` or ``cpu``, None where the build string says neither."""
    match = _CUDA.search(build)
    if match:
        return "cu" + (match["version"] or match["plain"] or match["old"]).replace(".", "")
    return "cpu" if _BUILT_FOR_CPU.search(build) else None


def find_exports(text: str) -> list[str]:
    """Answers of ``conda env export`` and ``conda list --export``."""
    exported = "dependencies:" in text or "--export" in text or "platform: linux-64" in text
    if not exported and "@EXPLICIT" not in text:
        return []
    blocks = find_blocks(
        text,
        lambda line: _YAML.fullmatch(line) or _EXPORTED.fullmatch(line),
        lambda line: _YAML.fullmatch(line) or _EXPORTED.fullmatch(line) or line.startswith("#"),
    )
    return [block for block in blocks if any(_built(line) for line in block.split("\n"))]


def _built(line: str) -> bool:
    """Only an export names builds: what somebody wrote by hand is a wish."""
    match = _EXPORTED.fullmatch(line)
    return match is not None and match["build"] is not None


def read_export(part: str) -> Told:
    """The same of an export; its pins below ``pip:`` are pip's."""
    packages, dists = [], []
    for line in lines_of(part):
        if match := _OF_PIP.fullmatch(line):
            dists.append(distribution(match["name"], match["version"], installer="pip"))
        elif match := _EXPORTED.fullmatch(line):
            packages.append(_package(match["name"], match["version"], match["build"], None))
    return _told(packages, dists, None)


def find_infos(text: str) -> list[str]:
    """Answers of ``conda info``."""
    if "conda version" not in text and "virtual packages" not in text:
        return []
    return find_blocks(text, _INFO.match, _INFO_LINE.match, gap=1)


def read_info(part: str) -> Told:
    """Conda itself, and what its virtual packages say of the machine; its Python is not the environment's."""
    fields: dict[str, str] = {}
    for line in lines_of(part):
        key, colon, value = line.partition(":")
        if colon:
            fields.setdefault(key.strip(), value.strip())
    virtual = {match["name"]: (match["version"], match["build"]) for match in _VIRTUAL.finditer(part)}
    platform = _PLATFORMS.get(fields.get("platform", ""))
    conda = fields.get("conda version")
    place = fields.get("base environment", "conda").split(" (")[0].strip()
    location = fields.get("active env location")
    cuda = virtual.get("cuda", (None, None))[0]
    return Told(
        os=_system(platform[0] if platform else None, virtual),
        architecture=platform[1] if platform else None,
        nvidia=Nvidia(cuda=cuda) if cuda else None,
        managers=(PackageManager(name="conda", path=place, version=conda),) if conda else (),
        environment=Environment(path=location, kind="conda") if location else None,
    )


def _system(family: SystemFamily | None, virtual: dict[str, tuple[str, str | None]]) -> OperatingSystem | None:
    glibc, mac, linux = (virtual.get(name, (None, None))[0] for name in ("glibc", "osx", "linux"))
    family = family or ("linux" if glibc or linux else "macos" if mac else None)
    if family is None:
        return None
    return OperatingSystem(
        family=family,
        version=mac,
        kernel=linux if linux and linux != "0" else None,
        libc=Libc(family="glibc", version=glibc) if glibc else None,
    )


FORMS: tuple[Form, ...] = (
    Form(name="conda_list", find=find_lists, read=read_list),
    Form(name="conda_export", find=find_exports, read=read_export),
    Form(name="conda_info", find=find_infos, read=read_info),
)
