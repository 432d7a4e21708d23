"""Which processes work with the files of a folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil


def processes_using(folder: Path) -> tuple[int, ...]:
    """The numbers of this user's processes that have loaded a file from below ``folder``, or were started from there.

    Linux tells every loaded file; elsewhere only the words that started a process are looked at.
    """
    import psutil

    root = os.path.join(os.path.realpath(folder), "")
    return tuple(one.pid for one in psutil.process_iter() if one.pid != os.getpid() and _uses(one, root))


def _uses(one: psutil.Process, root: str) -> bool:
    import psutil

    try:
        if sys.platform == "linux":
            with open(f"/proc/{one.pid}/maps", "rb") as file:
                if f" {root}".encode() in file.read():
                    return True
        return any(word.startswith(root) for word in one.cmdline())
    except (psutil.Error, OSError):  # of somebody else, or gone
        return False
