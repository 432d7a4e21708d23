"""Foreign text in one form: plain quotes and digits, single spaces, lines of a bearable length."""

from __future__ import annotations

import unicodedata

from mlenv.facts.pattern import lazy

SEARCHED = 2_000_000
"""Characters of a text that are searched: its beginning and its end, where what matters stands."""
LINE = 4000

_FOREIGN_DIGIT = lazy(r"[^\D0-9]")
_SPACES = lazy(r"[ \t\u00a0]+")
_PLAIN = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'", "`": "'", "\u00b4": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
    "\u2026": "...", "\u00d7": "x",
})  # fmt: skip


def normalise(text: str) -> str:
    """The text as signatures expect it; line breaks stay, and nothing else is taken away."""
    if len(text) > SEARCHED:
        text = text[: SEARCHED // 2] + "\n" + text[-SEARCHED // 2 :]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = _plain_digits(unicodedata.normalize("NFKC", text).translate(_PLAIN))
    else:
        text = text.replace("`", "'")
    text = _SPACES.sub(" ", text)
    return "\n".join(
        line if len(line) <= LINE else line[: LINE // 2] + " ... " + line[-LINE // 2 :] for line in text.split("\n")
    )


def _plain_digits(text: str) -> str:
    """Digits of other scripts as 0 to 9."""
    return _FOREIGN_DIGIT.sub(lambda match: str(unicodedata.digit(match[0], 0)), text)
