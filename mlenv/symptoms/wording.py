"""The words of a text without what terminals and frames add to them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from mlenv.facts.pattern import lazy

HEAD, TAIL = 32 * 1024, 96 * 1024
"""Characters that are read at the beginning and at the end of a long text."""
LINE = 2000
"""Characters that are read of a long line, three quarters of them at its beginning."""

_ESCAPES = lazy("\x1b(?:\\[[0-9;?]{0,40}[ -/]{0,4}[@-~]|\\][^\x07\x1b\n]{0,2000}(?:\x07|\x1b\\\\)|[@-Z\\\\^_])")
_QUOTES = str.maketrans("‘’‚‛“”„«»", "'''''''''")
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
# A box as uv, pixi and pip draw it; miette writes the second set where a terminal knows no others.
_FRAME = lazy(
    r"^[ \t]{0,40}(?:error:?[ \t]{1,4})?(?:×|x(?= [a-z])|╰─▶|├─▶|╰─>|╰─|├─|`->|\|->|│|║)[ \t]{0,4}", re.IGNORECASE
)
_CONTINUED = lazy(r"[ \t]{0,40}[│|][ \t]{1,8}\S|[ \t]{4,40}\S")
_OPENS = lazy(
    r"[ \t]{0,40}(?:error:?[ \t]{1,4})?(?:×|x(?= [a-z])|╰─▶|├─▶|`->|\|->)|  cause: |[ \t]{4,40}hint: ", re.IGNORECASE
)
_BRANCH = lazy(r"[ \t]{0,40}(?:│[ \t]{0,20})?(?:[├╰└╭]|\[std(?:out|err)\])")
_PASSING = lazy(
    r"[ \t]{0,40}(?:\S{1,40}[ \t]{1,4})?(?:warning|warn|info|debug|trace|deprecation|note|retrying)\b"
    r"(?!.{0,20}ssl_cert)"
    r"|.{0,1900}(?:- skipping$|\bcould not open lockfile\b|\bwill retry\b|\bretrying\b|\bfalling back\b)",
    re.IGNORECASE,
)


class Wording(msgspec.Struct, frozen=True):
    """A text, and the same with small ASCII letters only: offsets are the same in both."""

    text: str
    folded: str


def fold(text: str) -> Wording:
    """A text that can be searched without regard to case."""
    return Wording(text, text.translate(_LOWER))


def read_words(text: str) -> tuple[Wording, Wording]:
    """What a text tells for good, and what it says in passing: warnings, notes, attempts that were repeated.

    Colours and frames are gone, wrapped lines are joined, quotes are straight, line ends are those of
    Unix; a bar of progress that was drawn over and over is a line each time.  Of more than 128 KiB the
    middle is left out.
    """
    plain = _ESCAPES.sub("", _shorten(text)).replace("\r\n", "\n").replace("\r", "\n").translate(_QUOTES)
    lines = _join(line if len(line) <= LINE else _cut(line) for line in plain.split("\n"))
    told: list[str] = []
    passing: list[str] = []
    depth = -1
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if _PASSING.match(line):
            depth = indent
            passing.append(line)
        elif 0 <= depth < indent:
            passing.append(line)
        else:
            depth = -1
            told.append(_FRAME.sub("", line))
    return fold("\n".join(told)), fold("\n".join(passing))


def _shorten(text: str) -> str:
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def _cut(line: str) -> str:
    return f"{line[: LINE * 3 // 4]} … {line[-LINE // 4 :]}"


#   × No solution found when resolving dependencies:
#   ╰─▶ Because there is no version of torch==9.9 and you require torch==9.9, we can
#       conclude that your requirements are unsatisfiable.
def _join(lines: Iterable[str]) -> list[str]:
    """The lines, with those that a frame wrapped put back together."""
    joined: list[str] = []
    open_ = False
    for line in lines:
        if open_ and _CONTINUED.match(line) and not _BRANCH.match(line):
            joined[-1] = f"{joined[-1].rstrip()} {line.lstrip(' │|').lstrip()}"
            continue
        open_ = bool(_OPENS.match(line))
        joined.append(line)
    return joined
