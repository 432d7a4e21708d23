"""Taking over an environment of another's making, ended at every moment: it is never lost."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from functools import partial

from mlenv.errors import ExitStatus
from mlenv.execute.generations import ORIGINAL
from mlenv.system.process import Completed

from .aftermath import Expected, check_environment, check_left, check_words, settle
from .call import Call
from .foreign import FOREIGN, contents, make_foreign
from .tracing import NameCall, killer, lacking_strace
from .trial import Settings, Trial
from .world import NEW, World

Contents = dict[str, tuple[int, bytes]]
EXCHANGE = (
    NameCall(name="renameat2", number=1, subject="the names change places"),
    NameCall(name="rename", number=5, subject="what was there becomes the original"),
)
"""Calls that only a take-over makes."""


def trials(settings: Settings) -> Iterator[Trial]:
    """Killed at random moments, stopped at some, and killed before every system call that changes a name."""
    for number in range(settings.few(settings.kills // 2)):
        moment = settings.moment("take over", number)
        for how in (signal.SIGKILL, signal.SIGTERM):
            act = partial(_try_moment, how, moment.seconds)
            yield Trial(case="take over", variant=f"{how.name} at {moment.name}", act=act)
    lacking = lacking_strace()
    calls = [*settings.reference.system_calls, *EXCHANGE]
    for call in EXCHANGE if settings.small else calls:
        act = partial(_try_call, call)
        yield Trial(case="take over", variant=f"SIGKILL before {call.describe()}", act=act, lacking=lacking)


def _try_moment(how: signal.Signals, seconds: float, world: World) -> list[str]:
    foreign = make_foreign(world)
    call = world.start(*world.request(), "--take-over")
    call.sleep(seconds)
    call.send(how)
    return _judge(world, call, how, foreign)


def _try_call(cut: NameCall, world: World) -> list[str]:
    foreign = make_foreign(world)
    prefix = killer(world.root / "trace.txt", cut.name, cut.number)
    return _judge(world, world.start(*world.request(), "--take-over", prefix=prefix), signal.SIGKILL, foreign)


def _judge(world: World, call: Call, how: signal.Signals, foreign: Contents) -> list[str]:
    ending = call.wait()
    settle(world)
    wrong = check_words(ending, Expected(statuses=_right(ending, how)))
    wrong += check_left(world)
    if world.environment.is_symlink():
        wrong += _check_ours(world, ending)
    elif ending.status == 0:
        wrong.append("it ended with 0 and nothing was taken over")
    return wrong + _check_foreign(world, foreign) + _check_again(world, foreign)


def _right(ending: Completed, how: signal.Signals) -> tuple[int, ...]:
    stopped = -how if how is signal.SIGKILL or not ending.stderr else ExitStatus.INTERRUPTED
    return (stopped, ExitStatus.OK)


def _check_ours(world: World, ending: Completed) -> list[str]:
    """The new environment works, and the foreign one is given back."""
    killed = ending.status is None or ending.status <= 0
    wrong = [] if killed else [f"it ended with {ending.status} and took over all the same"]
    wrong += check_environment(world, (NEW,))
    back = world.run("env", "rollback", "--env", str(world.environment), "--to", ORIGINAL)
    return wrong if back.ok else [*wrong, f"back to the original ends with {back.status}: {back.stderr}"]


def _check_foreign(world: World, foreign: Contents) -> list[str]:
    """The foreign environment is in its place, byte for byte."""
    found = contents(world.environment)
    changed = sorted(name for name in foreign.keys() | found.keys() if foreign.get(name) != found.get(name))
    wrong = [f"the foreign environment is not as it was: {', '.join(changed[:5])}"] if changed else []
    version = world.version()
    return wrong if version == FOREIGN else [*wrong, f"the foreign environment has {version}"]


def _check_again(world: World, foreign: Contents) -> list[str]:
    """The same once more, undisturbed, and back."""
    done = world.run(*world.request(), "--take-over")
    wrong = [] if done.ok else [f"the next take-over ends with {done.status}: {done.stderr}"]
    wrong += check_environment(world, (NEW,)) + check_left(world)
    world.run("env", "rollback", "--env", str(world.environment), "--to", ORIGINAL)
    return wrong + _check_foreign(world, foreign)
