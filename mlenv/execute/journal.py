"""The log of an installation: every command, what it said, how it ended; no password in it."""

from __future__ import annotations

import datetime as dt
import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from mlenv.report.redact import mask_text
from mlenv.system.process import Completed

KEPT = 20
"""So many logs stay in the folder."""
INSIDE = "mlenv/install.log"
"""Where an environment has the log of its own making."""


class Journal:
    """A log file in ``folder``; where it cannot be written there is none, and nobody is troubled.

    ``path`` is the file, None where there is none.
    """

    def __init__(self, folder: Path, *, now: dt.datetime | None = None) -> None:
        moment = now or dt.datetime.now(dt.timezone.utc)
        self.path: Path | None = folder / f"install-{moment:%Y%m%d-%H%M%S}-{os.getpid()}.log"
        self._stream: TextIO | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            self._stream = open(handle, "w", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed by close
            _forget_old(folder)
        except OSError:
            self.path = None if self._stream is None else self.path

    def note(self, text: str) -> None:
        """A line of our own."""
        self._put(f"{dt.datetime.now(dt.timezone.utc):%H:%M:%S} {mask_text(text)}\n")

    def command(self, argv: Sequence[str]) -> None:
        """A command that begins."""
        self.note(f"$ {shlex.join(mask_text(word) for word in argv)}")

    def ended(self, completed: Completed, seconds: float) -> None:
        """How it ended, after what it said."""
        for stream in (completed.stdout, completed.stderr):
            self._put("".join(f"    {line}\n" for line in mask_text(stream).splitlines()))
        how = completed.signal_name or ("no end in time" if completed.timed_out else f"status {completed.status}")
        self.note(f"{how} after {seconds:.2f} s")

    def copy_to(self, folder: Path) -> None:
        """The log so far as a file of the environment; without room for it the environment has none."""
        if self.path is None:
            return
        try:
            place = folder / INSIDE
            place.parent.mkdir(exist_ok=True)
            handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(handle, "w", encoding="utf-8") as file:
                file.write(self.path.read_text(encoding="utf-8"))
        except OSError:
            return

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _put(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:  # a full disk: the work goes on without its log
            self._stream = None


@contextmanager
def opened(folder: Path) -> Iterator[Journal]:
    """A log for as long as the context lasts; an error that ends it is noted."""
    journal = Journal(folder)
    try:
        yield journal
    except BaseException as error:
        journal.note(f"ended by {type(error).__name__}: {error}")
        raise
    finally:
        journal.close()


def _forget_old(folder: Path) -> None:
    logs = sorted(path for path in folder.glob("install-*.log"))
    for path in logs[:-KEPT]:
        path.unlink(missing_ok=True)
