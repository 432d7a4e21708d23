"""The looks of text: marks, colours, and foreign text made harmless.

Nothing here prints; :mod:`mlenv.terminal` does.
"""

from __future__ import annotations

import msgspec

from mlenv.facts.pattern import lazy

# Escape sequences (colours, cursor, window titles), then every control character but line feed
# and tab, then what turns the direction of writing around.
_ESCAPES = lazy(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[PX^_][^\x1b]*(?:\x1b\\)?|[\x1b\x9b]\[?[0-?]*[ -/]*[@-~]")
_CONTROLS = lazy("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CODES = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "bold": "1", "dim": "2"}


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """The marks of results; sense never rests on colour alone."""

    ok: str
    warning: str
    error: str
    unknown: str
    info: str
    arrow: str
    dot: str
    times: str


UNICODE_MARKS = Marks(ok="[✓]", warning="[!]", error="[✗]", unknown="[?]", info="[i]", arrow="→", dot="·", times="×")
ASCII_MARKS = Marks(
    ok="[ok]", warning="[!!]", error="[xx]", unknown="[??]", info="[ii]", arrow="->", dot="-", times="x"
)


def clean(text: str) -> str:
    """Foreign text without terminal escapes and control characters; carriage returns end lines."""
    text = _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", text)


def paint(text: str, style: str, *, colour: bool) -> str:
    """Text in a style (``red``, ``green``, ``yellow``, ``cyan``, ``bold``, ``dim``) where colour is on."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if colour else text
