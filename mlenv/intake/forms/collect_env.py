"""PyTorch's ``collect_env``, from its first form to the newest, and vLLM's, which adds to it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

import msgspec

from mlenv.facts.gpu import Gpu, MigInstance
from mlenv.facts.hardware import Cpu
from mlenv.facts.pattern import lazy
from mlenv.facts.report import FrameworkView
from mlenv.formats.lscpu import parse_lscpu
from mlenv.intake import fields
from mlenv.intake.forms.form import Form, Told
from mlenv.intake.merging import merge_told
from mlenv.intake.words.gpus import gpu_named
from mlenv.intake.words.sizes import as_bytes
from mlenv.intake.words.versions import says_nothing

Lines = list[str]

_KEYS: dict[str, Callable[[str], Told]] = {
    "pytorch version": lambda text: fields.told_framework("torch", text),
    # Where PyTorch names no CUDA and the machine has some, it stands there as what could not be collected.
    "cuda used to build pytorch": lambda text: fields.told_torch_cuda(
        "none" if text.strip().lower() == "could not collect" else text
    ),
    "rocm used to build pytorch": fields.told_torch_rocm,
    "xpu used to build pytorch": fields.told_torch_xpu,
    "os": fields.told_system,
    "libc version": fields.told_libc,
    "python version": fields.told_python,
    "python platform": fields.told_platform,
    "is cuda available": fields.told_available,
    "is xpu available": lambda text: fields.told_available(text) if text.lower().startswith("true") else Told(),
    "cuda runtime version": lambda text: fields.told_toolkit(text) if text[:1].isdigit() else Told(),
    "nvidia driver version": fields.told_driver,
    "hip runtime version": fields.told_hip,
    "vllm version": lambda text: fields.told_package("vllm", text),
    "rocm version": fields.told_rocm,
}
_PLAIN = {
    "is debug build",
    "gcc version",
    "clang version",
    "cmake version",
    "cuda_module_loading set to",
    "gpu models and configuration",
    "cudnn version",
    "miopen runtime version",
    "is xnnpack available",
    "intel gpu driver version",
    "intel gpu models onboard",
    "intel gpu models detected",
    "cpu",
    "versions of relevant libraries",
    "neuron sdk version",
    "vllm build flags",
    "gpu topology",
    "caching allocator config",
}
# Keys that nothing but a collect_env has; the others stand in many texts.
_OWN = {
    "pytorch version",
    "cuda used to build pytorch",
    "rocm used to build pytorch",
    "is cuda available",
    "gpu models and configuration",
    "nvidia driver version",
    "hip runtime version",
    "is xnnpack available",
    "is debug build",
    "cuda runtime version",
    "python platform",
    "versions of relevant libraries",
}
_LEAD = " \t>|*-#'\"_"
_PACKAGE = lazy(
    r"\[(?P<lister>pip3?|conda|uv)\]\s(?P<name>[\w.+-]{1,80})(?:=="
    r"|\s\(?)(?P<version>[\w.!+-]{1,60})\)?(?:\s(?P<build>\S{1,80}))?(?:\s(?P<channel>\S{1,200}))?"
)
_GPU = lazy(r"(?i)(?:GPU\s?(?P<index>\d{1,2}):\s?)(?P<name>[^(\n]{2,120}?)\s?(?:\((?P<more>[^)\n]{0,120})\))?\s?$")
_MIG = lazy(
    r"MIG (?P<profile>\d{1,2}g\.\d{1,3}gb\S{0,8})\s{1,9}Device\s{1,9}\d{1,2}:(?: \(UUID: (?P<uuid>\S{1,80})\))?"
)
_XPU = lazy(r"name='(?P<name>[^'\n]{2,120})'.{0,400}?(?:total_memory=(?P<memory>\d{1,9})MB|$)")
_UUID = lazy(r"UUID: (GPU-[0-9a-fA-F-]{1,60})")
_VARIABLE = lazy(r"(?P<name>[A-Z][A-Z0-9_]{2,60})=(?P<value>.{0,2000})")
_CPU_LINE = lazy(
    r"(?i)Name(?:=|: )(?P<name>.{0,20}(?:core|ryzen|xeon|epyc|cpu|processor|apple|athlon|pentium)[^\n]{0,80})"
)


def split_key(line: str) -> tuple[str, str]:
    """The label of a line in small letters and its value; an empty label where it has none."""
    key, colon, value = line.strip(_LEAD).partition(":")
    return (key.strip(_LEAD).lower(), value.strip(" \t*|_")) if colon and len(key) < 60 else ("", "")


def find_collect_env(text: str) -> list[str]:
    """The parts of a text that begin with a label of collect_env; two of them where it was run twice."""
    lines = text.split("\n")
    starts: list[int] = []
    own = 0
    first = -1
    for number, line in enumerate(lines):
        key, _ = split_key(line)
        if key in _OWN or (key in _KEYS and first >= 0) or _PACKAGE.match(line.strip(_LEAD)):
            first = number if first < 0 else first
            own += key in _OWN or "[" in line[:8]
        if key == "pytorch version" and own > 1 and number - (starts[-1] if starts else first) > 3:
            starts.append(number)
    if own < 1 or first < 0:
        return []
    first = _with_system(lines, first)
    edges = [first, *[start for start in starts if start > first + 3], len(lines)]
    return ["\n".join(lines[begin:end]) for begin, end in itertools.pairwise(edges)]


def _with_system(lines: Lines, first: int) -> int:
    """The form of vLLM names the system before PyTorch."""
    for number in range(max(0, first - 25), first):
        if split_key(lines[number])[0] in ("os", "gcc version", "libc version", "system info"):
            return number
    return first


def read_collect_env(text: str) -> Told:
    """All that a part states."""
    lines = text.split("\n")
    return _without_contradiction(merge_told(_tell(lines)), lines)


def _tell(lines: Lines) -> Iterator[Told]:
    for number, line in enumerate(lines):
        key, value = split_key(line)
        if key in _KEYS:
            yield _KEYS[key](value)
        elif key == "gpu models and configuration":
            yield _read_gpus(value, lines[number + 1 : number + 200])
        elif key == "cudnn version":
            yield _read_cudnn(value, lines[number + 1 : number + 12])
        elif key in ("intel gpu models detected", "intel gpu models onboard"):
            yield _read_xpus(lines[number + 1 : number + 40])
        elif key == "cpu":
            yield _read_cpu(lines[number + 1 : number + 60])
        elif "=" in line[:64]:
            yield _read_variable(line)
    yield _read_packages(line for line in lines if "[" in line[:8])


def _without_contradiction(told: Told, lines: Lines) -> Told:
    """PyTorch without CUDA is the CPU's build only where it has no other GPU and is not a Mac's."""
    is_mac = told.os is not None and told.os.family == "macos"
    views = []
    for view in told.views:
        other = view.rocm is not None or any(split_key(line)[0] == "xpu used to build pytorch" for line in lines)
        tag = (view.version or "").partition("+")[2]
        if view.framework == "torch" and view.build == fields.NO_CUDA and not view.cuda and (is_mac or other or tag):
            view = msgspec.structs.replace(view, build=_other_build(view, told, tag))
        views.append(view)
    return msgspec.structs.replace(told, views=tuple(views))


def _other_build(view: FrameworkView, told: Told, tag: str) -> str | None:
    if tag.startswith(("cu", "cpu", "xpu")):
        return tag.split(".")[0]
    if view.rocm is not None:
        return f"rocm{view.rocm}"
    return "xpu" if told.remarks.get("torch.xpu") else (None if told.os and told.os.family == "macos" else view.build)


def _read_gpus(value: str, following: Lines) -> Told:
    """The GPUs in the label's line or in the lines under it; MIG devices belong to the GPU before."""
    found: list[Gpu] = []
    for line in [value, *following]:
        plain = line.strip(_LEAD)
        if plain and not _add_gpu(found, plain) and line is not value:
            break
        if not plain and found:
            break
    names = tuple(gpu.name or "" for gpu in found)
    views = (FrameworkView(framework="torch", devices=names),) if names else ()
    return Told(gpus=tuple(found) or None, views=() if any(gpu.mig for gpu in found) else views)


