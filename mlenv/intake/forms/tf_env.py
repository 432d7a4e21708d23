"""TensorFlow's own reports: tf_env_collect.sh, its build information, the devices it lists and creates."""

from __future__ import annotations

from mlenv.facts.environment import Distribution
from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import LazyPattern, lazy
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.report import FrameworkView
from mlenv.facts.system import OperatingSystem, Variable
from mlenv.formats.nvidia_values import compute_capability
from mlenv.formats.pci_address import plain_address
from mlenv.intake.forms.blocks import answers_to, find_blocks, gather, lines_of
from mlenv.intake.forms.form import Form, Told
from mlenv.intake.forms.packages import distribution, parse_row

_HEAD = lazy(r"\s{0,4}==+ ?(?P<title>[a-z][\w /.-]{2,60}?) ?=+\s{0,4}")
_ANY = lazy("")
_TITLES = ("tensorflow import", "check pips", "check python", "cuda libs", "are we in docker", "tensorflow installed")
_VERSION = lazy(r"tf\.(?:version\.)?VERSION ?= ?'?([0-9][\w.+-]{0,40})")
_PYTHON_TUPLE = lazy(r"\((?P<major>[23]), (?P<minor>[0-9]{1,2}), (?P<micro>[0-9]{1,2}), '(?:final|candidate)'")
_PYTHON = lazy(r"python version: ?([23]\.[0-9]{1,2}\.[0-9]{1,2})")
_UNSET = lazy(r"(\w{2,40}) is unset")
_SET = lazy(r"((?:DY)?LD_LIBRARY_PATH)(?: is set to)?[ =:]{1,3}(\S.{0,2000})")
_OS = lazy(r"os(?: platform mac| platform|[ _]?name)?: ?([A-Za-z]{3,12})")
_RELEASE = lazy(r"os release version: ?(\S{1,80})")
_DIST = lazy(r"linux distribution: ?\('(?P<name>\w{2,30})[^']{0,40}', ?'(?P<version>[0-9.]{1,12})'")
_LIBRARY = lazy(r"(?P<path>/\S{1,300}/lib(?P<name>cudart|cudnn)\.so\.(?P<version>[0-9]+(?:\.[0-9]+){0,3}))")
_KEY = lazy(
    r"['\"]?(cuda_version|cudnn_version|is_cuda_build|is_rocm_build|rocm_version)['\"]?,?\s?[:=]?\s?['\"]?([\w.]{1,20})"
)
_LISTED = lazy(
    r"(?:Num GPUs Available:? ?'?,? ?(?P<count>[0-9]{1,3}))|(?P<list>\[(?:PhysicalDevice\([^\]\n]{0,4000})\])"
)
_CREATED = lazy(
    r"Created (?:TensorFlow )?device \(?/?[^\n]{0,120}GPU:(?P<index>[0-9]{1,3})\b[^\n]{0,160}?name: "
    r"(?P<name>[^,\n]{2,80}), "
    r"pci bus id: (?P<bus>[0-9a-fA-F:.]{7,20})(?:, compute capability: (?P<capability>[0-9]{1,2}\.[0-9]))?"
)


def find_collections(text: str) -> list[str]:
    """What tf_env_collect.sh writes, from its first heading on."""
    if "==" not in text or not any(title in text for title in _TITLES):
        return []
    if not any(match["title"] in _TITLES for line in lines_of(text) if (match := _HEAD.match(line))):
        return []
    return find_blocks(text, _HEAD.match, _ANY.match)[:1]


def read_collection(part: str) -> Told:
    """TensorFlow's version, packages, system, interpreter, variables and the CUDA libraries on disk."""
    sections = _sections(part)
    packages = _packages(sections.get("check pips", ()))
    version = _search(_VERSION, part)
    variables = _variables(sections.get("env", ()))
    loaded = {match["name"]: match["version"] for match in _LIBRARY.finditer("\n".join(sections.get("cuda libs", ())))}
    remarks = {f"{name} on disk": version for name, version in loaded.items()}
    in_docker = next((line.strip() for line in sections.get("are we in docker", ()) if line.strip()), "")
    return Told(
        os=_system(part, in_docker),
        python=_python(part),
        variables=variables,
        distributions=packages,
        views=(FrameworkView(framework="tensorflow", version=version),) if version else (),
        remarks=remarks,
    )


def _sections(part: str) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines_of(part):
        if match := _HEAD.match(line):
            current = sections.setdefault(match["title"].strip(), [])
        else:
            current.append(line)
    return sections


def _packages(lines: list[str] | tuple[()]) -> tuple[Distribution, ...]:
    rows = (parse_row(line) for line in lines)
    return tuple(distribution(*row) for row in rows if row)


