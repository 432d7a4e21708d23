"""Foreign text in Markdown: nothing in it is read as Markdown or HTML, calls a user or names an issue."""

from __future__ import annotations

from collections.abc import Sequence

from mlenv.facts.pattern import lazy
from mlenv.report.style import clean

_SPECIAL = lazy(r"[\\`*_{}\[\]!|~>$^]")
_AT_START = lazy(r"^(?:(?=[-+=#])|(\d+)(?=[.)]))")
_CALLS = lazy(r"(?<=[@#])(?=\w)")
_TICKS = lazy(r"`+")
_WORD_JOINER = "\u2060"


def escape(text: str) -> str:
    """Text on one line as it stands: ``*`` is a star, ``<b>`` is four letters, ``@name`` calls nobody."""
    line = _CALLS.sub(_WORD_JOINER, " ".join(clean(text).split()))
    line = line.replace("&", "\0")
    line = _SPECIAL.sub(lambda match: f"\\{match[0]}", line.replace("<", "\1"))
    line = _AT_START.sub(lambda match: f"{match[1] or ''}\\", line)
    return line.replace("\0", "&amp;").replace("\1", "&lt;")


def code(text: str) -> str:
    """Text on one line as code, whatever backticks are in it."""
    line = " ".join(clean(text).split())
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") or not line else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def block(text: str, *, indent: int = 0) -> list[str]:
    """Lines of code in a fence of their own, each behind ``indent`` spaces."""
    lines = clean(text).split("\n")
    fence = "`" * max(3, _longest_run(text) + 1)
    return [" " * indent + line for line in (fence, *lines, fence)]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table; its cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cell.replace(chr(10), ' ') for cell in row)} |" for row in lines]


def cell(text: str) -> str:
    """Text as code in a table, where a bar ends a cell even inside code."""
    return code(text).replace("|", "\\|")


def _longest_run(text: str) -> int:
    return max((len(run) for run in _TICKS.findall(text)), default=0)