def _add_gpu(found: list[Gpu], line: str) -> bool:
    if says_nothing(line):
        return True
    part = _MIG.search(line)
    if part is not None and found:
        instance = MigInstance(profile=part["profile"], uuid=(part["uuid"] or "").rstrip(")") or None)
        parts = (*(found[-1].mig_instances or ()), instance)
        found[-1] = msgspec.structs.replace(found[-1], mig=True, mig_instances=parts)
        return True
    match = _GPU.match(line)
    if match is None and split_key(line)[0] in (_KEYS.keys() | _PLAIN):
        return False
    uuid = _UUID.search(line)
    gpu = gpu_named(
        match["name"] + (f" ({match['more']})" if match["more"] and "gfx" in match["more"] else "") if match else line,
        index=int(match["index"]) if match else (len(found) if found else 0),
        uuid=uuid[1] if uuid else None,
    )
    if gpu is None:
        return False
    found.append(gpu)
    return True


def _read_cudnn(value: str, following: Lines) -> Told:
    """A version, a path, or ``Probably one of the following`` with paths under it."""
    if "one of the following" in value.lower() or not value:
        paths = [line for line in following[:8] if "cudnn" in line.lower()]
        return fields.told_cudnn("\n".join(paths)) if paths else Told()
    return fields.told_cudnn(value)


