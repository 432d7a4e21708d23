"""How an installation goes to which nothing happens: what the moments of the others are drawn from."""

from __future__ import annotations

import time

import psutil

from .moments import watch_children
from .tracing import NAMING, NameCall, lacking_strace, name_calls, read_trace, tracer
from .trial import Reference
from .world import World


def make_reference(world: World) -> Reference:
    """An undisturbed installation: how long, what it says, what it runs."""
    world.restore()
    start = time.perf_counter()
    world.run()
    seconds = time.perf_counter() - start
    world.restore()
    call, commands = world.start(), []

    def see(_: psutil.Process, kind: str) -> bool:
        if kind.startswith("uv") and kind not in commands:
            commands.append(kind)
        return False

    watch_children(call, see)
    ending = call.wait()
    if not ending.ok:
        raise SystemExit(f"an undisturbed installation fails, so nothing can be tried:\n{ending.stderr}")
    return Reference(
        seconds=seconds,
        lines=tuple(ending.stderr.splitlines()),
        uv_commands=tuple(commands),
        system_calls=tuple(_name_calls(world)),
    )


def _name_calls(world: World) -> list[NameCall]:
    """The system calls of mlenv itself that change names or flush; none where they cannot be seen."""
    if lacking_strace():
        return []
    world.restore()
    file = world.root / "trace.txt"
    world.start(prefix=tracer(file, NAMING)).wait()
    return name_calls(read_trace(file))
