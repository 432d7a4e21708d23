"""``kill -9`` of mlenv, of its children, and of the companion that makes order after it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import psutil

from mlenv.errors import ExitStatus

from .aftermath import Expected, judge
from .call import Call
from .moments import EVERY, Act, Run, guard_of, moments, watch_children
from .trial import Settings, Trial
from .world import World

KILL = signal.SIGKILL
KILLED = (-KILL, ExitStatus.OK)
"""Killed, or ended before the moment came."""
AFTER_UV = {
    "uv pip compile": (ExitStatus.NO_VERDICT,),
    "uv --version": (ExitStatus.OK,),
    "uv venv": (ExitStatus.INSTALL_FAILED,),
    "uv pip sync": (ExitStatus.INSTALL_FAILED,),
    "uv pip sync offline": (ExitStatus.OK,),
    "uv pip sync dry-run": (ExitStatus.OK,),
}
"""The exit status after a command of uv was killed; what only looks may fail."""
AFTER_VERIFY = (ExitStatus.INSTALL_FAILED,)
LATE_SECONDS = 0.04
"""A child is killed at most so long after it was seen."""


def trials(settings: Settings) -> Iterator[Trial]:
    """Every kill."""
    both, unharmed = Expected(statuses=KILLED, by_next=True), Expected(statuses=(ExitStatus.OK,))
    yield from _of_mlenv(settings, "kill mlenv", _kill, Expected(statuses=KILLED), settings.kills)
    yield from _of_mlenv(settings, "kill mlenv and its companion", _kill_both, both, settings.kills // 2)
    yield from _of_mlenv(settings, "kill the companion", _kill_guard, unharmed, settings.kills // 5)
    yield from _of_children(settings)


def _of_mlenv(settings: Settings, case: str, act: Act, expected: Expected, count: int) -> Iterator[Trial]:
    for number, (name, run) in enumerate(moments(settings, case, count)):
        yield Trial(case=case, variant=name, act=partial(_try, run, act, expected, number % EVERY == EVERY - 1))


def _try(run: Run, act: Act, expected: Expected, deep: bool, world: World) -> list[str]:
    return judge(world, run(world, act).wait(), expected, deep=deep)


def _kill(call: Call) -> None:
    call.send(KILL)


def _kill_guard(call: Call) -> None:
    guard = guard_of(call.pid)
    if guard is not None:
        with suppress(psutil.Error):
            guard.kill()


def _kill_both(call: Call) -> None:
    """Stopped first, so that the companion does not start in between."""
    call.send(signal.SIGSTOP)
    _kill_guard(call)
    call.send(KILL)


def _of_children(settings: Settings) -> Iterator[Trial]:
    case = "kill a child"
    kinds = [*settings.reference.uv_commands, "verify"]
    for number, kind in list(enumerate(kinds))[:: 3 if settings.small else 1]:
        yield Trial(
            case=case, variant=f"{kind}, at once", act=partial(_try_child, kind, 0.0, number % EVERY == EVERY - 1)
        )
    for number in range(0 if settings.small else settings.kills):
        chance = settings.random(case, number)
        kind, late = chance.choice(kinds), chance.uniform(0.0, LATE_SECONDS)
        act = partial(_try_child, kind, late, number % EVERY == EVERY - 1)
        yield Trial(case=case, variant=f"{number} ({kind}, after {late:.3f} s)", act=act)


def _try_child(kind: str, late: float, deep: bool, world: World) -> list[str]:
    """Kill the first child of a kind; one that was faster than the blow changes nothing."""
    call = world.start()
    hit: list[bool] = []

    def see(child: psutil.Process, what: str) -> bool:
        if what != kind:
            return False
        call.sleep(late)
        with suppress(psutil.NoSuchProcess):
            child.kill()
            hit.append(True)
        return True

    watch_children(call, see)
    ending = call.wait()
    right = AFTER_VERIFY if kind == "verify" else AFTER_UV[kind]
    statuses = (*right, ExitStatus.OK) if late or not hit else right
    return judge(world, ending, Expected(statuses=statuses), deep=deep)
