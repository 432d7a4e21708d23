"""The order in which a switch reaches the disk: what a power cut leaves is one whole environment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from mlenv.errors import ExitStatus
from mlenv.execute.generations import MANIFEST

from .aftermath import Expected, check_words
from .foreign import make_foreign
from .tracing import WRITING, SystemCall, lacking_strace, read_trace, tracer
from .trial import Settings, Trial
from .world import World

WRITES = ("write", "pwrite64", "ftruncate", "copy_file_range", "sendfile", "link", "linkat", "mkdir", "symlink")


def trials(settings: Settings) -> Iterator[Trial]:
    """A switch after an installation, one after a take-over, and one back."""
    lacking = lacking_strace()
    tries = {"install": _try_install, "take over": _try_take_over, "roll back": _try_rollback}
    for name, act in list(tries.items())[: 1 if settings.small else None]:
        yield Trial(case="power loss order", variant=name, act=act, lacking=lacking)


def _try_install(world: World) -> list[str]:
    trace, wrong = _trace(world, *world.request())
    return (
        wrong + check_order(trace, [*_sealing(world), *_switching(world)]) + check_last_write(trace, world.store / "2")
    )


def _try_take_over(world: World) -> list[str]:
    make_foreign(world)
    trace, wrong = _trace(world, *world.request(), "--take-over")
    return (
        wrong
        + check_order(trace, [*_sealing(world, "1"), *_switching(world)])
        + check_last_write(trace, world.store / "1")
    )


def _try_rollback(world: World) -> list[str]:
    done = world.run(*world.request())
    if not done.ok:
        return [f"there is nothing to roll back: {done.stderr}"]
    trace, wrong = _trace(world, "env", "rollback", "--env", str(world.environment))
    return wrong + check_order(trace, _switching(world))


def _trace(world: World, *arguments: str) -> tuple[list[SystemCall], list[str]]:
    file = world.root / "trace.txt"
    ending = world.start(*arguments, prefix=tracer(file, WRITING)).wait()
    return read_trace(file), check_words(ending, Expected(statuses=(ExitStatus.OK,)))


def _sealing(world: World, number: str = "2") -> list[tuple[str, str]]:
    """Calls, as name and what stands in their text: the generation is on the disk before its manifest says so."""
    folder = world.store / number
    return [
        ("syncfs", f"<{folder}>"),
        ("fsync", f"<{folder / MANIFEST}.new>"),
        ("rename", f'"{folder / MANIFEST}"'),
        ("fsync", f"<{folder}>"),
    ]


def _switching(world: World) -> list[tuple[str, str]]:
    """The link is made aside and takes the environment's name, which then reaches the disk."""
    return [
        ("symlink", f'"{world.store}/.link"'),
        ("rename", f'"{world.environment}"'),
        ("fsync", f"<{world.work}>"),
    ]


def check_order(trace: Sequence[SystemCall], wanted: Sequence[tuple[str, str]]) -> list[str]:
    """Whether the calls of mlenv itself come in that order, each after the one before it."""
    own = [call for call in trace if call.process == trace[0].process]
    at = 0
    for name, text in wanted:
        rest = [number for number, call in enumerate(own) if number >= at and _is(call, name, text)]
        if not rest:
            return [f"no {name} of {text} after {own[at - 1].name}({own[at - 1].text[:100]}"]
        # Of several the last one counts for what must be over before the next.
        at = (rest[-1] if name == "syncfs" else rest[0]) + 1
    return []


def check_last_write(trace: Sequence[SystemCall], folder: Path) -> list[str]:
    """Whether nothing but the manifest is written into a generation after it was brought to the disk."""
    own = trace[0].process
    last = max(count for count, call in enumerate(trace) if call.name == "syncfs" and call.process == own)
    late = [call for call in trace[last:] if _writes_into(call, str(folder)) and MANIFEST not in call.text]
    return [f"written after it was brought to the disk: {call.name}({call.text[:150]}" for call in late[:3]]


def _is(call: SystemCall, name: str, text: str) -> bool:
    """``rename`` stands for renameat and renameat2 too; its text is the new name."""
    return call.name.startswith(name) and text in (call.text.partition(", ")[2] if name == "rename" else call.text)


def _writes_into(call: SystemCall, folder: str) -> bool:
    return f"{folder}/" in call.text and call.name in WRITES
