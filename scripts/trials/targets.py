"""A target that cannot be written to, or that is taken away while mlenv works."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from mlenv.errors import ExitStatus

from .aftermath import Expected, check_environment, check_words, judge, settle
from .call import at_text
from .mounts import lacking_mounts, read_only
from .trial import Settings, Trial
from .world import NEW, World

FAILED = (ExitStatus.INSTALL_FAILED,)
MOMENTS = ("Create the environment", "Find the exact version", "Download and install", "Import every framework")
Disk = Callable[[Path], AbstractContextManager[None]]
READ_ONLY: dict[str, tuple[Callable[[World], Path], tuple[int, ...]]] = {
    "the folder": (lambda world: world.work, FAILED),
    "the store": (lambda world: world.store, FAILED),
    # There are others.
    "the temporary folder": (lambda world: world.temporary, (ExitStatus.OK,)),
    "the cache": (lambda world: world.cache, (ExitStatus.NO_VERDICT,)),
    "the home": (lambda world: world.home, (ExitStatus.NO_VERDICT,)),
}
"""What cannot be written to, and the exit status that is right then."""


def trials(settings: Settings) -> Iterator[Trial]:
    """Read-only disks, and folders that vanish at every step."""
    lacking = lacking_mounts()
    for name, (place, statuses) in list(READ_ONLY.items())[: 1 if settings.small else None]:
        yield Trial(case="read-only", variant=name, act=partial(_try_read_only, place, statuses), lacking=lacking)
    for moment in MOMENTS[2:3] if settings.small else MOMENTS:
        for name, act in {"the generation": _try_generation_gone, "all": _try_all_gone}.items():
            yield Trial(case=f"taken away: {name}", variant=moment, act=partial(act, moment))


def _try_read_only(place: Callable[[World], Path], statuses: tuple[int, ...], world: World) -> list[str]:
    folder = place(world)
    with read_only(folder):
        ending = world.run()
    return judge(world, ending, Expected(statuses=statuses, log=folder != world.home))


def _try_generation_gone(moment: str, world: World) -> list[str]:
    """The generation in the making goes; before it was begun that is nothing."""

    def take_away(_: object) -> None:
        shutil.rmtree(world.store / "2", ignore_errors=True)

    ending = world.run(on_line=at_text(moment, take_away))
    return judge(world, ending, Expected(statuses=_right(moment)))


def _right(moment: str) -> tuple[int, ...]:
    """What is taken away before it is begun is made anew; what cannot even be imported was not proven."""
    early, late = moment == MOMENTS[0], moment == MOMENTS[-1]
    return (*FAILED, *([ExitStatus.OK] if early else []), *([ExitStatus.NO_VERDICT] if late else []))


def _try_all_gone(moment: str, world: World) -> list[str]:
    """The whole folder goes, and the environment with it."""

    def take_away(_: object) -> None:
        shutil.rmtree(world.work, ignore_errors=True)

    ending = world.run(on_line=at_text(moment, take_away))
    settle(world)
    wrong = check_words(ending, Expected(statuses=_right(moment)))
    wrong += check_environment(world, (NEW,)) if ending.ok else _check_nothing(world)
    wrong += [f"left in TMPDIR: {path.name}" for path in world.temporary.iterdir()]
    world.work.mkdir(exist_ok=True)
    return wrong + judge(world, world.run(), Expected(statuses=(ExitStatus.OK,)))


def _check_nothing(world: World) -> list[str]:
    """A failure makes nothing of what was taken away."""
    return [f"{path.name} is there again" for path in (world.environment, world.store) if path.exists()]
