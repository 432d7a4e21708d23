"""A clock that jumps by years while mlenv works, in all its processes at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from mlenv.errors import ExitStatus
from mlenv.system.process import run

from .aftermath import Expected, judge
from .call import at_line
from .moments import EVERY
from .trial import Settings, Trial
from .world import World

SOURCE = Path(__file__).with_name("clock.c")
YEAR = 365 * 24 * 3600
JUMPS = {"forwards by 11 years": 11 * YEAR, "back by 11 years": -11 * YEAR, "back by 11 seconds": -11}
SECONDS = 60.0


def trials(settings: Settings) -> Iterator[Trial]:
    """Every jump, before the start and after each line."""
    lacking = "" if shutil.which("cc") else "there is no C compiler (cc)"
    lines = len(settings.reference.lines)
    for name, jump in list(JUMPS.items())[: 1 if settings.small else None]:
        for number in (lines // 2,) if settings.small else range(lines + 1):
            when = f"after line {number}" if number else "from the start"
            act = partial(_try, jump, number)
            yield Trial(case="clock jump", variant=f"{name}, {when}", act=act, lacking=lacking)


def _try(jump: int, number: int, world: World) -> list[str]:
    library, flag = _compile(world), world.root / "clock.jumped"
    flag.unlink(missing_ok=True)
    if number == 0:
        flag.touch()
    environ = {"LD_PRELOAD": str(library), "CLOCK_FLAG": str(flag), "CLOCK_JUMP": str(jump)}
    ending = world.run(environ=environ, on_line=at_line(number, lambda _: flag.touch()))
    wrong = [] if flag.exists() else ["the clock did not jump"]
    return wrong + judge(world, ending, Expected(statuses=(ExitStatus.OK,)), deep=number % EVERY == EVERY - 1)


def _compile(world: World) -> Path:
    library = world.root / "clock.so"
    if not library.exists():
        done = run(("cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE)), timeout=SECONDS)
        if not done.ok:
            raise OSError(f"{SOURCE.name} cannot be compiled: {done.stderr}")
    return library
