"""Compiled code that the generation before has already: linked, not made and kept a second time.

Two generations share the files of a package, time of change included, so the compiled form of one
is that of the other.  Python writes a new one beside the old and renames it, so neither generation
can spoil the other's.
"""

from __future__ import annotations

import filecmp
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

CACHE = "__pycache__"


def share_bytecode(before: Path, after: Path) -> int:
    """Link the compiled code of one environment into another, where the source is the same; how many files.

    A file system without hard links shares nothing, which costs time and room and nothing else.
    """
    count = 0
    for old, new in _folders(before, after):
        with suppress(OSError):
            count += _share_folder(old, new)
    return count


def _folders(before: Path, after: Path) -> Iterator[tuple[str, str]]:
    """The folders of compiled code below the old environment, each with its place in the new one."""
    root = str(before)
    for place, folders, _ in os.walk(before):
        if CACHE in folders:
            target = os.path.join(after, place[len(root) + 1 :])
            if os.path.isdir(target):
                yield place, target
        folders[:] = [name for name in folders if name != CACHE]


def _share_folder(old: str, new: str) -> int:
    """Link what belongs to the sources of one folder."""
    count = 0
    same: dict[str, bool] = {}
    for name in os.listdir(os.path.join(old, CACHE)):
        source = f"{name.partition('.')[0]}.py"
        if source not in same:
            same[source] = _is_same(os.path.join(old, source), os.path.join(new, source))
        if same[source] and name.endswith(".pyc"):
            os.makedirs(os.path.join(new, CACHE), exist_ok=True)
            target = os.path.join(new, CACHE, name)
            if not os.path.exists(target):
                os.link(os.path.join(old, CACHE, name), target)
                count += 1
    return count


def _is_same(old: str, new: str) -> bool:
    """Whether two sources are one file, or as good as.

    Python compares time and size, and reproducible packages give every release the same time.
    """
    try:
        first, second = os.stat(old), os.stat(new)
        if (first.st_mtime_ns, first.st_size) != (second.st_mtime_ns, second.st_size):
            return False
        return os.path.samestat(first, second) or filecmp.cmp(old, new, shallow=False)
    except OSError:
        return False
