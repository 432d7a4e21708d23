"""What somebody asked Python: versions and devices, at its prompt, with ``python -c``, or told in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.environment import Distribution
from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import LazyPattern, lazy
from mlenv.facts.report import FrameworkView
from mlenv.intake.forms.blocks import answers_to, lines_of
from mlenv.intake.forms.form import Form, Told
from mlenv.intake.forms.packages import distribution

_ASKED = lazy(
    r"[A-Za-z_]\w{1,40}\.__version__|torch\.version\.(?:cuda|hip)|torch\.(?:cuda|xpu|backends\.mps)\.is_available\(\)"
    r"|torch\.backends\.cudnn\.version\(\)|torch\.cuda\.get_arch_list\(\)|torch\.cuda\.get_device_name\([^()\n]{0,20}\)"
)
_TOLD = lazy(
    r"(?P<asked>torch\.(?:cuda|xpu|backends\.mps)\.is_available\(\)|torch\.version\.(?:cuda|hip)"
    r"|[A-Za-z_]\w{1,40}\.__version__)"
    r"['\"]?\s?(?:returns|returned|returning|return|is|was|says|gives|prints|shows|outputs|yields|=>|->|==?|:)\s?"
    r"(?:always |still |only |now )?['\"]?(?P<value>(?i:true|false)\b|[0-9]{1,4}\.[0-9][\w.+]{0,40})"
)
_VERSION = lazy(r"['\"]?(?P<value>[0-9]{1,4}\.[0-9][\w.+]{0,60})['\"]?")
_TRUTH = lazy(r"(?P<value>True|False)")
_NUMBER = lazy(r"(?P<value>[0-9]{3,6})")
_NAME = lazy(r"['\"]?(?P<value>[A-Z][\w ()./-]{2,80})['\"]?")
_LIST = lazy(r"(?P<value>\[(?:'(?:sm|compute|gfx)_?\w{2,12}'(?:, )?){1,40}\])")
_TARGET = lazy(r"'((?:sm_|gfx)\w{2,10})'")
_MODULES = {"np": "numpy", "tf": "tensorflow", "ort": "onnxruntime", "cv2": "opencv-python", "sklearn": "scikit-learn"}
_MARKS = ("__version__", "is_available()", "torch.version.", "get_device_name", "get_arch_list", "cudnn.version")


def find_answers(text: str) -> list[str]:
    """Every answer as a line ``question = value``."""
    if not any(mark in text for mark in _MARKS):
        return []
    found = [f"{asked} = {value}" for asked, value in (*_asked(text), *_stated(text))]
    return ["\n".join(found)] if found else []


def _asked(text: str) -> Iterator[tuple[str, str]]:
    for command, answer, _ in answers_to(text, *_MARKS):
        questions = _ASKED.findall(command)
        rows = [line.strip() for line in answer if line.strip()][:50]
        yield from _match(questions, rows) or _match(questions, _words(questions, rows))


def _match(questions: list[str], rows: list[str]) -> list[tuple[str, str]]:
    """Each question with the next row that can answer it; what warns in between is passed over."""
    found: list[tuple[str, str]] = []
    place = 0
    for question in questions:
        pattern = _kind(question)
        at = next((i for i in range(place, len(rows)) if pattern.fullmatch(rows[i])), None)
        if at is not None and (match := pattern.fullmatch(rows[at])):
            found.append((question, match["value"]))
            place = at + 1
    return found


def _words(questions: list[str], rows: list[str]) -> list[str]:
    """The words of the one row that has as many as there were questions."""
    return next((row.split() for row in rows if len(row.split()) == len(questions) > 1), [])


def _kind(question: str) -> LazyPattern:
    if question.endswith("is_available()"):
        return _TRUTH
    if "get_device_name" in question:
        return _NAME
    if "get_arch_list" in question:
        return _LIST
    return _NUMBER if "cudnn" in question else _VERSION


def _stated(text: str) -> Iterator[tuple[str, str]]:
    for line in lines_of(text):
        if "torch" in line or "__version__" in line:
            for match in _TOLD.finditer(line):
                yield match["asked"], match["value"].rstrip(".").capitalize()


def read_answers(part: str) -> Told:
    """Versions of packages, PyTorch's own view, and the GPU that it named."""
    dists: dict[str, Distribution] = {}
    view: dict[str, str] = {}
    for line in part.split("\n"):
        asked, equals, value = line.partition(" = ")
        if equals and asked.endswith(".__version__"):
            module = asked.partition(".")[0]
            row = distribution(_MODULES.get(module, module), value)
            dists[row.name] = row
        elif equals:
            view[asked.split("(")[0]] = value
    name = view.get("torch.cuda.get_device_name")
    gpus = (
        (Gpu(vendor="nvidia", name=name),)
        if name and name.startswith(("NVIDIA", "Tesla", "GeForce", "Quadro"))
        else None
    )
    torch = dists.get("torch")
    views = (_view(view, torch.version if torch else None),) if view else ()
    return Told(distributions=tuple(dists.values()), views=views, gpus=gpus)


def _view(said: dict[str, str], version: str | None) -> FrameworkView:
    answers = {value for name, value in said.items() if name.endswith("is_available")}
    name = said.get("torch.cuda.get_device_name")
    return FrameworkView(
        framework="torch",
        version=version,
        cuda=said.get("torch.version.cuda"),
        rocm=said.get("torch.version.hip"),
        cudnn=said.get("torch.backends.cudnn.version"),
        available="True" in answers if answers else None,
        devices=(name,) if name else None,
        architectures=tuple(_TARGET.findall(said.get("torch.cuda.get_arch_list", ""))) or None,
    )


FORMS: tuple[Form, ...] = (Form(name="python_session", find=find_answers, read=read_answers),)
