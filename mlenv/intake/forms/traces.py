"""What paths, file names and versions in an error text show of Python and its environment.

No report, but what is left to go by where nobody states the facts: a traceback names the folder of
its packages.
"""

from __future__ import annotations

from collections import Counter

from mlenv.facts.environment import Environment, EnvironmentKind
from mlenv.facts.pattern import LazyPattern, lazy
from mlenv.facts.python import PythonInterpreter
from mlenv.intake.forms.form import Form, Told
from mlenv.intake.forms.issue_fields import find_fields, read_fields
from mlenv.intake.merging import merge_told

_FOLDER = lazy(
    r"(?:[Pp]ython ?(?P<dotted>[23]\.\d{1,2})(?P<free>t)?[/\\](?:site|dist)-packages"
    r"|[Pp]ython(?P<packed>3\d{1,2})(?P<small>-32)?[/\\](?:lib|Lib)[/\\]site-packages)"
)
_CONDA = lazy(r"(?P<path>(?:[A-Za-z]:)?[/\\][^\s'\":]{1,160}?[/\\]envs[/\\][\w.-]{1,60})")
_BASE = lazy(
    r"(?i)(?P<path>(?:[A-Za-z]:)?[/\\][^\s'\":]{0,120}?(?:ana|mini|mamba)(?:conda|forge)3?)[/\\]"
    r"|(?P<opt>/opt/conda)/"
)
_VENV = lazy(
    r"(?P<path>(?:[A-Za-z]:)?[/\\][^\s'\":]{0,160}?[/\\]\.?v?env[\w.-]{0,30})[/\\](?:lib|Lib|bin|Scripts)[/\\]"
)
MOST = 60


def find_traces(text: str) -> list[str]:
    """The text itself."""
    return [text[:400_000]] if text else []


def read_traces(text: str) -> Told:
    """Python's series, the kind and the place of the environment, and single labelled values."""
    single = Told() if find_fields(text) else read_fields(text[:100_000])
    return merge_told([single, _read_python(text), Told(environment=_read_environment(text))])


def _read_python(text: str) -> Told:
    """The series that most folders name."""
    found: Counter[tuple[str, bool, bool]] = Counter()
    for number, match in enumerate(_FOLDER.finditer(text)):
        series = match["dotted"] or f"3.{match['packed'][1:]}"
        found[series, bool(match["free"]), bool(match["small"])] += 1
        if number > MOST:
            break
    if not found:
        return Told()
    (series, free, small), _ = found.most_common(1)[0]
    return Told(python=PythonInterpreter(version=series, free_threaded=free, bits=32 if small else None))


def _read_environment(text: str) -> Environment | None:
    for pattern, kind in _KINDS:
        match = pattern.search(text[:100_000])
        if match is not None:
            return Environment(path=next(value for value in match.groups() if value), kind=kind)
    return None


_KINDS: tuple[tuple[LazyPattern, EnvironmentKind], ...] = ((_CONDA, "conda"), (_VENV, "venv"), (_BASE, "conda"))


FORMS: tuple[Form, ...] = (Form(name="traces", find=find_traces, read=read_traces),)
