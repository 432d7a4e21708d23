"""``kill -9`` as mlenv is about to change a name on the disk: before every such system call."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from .aftermath import Expected, judge
from .kills import KILLED
from .moments import EVERY
from .tracing import killer, lacking_strace
from .trial import Settings, Trial
from .world import World


def trials(settings: Settings) -> Iterator[Trial]:
    """One for each call that an undisturbed installation makes."""
    lacking = lacking_strace()
    calls = settings.reference.system_calls
    for number in range(1, len(calls) + 1, max(1, len(calls) // 4) if settings.small else 1):
        act = partial(_try, number)
        yield Trial(case="kill before a call", variant=f"{number} ({calls[number - 1]})", act=act, lacking=lacking)


def _try(number: int, world: World) -> list[str]:
    ending = world.start(prefix=killer(world.root / "trace.txt", number)).wait()
    return judge(world, ending, Expected(statuses=KILLED), deep=number % EVERY == 0)
