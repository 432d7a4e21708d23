"""All rooms of the table, in its order."""

from __future__ import annotations

from collections.abc import Iterator

from . import caches, clocks, crowds, cuts, disks, holders, kills, networks, power, stops, takeovers, targets
from .trial import Settings, Trial

ROOMS = (kills, cuts, stops, takeovers, power, disks, networks, caches, targets, clocks, crowds, holders)


def all_trials(settings: Settings) -> Iterator[Trial]:
    """The tries of every room."""
    for room in ROOMS:
        yield from room.trials(settings)
