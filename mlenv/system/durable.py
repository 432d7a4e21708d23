"""What must be on the disk before the next step is taken, and names that change places in one step.

A file system may write names before contents: after a power cut a link could then point to files
that are empty.  So everything is flushed first.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

RENAME_EXCHANGE = 2  # linux/fs.h
RENAME_SWAP = 2  # sys/stdio.h of macOS
AT_FDCWD = -100
UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM)


def flush_file_system(folder: Path) -> None:
    """Bring everything that was written below ``folder`` to the disk.

    Linux flushes that one file system, other systems with ``sync`` all of them; on Windows every
    file is flushed by itself.  :class:`OSError` where the disk does not take it.
    """
    if sys.platform == "linux":
        _call_syncfs(folder)
    elif hasattr(os, "sync"):
        os.sync()
    else:
        _flush_files(folder)


def _call_syncfs(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if library.syncfs(handle) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(handle)


def _flush_files(folder: Path) -> None:
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if os.access(path, os.W_OK) and not os.path.islink(path):
                with open(path, "r+b") as file:
                    os.fsync(file.fileno())


def flush_names(folder: Path) -> None:
    """Bring the names in a folder to the disk, after one was made or renamed there.

    Windows writes them down by itself and cannot be asked.
    """
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file that is there whole or not at all, also after a power cut."""
    fresh = path.with_name(f"{path.name}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    flush_names(path.parent)


def exchange(first: Path, second: Path) -> bool:
    """Let two names change places in one step; False where the system or its file system cannot."""
    names = (os.fsencode(first), os.fsencode(second))
    if sys.platform == "win32":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "linux" and hasattr(library, "renameat2"):
        status = library.renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE)
    elif sys.platform == "darwin" and hasattr(library, "renamex_np"):
        status = library.renamex_np(names[0], names[1], RENAME_SWAP)
    else:
        return False
    if status == 0:
        return True
    number = ctypes.get_errno()
    if number in UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(first))
