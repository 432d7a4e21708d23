"""Which of some signatures a text has."""

from __future__ import annotations

from mlenv.clues.clue import Signature
from mlenv.clues.text import normalise


def found_in(text: str, signatures: tuple[Signature, ...]) -> set[str]:
    """The ids of the signatures whose message is in a text."""
    plain = normalise(text)
    folded = plain.lower()
    rows = [row for row in signatures if any(needle in folded for needle in row.needles)]
    return {row.id for row in rows if row.pattern.search(plain)}
