"""Trials that end or stop a program at some moment of an installation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import psutil

from .call import Call, at_line
from .trial import Settings
from .world import World

Act = Callable[[Call], None]
Run = Callable[[World, Act], Call]
"""Starts an installation to which that happens at some moment."""

LOOK_SECONDS = 0.002
EVERY = 4
"""Of so many tries one proves all generations afterwards."""


def moments(settings: Settings, case: str, count: int) -> Iterator[tuple[str, Run]]:
    """After each line that an installation says, and at so many random moments, with their names."""
    lines = settings.reference.lines
    middle = len(lines) // 2
    for number in (middle,) if settings.small else range(1, len(lines) + 1):
        yield f"after line {number} ({lines[number - 1][:40].strip()})", _at_line(number)
    for number in range(settings.few(count)):
        moment = settings.moment(case, number)
        yield moment.name, after(moment.seconds)


def _at_line(number: int) -> Run:
    return lambda world, act: world.start(on_line=at_line(number, act))


def after(seconds: float) -> Run:
    """An installation to which something happens so long after its start."""

    def run(world: World, act: Act) -> Call:
        call = world.start()
        call.sleep(seconds)
        act(call)
        return call

    return run


def guard_of(number: int) -> psutil.Process | None:
    """The companion of an installer; None where it has none (yet)."""
    return next((child for child in children_of(number) if kind_of(words_of(child)) == "guard"), None)


def children_of(number: int) -> list[psutil.Process]:
    """The children of a process."""
    try:
        return psutil.Process(number).children()
    except psutil.Error:
        return []


def words_of(process: psutil.Process) -> list[str]:
    """Its command line; empty where it has none (any more)."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def kind_of(words: list[str]) -> str:
    """What a child of the installer is for: ``uv VERB``, ``guard``, ``verify`` or ``other``.

    A process that has not yet become another program is ``unborn``.
    """
    if not words or words[-1] == "mlenv" or "mlenv" in words[1:3]:
        return "unborn"
    if words[0].rpartition("/")[2] == "uv":
        return f"uv {uv_verb(words[1:])}"
    text = " ".join(words)
    if "execute.guard" in text:
        return "guard"
    return "verify" if "payloads" in text else "other"


def uv_verb(words: list[str]) -> str:
    """``venv``, ``pip compile``, ``--version``; with ``offline`` or ``dry-run`` where it only looks."""
    verb = " ".join(words[: 2 if words[0] == "pip" else 1])
    more = [word.lstrip("-") for word in ("--offline", "--dry-run") if word in words]
    return " ".join([verb, *more])


def watch_children(call: Call, see: Callable[[psutil.Process, str], bool]) -> None:
    """Show every child of a program once, with its kind, until it is enough or the program ends."""
    seen: set[int] = set()
    while call.running:
        for child in children_of(call.pid):
            if child.pid in seen:
                continue
            kind = kind_of(words_of(child))
            if kind != "unborn":
                seen.add(child.pid)
                if see(child, kind):
                    return
        time.sleep(LOOK_SECONDS)
