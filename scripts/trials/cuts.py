"""``kill -9`` as mlenv is about to change a name on the disk: before every such system call."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from .aftermath import Expected, judge
from .kills import KILLED
from .moments import EVERY
from .tracing import NameCall, killer, lacking_strace
from .trial import Settings, Trial
from .world import World


def trials(settings: Settings) -> Iterator[Trial]:
    """One for each call that an undisturbed installation makes."""
    lacking = lacking_strace()
    calls = settings.reference.system_calls
    for number, call in list(enumerate(calls))[:: max(1, len(calls) // 2) if settings.small else 1]:
        act = partial(_try, call, number % EVERY == EVERY - 1)
        yield Trial(case="kill before a call", variant=call.describe(), act=act, lacking=lacking)


def _try(call: NameCall, deep: bool, world: World) -> list[str]:
    prefix = killer(world.root / "trace.txt", call.name, call.number)
    return judge(world, world.start(prefix=prefix).wait(), Expected(statuses=KILLED), deep=deep)
