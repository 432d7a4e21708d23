"""The clues in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlenv.clues.clue import Clue, Signature
from mlenv.clues.text import normalise

REACH = 1200
"""Characters before and after a needle that a message may have: the longest spans a few lines."""

QUOTED = 300
"""Characters of a line that are quoted."""


def find_clues(symptom: str, text: str = "") -> tuple[Clue, ...]:
    """What the words of a user and the text of a report state, what the user named first.

    Each clue comes once for each different set of values.
    """
    from mlenv.clues.registry import SIGNATURES

    told = _find(symptom, SIGNATURES, told=True)
    known = {(clue.id, tuple(sorted(clue.values.items()))) for clue in told}
    found = [
        clue
        for clue in _find(text, SIGNATURES, told=False)
        if (clue.id, tuple(sorted(clue.values.items()))) not in known
    ]
    return (*told, *found)


def _find(text: str, signatures: tuple[Signature, ...], *, told: bool) -> list[Clue]:
    if not text:
        return []
    plain = normalise(text)
    folded = plain.lower()
    found: list[Clue] = []
    seen: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    for row in signatures:
        if not any(needle in folded for needle in row.needles):
            continue
        for match in _matches(row, plain, folded):
            values = {name: value for name, value in match.groupdict().items() if value}
            key = (row.id, tuple(sorted(values.items())))
            if key not in seen:
                seen.add(key)
                found.append(Clue(id=row.id, values=values, line=_line(plain, match.start()), told=told))
    return found


def _matches(row: Signature, plain: str, folded: str) -> Iterator[re.Match[str]]:
    """Every place where a signature stands: only around its needles, which a text has few of."""
    reached = judged = 0
    for start, end in _windows(row.needles, folded):
        for match in row.pattern.compiled.finditer(plain, start, end):
            if match.start() < reached:
                continue
            if row.unless is not None and match.start() >= judged:
                judged = _line_end(plain, match.start())
                if row.unless.compiled.search(plain, _line_start(plain, match.start()), judged):
                    reached = judged
                    continue
            reached = match.end()
            yield match
            if not row.pattern.compiled.groupindex:
                return  # a second one would say the same


def _windows(needles: tuple[str, ...], folded: str) -> list[tuple[int, int]]:
    """Parts of a text around words, in whole lines and apart from each other."""
    places = sorted(place for needle in needles for place in _places(needle, folded))
    windows: list[tuple[int, int]] = []
    for place in places:
        start = folded.rfind("\n", 0, max(0, place - REACH)) + 1
        end = folded.find("\n", place + REACH)
        end = end if end >= 0 else len(folded)
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], max(end, windows[-1][1]))
        else:
            windows.append((start, end))
    return windows


def _places(needle: str, folded: str) -> Iterator[int]:
    """Where a word stands; of places that one window covers only the first."""
    place = folded.find(needle)
    while place >= 0:
        yield place
        place = folded.find(needle, place + max(len(needle), REACH // 2))


def _line(text: str, at: int) -> str:
    """The line around a place, without what is left and right of it."""
    return text[_line_start(text, at) : _line_end(text, at)].strip()[:QUOTED]


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)
