"""What an installer wrote down that is no longer there, or was never one."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from functools import partial

import msgspec

from mlenv.errors import ExitStatus
from mlenv.execute.holding import HOLDER, Holder

from .aftermath import Expected, judge
from .call import Call
from .trial import Settings, Trial
from .world import World

OK = Expected(statuses=(ExitStatus.OK,))
NOBODY = 2**22 + 1
"""No process has this number: it is above the highest that Linux gives."""
SLEEP = "import time; time.sleep(600)"


def trials(settings: Settings) -> Iterator[Trial]:
    """Files that lie about who works here and what is being built."""
    case = "stale holder"
    half, whole = holder(NOBODY, building="2"), holder(NOBODY, building="1")
    yield Trial(case=case, variant="of a process that is not mlenv", act=_try_alive)
    if settings.small:
        return
    yield Trial(case=case, variant="of a process that is gone", act=partial(_try, half))
    yield Trial(case=case, variant="that says the current generation is being built", act=partial(_try, whole))
    yield Trial(case=case, variant="of another host", act=partial(_try, holder(NOBODY, building="2", host="elsewhere")))
    yield Trial(case=case, variant="that points out of the store", act=_try_astray)
    yield Trial(case=case, variant="that is no JSON", act=_try_broken)


def holder(pid: int, *, building: str = "", host: str = "", scratch: str = "") -> Holder:
    """A holder as an installer writes it."""
    return Holder(
        pid=pid,
        host=host or socket.gethostname(),
        since="2026-01-01T00:00:00+00:00",
        errand="mlenv install",
        token="0" * 32,
        building=building,
        scratch=scratch,
    )


def _try(stale: Holder, world: World) -> list[str]:
    """With half a generation and a link that was not moved."""
    half = world.store / "2" / "lib"
    half.mkdir(parents=True)
    (half / "part.py").write_text("half = True\n")
    (world.store / ".link").symlink_to(".venv.generations/2")
    (world.store / HOLDER).write_bytes(msgspec.json.encode(stale))
    return judge(world, world.run(), OK, deep=True)


def _try_alive(world: World) -> list[str]:
    bystander = Call([sys.executable, "-c", SLEEP], environ={"PATH": "/bin"}, folder=world.root)
    try:
        wrong = _try(holder(bystander.pid, building="2"), world)
        return wrong if bystander.running else [*wrong, "a process was ended that is not mlenv's"]
    finally:
        bystander.send(9)
        bystander.wait()


def _try_astray(world: World) -> list[str]:
    """Nothing outside the store and outside mlenv's own temporary folders may go."""
    precious = world.root / "precious"
    precious.mkdir(exist_ok=True)
    (precious / "thesis.txt").write_text("years of work\n")
    wrong = _try(holder(NOBODY, building="../../precious", scratch=str(precious)), world)
    return wrong if (precious / "thesis.txt").is_file() else [*wrong, "a folder outside the store was removed"]


def _try_broken(world: World) -> list[str]:
    (world.store / HOLDER).write_bytes(b'{"pid": ')
    return judge(world, world.run(), OK)
