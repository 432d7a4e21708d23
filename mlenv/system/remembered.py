"""What programs answered, for as long as their files stay the same.

``python --version`` and its like depend on the program's file alone and cost as much as all other
reading of a machine together.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Sequence

import msgspec

from mlenv.system.process import Completed
from mlenv.typed import decode_msgpack

MOST_ANSWERS = 500
LONGEST_SCRIPT = 4096


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, and the state of the program's file when it was given."""

    state: str
    completed: Completed


class Memory:
    """Remembered answers in one file; None as file remembers nothing.

    A file that cannot be read or written costs only time.
    """

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._answers: dict[str, Remembered] | None = None

    def get(self, argv: Sequence[str], ask: Callable[[], Completed]) -> Completed:
        """The answer of a command, asked anew where its program is another file than last time."""
        state = describe_program(argv[0])
        if self._path is None or state is None:
            return ask()
        key = "\0".join(argv)
        with self._lock:
            known = self._read().get(key)
        if known and known.state == state:
            return known.completed
        completed = ask()
        if completed.ok:
            self._keep(key, Remembered(state=state, completed=completed))
        return completed

    def _read(self) -> dict[str, Remembered]:
        if self._answers is None:
            self._answers = _load(self._path or "")
        return self._answers

    def _keep(self, key: str, answer: Remembered) -> None:
        with self._lock:
            answers = {**_load(self._path or ""), **self._read(), key: answer}
            self._answers = dict(list(answers.items())[-MOST_ANSWERS:])
            _save(self._path or "", self._answers)


def describe_program(path: str) -> str | None:
    """What tells one state of a program's file from another; None where nothing can tell.

    Of a script the programs that it names count as well (``exec /usr/local/cuda/bin/nvcc "$@"``,
    where ``cuda`` is a link that moves); one that names none may start anything.
    """
    try:
        with open(path, "rb") as file:
            begin = file.read(LONGEST_SCRIPT)
    except (OSError, ValueError):
        return None
    own = _describe_file(path)
    if not begin.startswith(b"#!"):
        return own
    started = [_describe_file(name) for name in _named_programs(begin.decode("utf-8", "replace"))]
    return " ".join(filter(None, [own, *started])) if any(started) else None


def _named_programs(script: str) -> list[str]:
    """The absolute paths in a script, without the interpreter in its first line."""
    words = script.partition("\n")[2].replace('"', " ").replace("'", " ").split()
    return [word for word in words if word.startswith("/")]


def _describe_file(path: str) -> str | None:
    try:
        real = os.path.realpath(path)
        found = os.stat(real)
    except (OSError, ValueError):
        return None
    return f"{real} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


def _load(path: str) -> dict[str, Remembered]:
    try:
        with open(path, "rb") as file:
            return decode_msgpack(file.read(), dict[str, Remembered])
    except (OSError, RecursionError, UnicodeDecodeError, msgspec.DecodeError):
        return {}


def _save(path: str, answers: dict[str, Remembered]) -> None:
    """Written beside and moved into place: another mlenv may be reading."""
    beside = f"{path}.{os.getpid()}"
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(beside, "wb") as file:
            file.write(msgspec.msgpack.encode(answers))
        os.replace(beside, path)
