"""Several installations of one environment at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from functools import partial

from mlenv.errors import ExitStatus
from mlenv.system.process import Completed

from .aftermath import Expected, check_words, judge
from .call import Call, at_text
from .trial import Settings, Trial
from .world import NEW, OTHERS, World

OK = Expected(statuses=(ExitStatus.OK,))
WAITING = "waiting for it"


def trials(settings: Settings) -> Iterator[Trial]:
    """Two and five, of the same and of different requests; and one that must wait."""
    requests = {"two alike": (NEW,) * 2, "five alike": (NEW,) * 5, "two": (NEW, OTHERS[0]), "five": (NEW, *OTHERS)}
    for name, versions in requests.items():
        if not settings.small or name == "two":
            yield Trial(case="at once", variant=name, act=partial(_try, versions))
    yield Trial(case="at once", variant="the second waits and says for whom", act=_try_waiting)
    if not settings.small:
        yield Trial(case="at once", variant="the one that is waited for is killed", act=_try_killed)


def _try(versions: Sequence[str], world: World) -> list[str]:
    calls = [world.start(*world.request(version)) for version in versions]
    endings = [call.wait() for call in calls]
    wrong = [text for ending in endings for text in check_words(ending, OK)]
    for ending in endings:
        wrong += _check_waiting(ending, calls)
    wrong += check_last(world)
    return wrong + judge(world, endings[0], Expected(statuses=(ExitStatus.OK,), wanted=tuple(versions)), deep=True)


def _check_waiting(ending: Completed, calls: Sequence[Call]) -> list[str]:
    """A line that says for whom one waits names one of us; the first words may come before the holder's name does."""
    said = [line for line in ending.stderr.splitlines() if WAITING in line]
    names = [*(f"process {call.pid} " for call in calls), "another process"]
    return [f"waits for a stranger: {line}" for line in said if not any(name in line for name in names)]


def check_last(world: World) -> list[str]:
    """Whether the generation that was made last is the current one."""
    last, current = world.generations.finished()[-1], world.generations.current
    return [] if current == last else [f"generation {current} is current instead of the last one, {last.name}"]


def _try_waiting(world: World) -> list[str]:
    first = world.start(on_line=at_text("Download and install", lambda call: call.send(signal.SIGSTOP)))
    first.wait_for("Download and install")
    second = world.start(*world.request(OTHERS[0]))
    told = second.wait_for(f"process {first.pid} (mlenv install")
    first.send(signal.SIGCONT)
    wrong = [] if told else ["the second does not say for whom it waits"]
    wrong += [text for call in (first, second) for text in check_words(call.wait(), OK)]
    return wrong + check_last(world) + judge(world, second.wait(), Expected(statuses=(0,), wanted=(OTHERS[0],)))


def _try_killed(world: World) -> list[str]:
    first = world.start(on_line=at_text("Download and install", lambda call: call.send(signal.SIGSTOP)))
    first.wait_for("Download and install")
    second = world.start(*world.request(OTHERS[0]))
    second.wait_for(WAITING)
    first.send(signal.SIGKILL)
    first.wait()
    return judge(world, second.wait(), Expected(statuses=(ExitStatus.OK,), wanted=(OTHERS[0],)), deep=True)
