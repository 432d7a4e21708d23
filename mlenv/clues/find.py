"""The clues in a text."""

from __future__ import annotations

from mlenv.clues.clue import Clue, Signature
from mlenv.clues.text import normalise

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
        for match in row.pattern.finditer(plain):
            values = {name: value for name, value in match.groupdict().items() if value}
            key = (row.id, tuple(sorted(values.items())))
            if key not in seen:
                seen.add(key)
                found.append(Clue(id=row.id, values=values, line=_line(plain, match.start()), told=told))
    return found


def _line(text: str, at: int) -> str:
    """The line around a place, without what is left and right of it."""
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return text[start : end if end >= 0 else len(text)].strip()[:QUOTED]
