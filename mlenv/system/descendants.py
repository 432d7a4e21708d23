"""Ending what a process has started, also where no group of processes holds it together."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress

import psutil

ROUNDS = 50
QUIET_ROUNDS = 2
PAUSE = 0.03
GRACE_SECONDS = 2.0


def end_descendants(number: int) -> None:
    """End the children of a process, and theirs."""
    try:
        family = psutil.Process(number).children(recursive=True)
    except psutil.Error:
        return
    _kill(family)


def end_marked(variable: str, value: str) -> int:
    """End every process of this user that carries a variable with this value; how many there were.

    Looked for until none is left: a process that is just starting shows its variables a moment later.
    """
    ended, quiet = 0, 0
    for _ in range(ROUNDS):
        found = [one for one in psutil.process_iter() if _carries(one, variable, value)]
        _kill(found)
        psutil.wait_procs(found, timeout=GRACE_SECONDS)
        ended += len(found)
        quiet = 0 if found else quiet + 1
        if quiet == QUIET_ROUNDS:
            break
        time.sleep(PAUSE)
    return ended


def _kill(processes: Iterable[psutil.Process]) -> None:
    for one in processes:
        with suppress(psutil.Error):  # gone meanwhile
            one.kill()


def _carries(one: psutil.Process, variable: str, value: str) -> bool:
    try:
        return bool(one.pid != os.getpid() and one.environ().get(variable) == value)
    except (psutil.Error, OSError):  # of somebody else, or gone
        return False
