"""Ctrl-C, once and twice, a cancelled job and a closed terminal."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from functools import partial

from mlenv.errors import ExitStatus
from mlenv.system.process import Completed

from .aftermath import Expected, judge
from .call import Call
from .moments import EVERY, Act, Run, moments
from .trial import Settings, Trial
from .world import World

AGAIN_SECONDS = 0.05
"""A second Ctrl-C comes at most so long after the first."""


def trials(settings: Settings) -> Iterator[Trial]:
    """Every signal that asks for an end, and Ctrl-C twice."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        yield from _of_one(settings, f"{number.name} to mlenv", number, partial(_send, number))
    chance = settings.random("Ctrl-C twice", 0)
    yield from _of_one(settings, "Ctrl-C twice", signal.SIGINT, lambda call: _twice(chance.uniform(0, AGAIN_SECONDS), call))


def _of_one(settings: Settings, case: str, number: signal.Signals, act: Act) -> Iterator[Trial]:
    for count, (name, run) in enumerate(moments(settings, case, settings.kills)):
        yield Trial(case=case, variant=name, act=partial(_try, run, act, number, count % EVERY == 0))


def _try(run: Run, act: Act, number: signal.Signals, deep: bool, world: World) -> list[str]:
    ending = run(world, act).wait()
    return judge(world, ending, Expected(statuses=_right(ending, number)), deep=deep)


def _right(ending: Completed, number: signal.Signals) -> tuple[int, ...]:
    """130, or 0 where all was done; before its first word mlenv may end as the system lets it."""
    begun = bool(ending.stderr)
    return (ExitStatus.INTERRUPTED, ExitStatus.OK) if begun else (ExitStatus.INTERRUPTED, -number)


def _send(number: signal.Signals, call: Call) -> None:
    call.send(number)


def _twice(pause: float, call: Call) -> None:
    call.send(signal.SIGINT)
    call.sleep(pause)
    call.send(signal.SIGINT)
