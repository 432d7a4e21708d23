"""System calls of an installer: seen in their order, and cut off before any of them (strace)."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import msgspec

from mlenv.system.process import run

SECONDS = 30.0
# Not every architecture has all of them.
NAMING = (
    "?rename,?renameat,renameat2,?symlink,symlinkat,?link,linkat,?unlink,unlinkat,?mkdir,mkdirat,?rmdir,fsync,syncfs"
)
"""Calls that make, move or remove names, or bring what was written to the disk."""
WRITING = f"{NAMING},openat,write,pwrite64,ftruncate,?copy_file_range,?sendfile"
# 4711  rename("/w/.venv.generations/.link", "/w/.venv") = 0
# 4711  fsync(6</w> <unfinished ...>
_LINE = re.compile(r"(\d+) +(\w+)\((.*)")


class SystemCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call: by which process or thread, its name, and its arguments with the result as text."""

    process: int
    name: str
    text: str


def lacking_strace() -> str:
    """Why no system call can be seen; empty where they can."""
    if not shutil.which("strace"):
        return "there is no strace"
    done = run(("strace", "-qq", "-e", "trace=none", "true"), timeout=SECONDS)
    return "" if done.ok else "strace is not allowed here"


def tracer(file: Path, calls: str) -> tuple[str, ...]:
    """Words before a command that write down its system calls, and those of all its children."""
    return ("strace", "-f", "-y", "-s", "0", "-qq", "-o", str(file), "-e", f"trace={calls}", "-e", "signal=none")


def killer(file: Path, number: int) -> tuple[str, ...]:
    """Words before a command that kill it as it is about to make its ``number``-th call of :data:`NAMING`."""
    # The error keeps the call from being made: the signal alone comes after it.
    inject = f"inject={NAMING}:error=EIO:signal=SIGKILL:when={number}"
    return ("strace", "-qq", "-o", str(file), "-e", f"trace={NAMING}", "-e", "signal=none", "-e", inject)


def read_trace(file: Path) -> list[SystemCall]:
    """The calls in the order in which they were begun."""
    found = [_LINE.match(line) for line in file.read_text(errors="replace").splitlines()]
    return [SystemCall(process=int(one[1]), name=one[2], text=one[3]) for one in found if one]
