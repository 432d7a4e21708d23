"""Disks that are full, of bytes or of names: the cache's, the temporary folder's, the target's, the whole home's."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mlenv.errors import ExitStatus

from .aftermath import Expected, judge
from .mounts import lacking_mounts, small_disk, widen
from .trial import Settings, Trial
from .world import World

KIB = 1024
ROOMS = (0, 16 * KIB, 256 * KIB, 900 * KIB, 1100 * KIB, 1400 * KIB, 2048 * KIB, 4096 * KIB)
NAMES = (0, 3, 8, 16, 32, 64, 128)
PLACES = ("cache", "temporary", "work", "home")
FULL = (ExitStatus.OK, ExitStatus.INSTALL_FAILED, ExitStatus.NO_VERDICT)
"""All was small enough, a step failed, or the proof before it did."""


def trials(settings: Settings) -> Iterator[Trial]:
    """Every disk with less and less room, then with fewer and fewer names."""
    lacking = lacking_mounts()
    for place in PLACES:
        case = f"disk full: {place}"
        for room in ROOMS[2:3] if settings.small else ROOMS:
            act = partial(_try, place, room, None)
            yield Trial(case=case, variant=f"{room // KIB} KiB", act=act, lacking=lacking)
        for files in () if settings.small else NAMES:
            act = partial(_try, place, 4 * ROOMS[-1], files)
            yield Trial(case=case, variant=f"{files} names", act=act, lacking=lacking)


def _try(place: str, room: int, files: int | None, world: World) -> list[str]:
    folder = world.cache if place == "cache" else world.root / place
    with small_disk(folder, world.root / "aside", room=room, files=files):
        ending = world.run()
        widen(folder)
        # On a full home there is no room for a log either.
        return judge(world, ending, Expected(statuses=FULL, log=place != "home"))
