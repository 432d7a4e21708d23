"""Small and read-only disks, in a mount namespace of this process's own: nothing of them is seen outside."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mlenv.system.process import run

INSIDE = "MLENV_FAULTS_NAMESPACE"
SECONDS = 30.0
WAYS = (("unshare", "--mount"), ("unshare", "--map-root-user", "--mount"))


def enter_namespace(argv: Sequence[str]) -> None:
    """Run this program once more in a mount namespace of its own, where the system allows one."""
    if INSIDE in os.environ:
        return
    for way in WAYS:
        if run((*way, "mount", "-t", "tmpfs", "none", "/mnt"), timeout=SECONDS).ok:
            os.environ[INSIDE] = "yes"
            os.execvp(way[0], [*way, sys.executable, *argv])  # noqa: S606 - this very program


def lacking_mounts() -> str:
    """Why there can be no small disk; empty where there can."""
    return "" if INSIDE in os.environ else "no mount namespace is allowed here (root or user namespaces)"


@contextmanager
def small_disk(folder: Path, aside: Path, *, room: int, files: int | None = None) -> Iterator[None]:
    """Within, ``folder`` is a disk of its own with what was in it, ``room`` bytes and ``files`` names to spare.

    What was in it waits at ``aside``.
    """
    folder.rename(aside)
    folder.mkdir()
    _mount("-t", "tmpfs", "none", str(folder))
    try:
        _call("cp", "-a", f"{aside}/.", str(folder))
        _limit(folder, room, files)
        yield
    finally:
        _call("umount", "--lazy", str(folder))
        folder.rmdir()
        aside.rename(folder)


def widen(folder: Path) -> None:
    """Give a small disk room again."""
    _mount("-o", "remount,size=1g,nr_inodes=0", str(folder))


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Within, nothing can be written below ``folder``."""
    _mount("--bind", str(folder), str(folder))
    _mount("-o", "remount,bind,ro", str(folder))
    try:
        yield
    finally:
        _call("umount", "--lazy", str(folder))


def _limit(folder: Path, room: int, files: int | None) -> None:
    there = os.statvfs(folder)
    used = (there.f_blocks - there.f_bfree) * there.f_frsize
    # In whole blocks, and never none: to a tmpfs that is no limit.
    size = max(1, -(-(used + room) // there.f_frsize)) * there.f_frsize
    names = "" if files is None else f",nr_inodes={there.f_files - there.f_ffree + files}"
    _mount("-o", f"remount,size={size}{names}", str(folder))


def _mount(*words: str) -> None:
    _call("mount", *words)


def _call(*words: str) -> None:
    done = run(words, timeout=SECONDS)
    if not done.ok:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")
