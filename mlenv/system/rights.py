"""Who may write to what mlenv makes."""

from __future__ import annotations

import os
import stat
import sys

OTHERS = stat.S_IWOTH
NOBODY_ELSE = stat.S_IWGRP | stat.S_IWOTH


def close_to_others() -> None:
    """From now on this process and its children make nothing that everybody may write to.

    Whoever can write into an environment runs code as everybody who uses it.  A group that shares an
    environment on purpose (umask 002) keeps its rights.
    """
    if sys.platform == "win32":
        return
    mask = os.umask(0o077)
    os.umask(mask if mask & OTHERS else mask | NOBODY_ELSE)


def take_back(path: str | os.PathLike[str]) -> None:
    """Take from others the right to write to a file, where there is one."""
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISREG(mode) and mode & OTHERS:
            os.chmod(path, stat.S_IMODE(mode) & ~NOBODY_ELSE)
    except OSError:
        return
