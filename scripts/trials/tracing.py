"""System calls of an installer: seen in their order, and cut off before any of them (strace)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
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

_QUOTED = re.compile(r'["<]([^">]+)[">]')
_RANDOM = re.compile(r"(?<=^mlenv-install-)[0-9a-f]+$|(?<=^mlenv-prove-)\w+$|(?<=^mlenv-verify-)\w+$|[0-9a-f]{32,}")


class SystemCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call: by which process or thread, its name, and its arguments with the result as text."""

    process: int
    name: str
    text: str


class NameCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call of mlenv itself that changes a name or flushes: the ``number``-th of its kind, about ``subject``."""

    name: str
    number: int
    subject: str

    def describe(self) -> str:
        """``rename 3 (.venv)``; what is random in a name is left out."""
        return f"{self.name} {self.number} ({_RANDOM.sub('', self.subject)})"


def name_calls(trace: Sequence[SystemCall]) -> list[NameCall]:
    """Those of the first process in a trace, in their order."""
    counts: dict[str, int] = {}
    found = []
    for call in trace:
        if call.process == trace[0].process:
            counts[call.name] = counts.get(call.name, 0) + 1
            found.append(NameCall(name=call.name, number=counts[call.name], subject=_subject(call.text)))
    return found


def _subject(text: str) -> str:
    """The last name in the arguments of a call."""
    names = _QUOTED.findall(text)
    return str(names[-1]).rpartition("/")[2] if names else ""


def lacking_strace() -> str:
    """Why no system call can be seen; empty where they can."""
    if not shutil.which("strace"):
        return "there is no strace"
    done = run(("strace", "-qq", "-e", "trace=none", "true"), timeout=SECONDS)
    return "" if done.ok else "strace is not allowed here"


def tracer(file: Path, calls: str) -> tuple[str, ...]:
    """Words before a command that write down its system calls, and those of all its children."""
    return ("strace", "-f", "-y", "-s", "0", "-qq", "-o", str(file), "-e", f"trace={calls}", "-e", "signal=none")


def killer(file: Path, name: str, number: int) -> tuple[str, ...]:
    """Words before a command that kill it as it is about to make its ``number``-th call of that name."""
    # The error keeps the call from being made: the signal alone comes after it.
    inject = f"inject={name}:error=EIO:signal=SIGKILL:when={number}"
    return ("strace", "-qq", "-o", str(file), "-e", f"trace={name}", "-e", "signal=none", "-e", inject)


def read_trace(file: Path) -> list[SystemCall]:
    """The calls in the order in which they were begun."""
    found = [_LINE.match(line) for line in file.read_text(errors="replace").splitlines()]
    return [SystemCall(process=int(one[1]), name=one[2], text=one[3]) for one in found if one]
