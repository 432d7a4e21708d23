"""Ctrl-C, once and twice, a cancelled job and a closed terminal."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import partial

import msgspec

from mlenv.errors import ExitStatus
from mlenv.system.process import Completed

from .aftermath import Expected, judge
from .call import Call
from .moments import EVERY, Act, Run, after, moments
from .trial import Settings, Trial
from .world import World

EARLY_SECONDS = (0.02, 0.04, 0.06, 0.08, 0.12, 0.16)
LATE_SECONDS = (0.0, 0.002, 0.01, 0.03, 0.1)
LOOK_SECONDS = 0.0005
PAUSES = (0.0, 0.01, 0.05)
"""Seconds between Ctrl-C and Ctrl-C."""


def trials(settings: Settings) -> Iterator[Trial]:
    """Every signal that asks for an end, and Ctrl-C twice."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        yield from _of_one(settings, f"{number.name} to mlenv", number, partial(_send, number))
    for pause in PAUSES[1:2] if settings.small else PAUSES:
        yield from _of_one(settings, f"Ctrl-C twice within {pause} s", signal.SIGINT, partial(_twice, pause))


def _of_one(settings: Settings, case: str, number: signal.Signals, act: Act) -> Iterator[Trial]:
    for count, (name, run) in enumerate(moments(settings, case, settings.kills // 3)):
        yield Trial(case=case, variant=name, act=partial(_try, run, act, number, count % EVERY == EVERY - 1))
    if settings.small and case != "SIGINT to mlenv":
        return
    for early in EARLY_SECONDS[2:3] if settings.small else EARLY_SECONDS:
        variant = f"{early} s after the start"
        yield Trial(case=case, variant=variant, act=partial(_try, after(early), act, number, False))
    for late in LATE_SECONDS[:1] if settings.small else LATE_SECONDS:
        variant = f"{late} s after the switch"
        yield Trial(case=case, variant=variant, act=partial(_try_late, act, late))


def _try(run: Run, act: Act, number: signal.Signals, deep: bool, world: World) -> list[str]:
    ending = without_python(run(world, act).wait(), number)
    return judge(world, ending, Expected(statuses=_right(ending, number)), deep=deep)


def _try_late(act: Act, late: float, world: World) -> list[str]:
    """What is done is done: mlenv only says so, and with 0."""
    call = world.start()
    before = os.readlink(world.environment)
    while call.running and os.readlink(world.environment) == before:
        call.sleep(LOOK_SECONDS)
    call.sleep(late)
    act(call)
    return judge(world, call.wait(), Expected(statuses=(ExitStatus.OK,)))


def without_python(ending: Completed, number: signal.Signals) -> Completed:
    """What Python says where it is stopped before it has come to mlenv is no word of mlenv's."""
    if "Traceback" in ending.stderr and f"{os.sep}mlenv{os.sep}" not in ending.stderr:
        return msgspec.structs.replace(ending, status=-number, stderr="")
    return ending


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