def _read_xpus(following: Lines) -> Told:
    found: list[Gpu] = []
    for line in following:
        plain = line.strip(_LEAD)
        if not line.strip().startswith(("*", "-", "[")) or says_nothing(plain):
            break
        match = _XPU.search(plain)
        memory = as_bytes(match["memory"], "M") if match and match["memory"] else None
        gpu = gpu_named(match["name"] if match else plain, index=len(found), memory_bytes=memory)
        found += [gpu] if gpu is not None else []
    return Told(gpus=tuple(found) or None)


def _read_cpu(following: Lines) -> Told:
    """A table of lscpu, a list of WMI, or on a Mac the name alone."""
    block = "\n".join(following)
    cpu = parse_lscpu(block)
    if cpu.model is None:
        named = _CPU_LINE.search(block)
        alone = next(
            (line.strip() for line in following[:1] if line.strip() and ":" not in line and "=" not in line), None
        )
        model = named["name"].strip() if named else alone
        cpu = msgspec.structs.replace(cpu, model=model)
    return Told(cpu=cpu if cpu != Cpu() else None)


def _read_packages(lines: Iterable[str]) -> Told:
    """All lists of packages as one, since there may be hundreds of lines."""
    rows = [_read_package(line) for line in lines]
    return Told(
        distributions=tuple(row for told in rows for row in told.distributions),
        conda_packages=tuple(row for told in rows for row in told.conda_packages),
    )


def _read_package(line: str) -> Told:
    match = _PACKAGE.match(line.strip(_LEAD))
    if match is None or not match["version"][:1].isdigit():
        return Told()
    if match["lister"] == "conda":
        return fields.told_conda_package(match["name"], match["version"], match["build"], match["channel"])
    return fields.told_distribution(match["name"], match["version"])


def _read_variable(line: str) -> Told:
    """A variable; vLLM prints those that matter at the end."""
    match = _VARIABLE.fullmatch(line.strip())
    if match is None:
        return Told()
    return fields.told_variable(match["name"], match["value"].strip())


FORMS: tuple[Form, ...] = (Form(name="collect_env", find=find_collect_env, read=read_collect_env),)
