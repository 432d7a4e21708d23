"""Words for evidence: facts with their source, messages, names of GPUs, lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mlenv.clues.clue import Clue
from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.reading import Outcome, Reading

if TYPE_CHECKING:
    from mlenv.checks.registry import Case

QUOTED = 3
"""Messages that are quoted where many say the same."""


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


def quote(*clues: Clue | None) -> tuple[str, ...]:
    """The lines of messages, each once; nothing for None."""
    return tuple(dict.fromkeys(quote_line(clue.line) for clue in clues if clue is not None and clue.line))


def quote_messages(case: Case, *slugs: str) -> tuple[str, ...]:
    """The lines of the messages of those ids that a case has, each once, three at most."""
    return quote(*case.clues_of(*slugs))[:QUOTED]


def quote_line(line: str) -> str:
    """``message: RuntimeError: No CUDA GPUs are available``."""
    return f"message: {line}"


def name_gpu(gpu: Gpu) -> str:
    """``gpu 0``, as ``nvidia-smi`` numbers it; its product where it has no number."""
    return f"gpu {gpu.index}" if gpu.index is not None else gpu.name or "GPU"


def join(words: Iterable[str], last: str = "and") -> str:
    """``a, b and c``."""
    listed = list(words)
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} {last} {listed[-1]}"