def _variables(lines: list[str] | tuple[()]) -> tuple[Variable, ...]:
    matches = [_SET.match(line.strip()) for line in lines if not _UNSET.fullmatch(line.strip())]
    return tuple(Variable(name=match[1], value=match[2].strip()) for match in matches if match)


def _search(pattern: LazyPattern, text: str) -> str | None:
    match = pattern.search(text)
    return match[1].strip() if match else None


def _system(part: str, in_docker: str) -> OperatingSystem | None:
    name = (_search(_OS, part) or "").lower()
    distribution_ = _DIST.search(part)
    container = {"yes": "docker", "no": ""}.get(in_docker.lower())
    kernel = _search(_RELEASE, part)
    if name == "linux" or distribution_:
        return OperatingSystem(
            family="linux",
            distribution=distribution_["name"].lower() if distribution_ else None,
            version=distribution_["version"] if distribution_ else None,
            kernel=kernel,
            container=container,
        )
    if name in ("darwin", "windows"):
        return OperatingSystem(family="macos" if name == "darwin" else "windows", kernel=kernel)
    return None


def _python(part: str) -> PythonInterpreter | None:
    version = _search(_PYTHON, part)
    match = _PYTHON_TUPLE.search(part)
    if match and not version:
        version = f"{match['major']}.{match['minor']}.{match['micro']}"
    return PythonInterpreter(version=version) if version else None


def find_build_infos(text: str) -> list[str]:
    """What ``tf.sysconfig.get_build_info()`` answered."""
    if "is_cuda_build" not in text and "cudnn_version" not in text:
        return []
    return find_blocks(text, _KEY.search, _KEY.search, gap=3)


def read_build_info(part: str) -> Told:
    """The CUDA and cuDNN that TensorFlow was built with."""
    fields = {match[1]: match[2] for match in _KEY.finditer(part)}
    is_cpu = fields.get("is_cuda_build") == "False" and fields.get("is_rocm_build", "False") == "False"
    cuda, rocm = fields.get("cuda_version"), fields.get("rocm_version")
    view = FrameworkView(
        framework="tensorflow", build="cpu" if is_cpu else None, cuda=_dotted(cuda), rocm=_dotted(rocm)
    )
    remarks = {"tensorflow built for cudnn": fields["cudnn_version"]} if _dotted(fields.get("cudnn_version")) else {}
    return Told(views=(view,), remarks=remarks)


def _dotted(text: str | None) -> str | None:
    """The number; TensorFlow 2.4 for Windows wrote ``64_110``."""
    text = (text or "").removeprefix("64_")
    if text.isdigit() and len(text) == 3:
        return f"{text[:2]}.{text[2]}"
    return text if text[:1].isdigit() else None


def find_devices(text: str) -> list[str]:
    """Lines with devices that TensorFlow lists or creates."""
    if "GPU" not in text:
        return []
    # An empty list says which devices only after the question.
    asked = [
        "Num GPUs Available: 0"
        for command, answer, _ in answers_to(text, "list_physical_devices")
        if "GPU" in command and next((line.strip() for line in answer if line.strip()), "") == "[]"
    ]
    return asked[:1] + gather(text, lambda line: "GPU" in line and (_LISTED.search(line) or _CREATED.search(line)))


def read_devices(part: str) -> Told:
    """Whether TensorFlow has a GPU, and the GPUs that it named."""
    gpus = {match["index"]: _gpu(match.groupdict()) for match in _CREATED.finditer(part)}
    answers = [match["count"] or match["list"] for match in _LISTED.finditer(part)]
    available = True if gpus else None
    if answers and not gpus:
        available = "GPU" in answers[-1] or (answers[-1].isdigit() and int(answers[-1]) > 0)
    names = tuple(gpu.name for gpu in gpus.values() if gpu.name) or None
    view = FrameworkView(framework="tensorflow", available=available, devices=names)
    return Told(gpus=tuple(gpus.values()) or None, views=(view,) if available is not None else ())


def _gpu(fields: dict[str, str]) -> Gpu:
    return Gpu(
        vendor="nvidia" if fields["capability"] else "amd",
        index=int(fields["index"]),
        name=fields["name"].strip(),
        pci_address=plain_address(fields["bus"]),
        compute_capability=compute_capability(fields["capability"]),
    )


FORMS: tuple[Form, ...] = (
    Form(name="tf_env", find=find_collections, read=read_collection),
    Form(name="tf_build_info", find=find_build_infos, read=read_build_info),
    Form(name="tf_devices", find=find_devices, read=read_devices),
)
