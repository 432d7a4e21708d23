"""A program that runs while something happens to it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from mlenv.system.process import Completed

DEADLINE_SECONDS = 240.0
GRACE_SECONDS = 5.0

OnLine = Callable[["Call", int, str], None]
"""Hears each line of stderr as it comes, with its number from 1."""


class Call:
    """A program in a process group of its own; both its streams are read as they come."""

    def __init__(
        self, argv: Sequence[str], *, environ: Mapping[str, str], folder: Path, on_line: OnLine | None = None
    ) -> None:
        self._on_line = on_line
        self._out: list[str] = []
        self.lines: list[str] = []
        self._spoken = threading.Condition()
        self._child = subprocess.Popen(
            list(argv),
            env=dict(environ),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._threads = [self._read(self._child.stdout, self._hear_out), self._read(self._child.stderr, self._hear)]

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._child.poll() is None

    def send(self, number: int) -> None:
        """A signal, where the process is still there."""
        with suppress(ProcessLookupError):
            self._child.send_signal(number)

    def sleep(self, seconds: float) -> None:
        """Wait so long, or until the program ends."""
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(seconds)

    def wait_for(self, text: str) -> bool:
        """Wait until a line of stderr holds ``text``; False where the program ended without."""
        limit = time.monotonic() + DEADLINE_SECONDS
        with self._spoken:
            while not any(text in line for line in self.lines):
                if not self.running or time.monotonic() > limit:
                    return any(text in line for line in self.lines)
                self._spoken.wait(0.1)
        return True

    def wait(self) -> Completed:
        """How it ended; one that takes minutes is killed, with its group."""
        try:
            self._child.wait(DEADLINE_SECONDS)
            timed_out = False
        except subprocess.TimeoutExpired:
            timed_out = True
            os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()
        for thread in self._threads:
            thread.join(GRACE_SECONDS)
        return Completed(
            status=None if timed_out else self._child.returncode,
            stdout="\n".join(self._out),
            stderr="\n".join(self.lines),
            timed_out=timed_out,
        )

    def _read(self, stream: IO[bytes] | None, hear: Callable[[str], None]) -> threading.Thread:
        assert stream is not None
        pipe = stream

        def drain() -> None:
            with pipe:
                for line in iter(pipe.readline, b""):
                    hear(line.decode("utf-8", "replace").rstrip("\n"))

        thread = threading.Thread(target=drain, daemon=True)
        thread.start()
        return thread

    def _hear_out(self, line: str) -> None:
        self._out.append(line)

    def _hear(self, line: str) -> None:
        with self._spoken:
            self.lines.append(line)
            self._spoken.notify_all()
        if self._on_line is not None:
            self._on_line(self, len(self.lines), line)


def at_line(number: int, act: Callable[[Call], None]) -> OnLine:
    """Do that with the program as soon as it has said so many lines."""
    return lambda call, count, _: act(call) if count == number else None


def at_text(text: str, act: Callable[[Call], None]) -> OnLine:
    """Do that with the program as soon as it says such a line, the first time."""
    done: list[bool] = []

    def hear(call: Call, _: int, line: str) -> None:
        if text in line and not done:
            done.append(True)
            act(call)

    return hear
