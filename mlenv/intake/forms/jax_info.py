"""``jax.print_environment_info()``, and the devices that JAX lists."""

from __future__ import annotations

from mlenv.facts.environment import Distribution
from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import lazy
from mlenv.facts.report import FrameworkView
from mlenv.facts.system import Variable
from mlenv.intake.forms.blocks import command_of, find_blocks, gather, lines_of
from mlenv.intake.forms.form import Form, Told
from mlenv.intake.forms.platform_line import read_uname_result
from mlenv.probe.host.variables import is_of_interest

_FIRST = lazy(r"\s{0,8}(?:jax|jaxlib): ?[0-9]+\.[0-9]")
_PACKAGE = lazy(r"\s{0,8}(jax|jaxlib|numpy|flax|ml_dtypes|jax-cuda\w*|libtpu[\w-]*): ?([0-9][\w.+!]{0,60})\s*")
_FIELD = lazy(
    r"\s{0,8}(?:jax|jaxlib|numpy|python|jax\.devices|device info|process_count|platform|[A-Z][A-Z0-9_]{2,60}=)"
)
# device info: NVIDIA A100-SXM4-40GB-4, 4 local devices"
_DEVICE_INFO = lazy(r"device info: ?(?P<kind>.{1,80}?)-(?P<count>[0-9]{1,5}), [0-9]{1,5} local devices")
_DEVICES = lazy(r"jax\.devices\s?(?:\([0-9]{1,5} total, [0-9]{1,5} local\))?(?:\(\))? ?:? ?(\[[^\]\n]{0,2000}\])")
_LISTED = lazy(
    r"\[\s{0,4}(?:(?:Cuda|Rocm|Gpu|Cpu|Tpu|Metal)Device\(id|(?:cuda|rocm|gpu|tpu)\(id|METAL\(id)[^\]\n]{0,2000}\]"
)
_SET = lazy(r"\s{0,8}([A-Z][A-Z0-9_]{2,60})=(.{0,1000})")
_ACCELERATOR = lazy(r"(?i)\b(?:cuda|rocm|gpu|tpu|metal)(?:device)?\(id|METAL\(id")
_ANY = lazy(r"(?i)\w{3,12}\(id=")


def find_infos(text: str) -> list[str]:
    """What the function prints, up to the next command."""
    if "jaxlib:" not in text and "jax:" not in text:
        return []
    return find_blocks(text, _FIRST.match, lambda line: _FIELD.match(line) or line.startswith(" "), gap=1)


def read_info(part: str) -> Told:
    """Packages, devices, system and the variables that it names."""
    packages: dict[str, str] = {}
    variables: list[Variable] = []
    told, gpus, view = Told(), None, FrameworkView(framework="jax")
    for line in lines_of(part):
        if match := _PACKAGE.fullmatch(line):
            packages.setdefault(match[1].replace("_", "-"), match[2])
        elif match := _DEVICE_INFO.search(line):
            kind, count = match["kind"].strip(), min(int(match["count"]), 64)
            view, gpus = _of_kind(kind, count)
        elif match := _DEVICES.search(line):
            view = _seen(match[1])
        elif line.lstrip().startswith("platform:"):
            told = read_uname_result(line)
        elif (match := _SET.match(line)) and is_of_interest(match[1]):
            variables.append(Variable(name=match[1], value=match[2].strip()))
    return Told(
        os=told.os,
        architecture=told.architecture,
        gpus=gpus,
        variables=tuple(variables),
        distributions=tuple(Distribution(name=name, version=version) for name, version in packages.items()),
        views=(_with_version(view, packages.get("jax")),),
    )


def _with_version(view: FrameworkView, version: str | None) -> FrameworkView:
    return FrameworkView(
        framework="jax", version=version or view.version, available=view.available, devices=view.devices
    )


def _of_kind(kind: str, count: int) -> tuple[FrameworkView, tuple[Gpu, ...] | None]:
    """``cpu-1`` or the name of a GPU and how many there are."""
    if kind.lower() == "cpu":
        return FrameworkView(framework="jax", available=False, devices=()), None
    view = FrameworkView(framework="jax", available=True, devices=(kind,) * count)
    vendor = "nvidia" if kind.startswith(("NVIDIA", "Tesla", "GeForce", "Quadro", "GRID", "TITAN")) else None
    if vendor is None:
        return view, None
    return view, tuple(Gpu(vendor="nvidia", name=kind, index=index) for index in range(count))


def _seen(text: str) -> FrameworkView:
    """A list of devices; one of CPUs alone says that no accelerator was found."""
    if not _ANY.search(text):
        return FrameworkView(framework="jax", available=False if text == "[]" else None)
    return FrameworkView(framework="jax", available=_ACCELERATOR.search(text) is not None)


def find_devices(text: str) -> list[str]:
    """What ``jax.devices()`` answered outside that report."""
    if "(id" not in text:
        return []
    return gather(text, lambda line: _LISTED.search(line) and "total," not in line and not _is_call(line))


def _is_call(line: str) -> bool:
    command = command_of(line)
    return bool(command) and not (command or "").startswith("[")


def read_devices(part: str) -> Told:
    """Whether JAX has an accelerator: the last answer counts."""
    lists = _LISTED.findall(part)
    return Told(views=(_seen(lists[-1]),)) if lists else Told()


FORMS: tuple[Form, ...] = (
    Form(name="jax_info", find=find_infos, read=read_info),
    Form(name="jax_devices", find=find_devices, read=read_devices),
)
