"""The log of one reader: a reading for each thing that it looked for."""

from __future__ import annotations

import time

from mlenv.facts.reading import Outcome, Reading
from mlenv.system.host import Host

LEAST_SECONDS = 0.1


class Log:
    """Collects readings in the order in which they are made, from any thread.

    ``seconds_left`` is what a child process of this reader may take.
    """

    def __init__(self, seconds: float = 5.0) -> None:
        self._readings: list[Reading] = []
        self._end = time.monotonic() + seconds

    def found(self, subject: str, source: str, detail: str = "") -> None:
        """The source gave an answer."""
        self._note(subject, source, "found", detail)

    def absent(self, subject: str, source: str, detail: str = "") -> None:
        """The source was read, and the thing is not there."""
        self._note(subject, source, "absent", detail)

    def unreadable(self, subject: str, source: str, detail: str = "") -> None:
        """The source is there and could not be read; ``detail`` says why."""
        self._note(subject, source, "unreadable", detail)

    def not_asked(self, subject: str, source: str, detail: str = "") -> None:
        """Nobody looked; ``detail`` says why."""
        self._note(subject, source, "not_asked", detail)

    @property
    def seconds_left(self) -> float:
        """Seconds until this reader has to be done, a tenth at least."""
        return max(LEAST_SECONDS, self._end - time.monotonic())

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What was noted so far."""
        return tuple(self._readings)

    def _note(self, subject: str, source: str, outcome: Outcome, detail: str) -> None:
        self._readings.append(Reading(id=subject, source=source, outcome=outcome, detail=detail))


def read_file(host: Host, log: Log, subject: str, path: str) -> str | None:
    """The text of a file, None where there is none; the log says how it went."""
    text = try_file(host, log, subject, path)
    if text is not None:
        log.found(subject, path)
    return text


def try_file(host: Host, log: Log, subject: str, path: str) -> str | None:
    """The same, where only the caller can say whether the text is an answer."""
    try:
        return host.read_text(path)
    except (FileNotFoundError, NotADirectoryError):
        log.absent(subject, path)
        return None
    except OSError as error:
        log.unreadable(subject, path, type(error).__name__)
        return None


def try_folder(host: Host, log: Log, subject: str, path: str, *, missing: str = "") -> list[str] | None:
    """The names in a folder, where only the caller can say whether they are an answer.

    Empty, with a reading that it is absent (``missing`` says what that means), where there is no such
    folder or nothing is in it; None, with a reading of the reason, where it cannot be listed.
    """
    try:
        names = host.list_directory(path)
    except (FileNotFoundError, NotADirectoryError):
        names = []
    except OSError as error:
        log.unreadable(subject, path, type(error).__name__)
        return None
    if not names:
        log.absent(subject, path, missing)
    return names


def peek(host: Host, path: str) -> str | None:
    """The text of a small file whose absence says nothing, without a reading."""
    try:
        return host.read_text(path)
    except OSError:
        return None


def names_in(host: Host, path: str) -> list[str]:
    """The names in a folder; empty where it cannot be listed."""
    try:
        return host.list_directory(path)
    except OSError:
        return []
