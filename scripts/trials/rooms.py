"""All rooms of the table, in its order."""

from __future__ import annotations

from collections.abc import Iterator

from . import kills, stops
from .trial import Settings, Trial

ROOMS = (kills, stops)


def all_trials(settings: Settings) -> Iterator[Trial]:
    """The tries of every room."""
    for room in ROOMS:
        yield from room.trials(settings)
