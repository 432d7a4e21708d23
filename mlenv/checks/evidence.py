"""Words for evidence: facts with their source, sizes, lists."""

from __future__ import annotations

from collections.abc import Iterable

from mlenv.facts.machine import Machine
from mlenv.facts.reading import Outcome, Reading


def cite(machine: Machine, text: str, *subjects: str) -> str:
    """A fact and where it was read: ``driver 535.183.01 (nvidia-smi)``.

    ``subjects`` are ids of readings, the best one first.
    """
    for subject in subjects:
        reading = find_reading(machine, subject, "found")
        if reading is not None:
            return f"{text} ({reading.source})"
    return text


def find_reading(machine: Machine, subject: str, outcome: Outcome) -> Reading | None:
    """The first reading of a subject that ended so."""
    readings = (reading for reading in machine.readings if reading.id == subject)
    return next((reading for reading in readings if reading.outcome == outcome), None)


def join(words: Iterable[str], last: str = "and") -> str:
    """``a, b and c``."""
    listed = list(words)
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} {last} {listed[-1]}"
