"""Running the readers: in turn where they answer at once, side by side where they wait, each with its deadline.

Threads of Python take turns at one lock: twenty that read small files take a quarter longer than
one that reads them all.  So readers run in turn, and only one that keeps the others waiting goes on
alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from mlenv.facts.reading import Reading
from mlenv.probe.log import Log
from mlenv.system.host import Host

FACT = TypeVar("FACT")
DEFAULT = TypeVar("DEFAULT")
Reader = Callable[[Host, Log], FACT]

# What is kept of the time: to end a child that hangs, and to put together and print what is known.
RESERVE = 0.1
PATIENCE = 0.02
"""Seconds after which the readers behind one that waits go on without it."""


class Subject(Generic[FACT]):
    """One subject: its reader, its log, and what came of it."""

    def __init__(self, name: str, read: Reader[FACT], end: float) -> None:
        self.name = name
        self._read = read
        self._end = end
        self._log = Log((end - time.monotonic()) * (1 - RESERVE))
        self._done = threading.Event()
        self._answers: list[FACT] = []
        self._failure = ""

    def work(self, host: Host) -> None:
        """Read; whatever goes wrong costs these facts and no others."""
        try:
            self._answers.append(self._read(host, self._log))
        except Exception as error:  # noqa: BLE001 - a reader that fails costs its own facts only
            self._failure = f"{type(error).__name__}: {error}"
        self._done.set()

    def result(self, default: DEFAULT) -> tuple[FACT | DEFAULT, tuple[Reading, ...]]:
        """The facts and the readings, as soon as they are there; ``default`` where there are none."""
        self._done.wait(max(0.0, self._end - time.monotonic()))
        if self._answers:
            return self._answers[0], self._log.readings
        reason = self._failure or "no answer before the deadline"
        lost = Reading(id=self.name, source="probe", outcome="unreadable", detail=reason)
        return default, (*self._log.readings, lost)


class Queue:
    """Subjects that are read in turn, by as many threads as it takes to get past those that wait."""

    def __init__(self, host: Host, subjects: Sequence[Subject[Any]]) -> None:
        self._host = host
        self._subjects = iter(subjects)
        self._taken = 0
        self._lock = threading.Lock()
        self._empty = threading.Event()

    def run(self, end: float) -> None:
        """Returns as soon as every subject is done or has been waiting for longer than :data:`PATIENCE`."""
        seen: int | None = None
        while not self._empty.is_set() and time.monotonic() < end:
            if seen in (None, self._taken):
                # The first; or nothing was taken for a while, so that whoever holds a subject waits for it.
                threading.Thread(target=self._work, name="probe", daemon=True).start()
            seen = self._taken
            self._empty.wait(PATIENCE)

    def _work(self) -> None:
        while True:
            with self._lock:
                subject = next(self._subjects, None)
                self._taken += 1
            if subject is None:
                self._empty.set()
                return
            subject.work(self._host)


class Schedule:
    """Starts readers and gathers their readings in the order in which the facts are taken.

    The threads are daemons: one that hangs in a system call is left behind.
    """

    def __init__(self, host: Host, deadline: float) -> None:
        self.host = host
        self._end = time.monotonic() + deadline * (1 - RESERVE)
        self._readings: list[Reading] = []

    def start(self, name: str, read: Reader[FACT]) -> Subject[FACT]:
        """Begin to read a subject in a thread of its own: its reader waits for a child process."""
        subject = Subject(name, read, self._end)
        threading.Thread(target=subject.work, args=(self.host,), name=f"probe-{name}", daemon=True).start()
        return subject

    def read_in_turn(self, readers: Iterable[tuple[str, Reader[Any]]]) -> list[Subject[Any]]:
        """Read subjects one after the other; what waits is passed and goes on alone."""
        subjects: list[Subject[Any]] = [Subject(name, read, self._end) for name, read in readers]
        Queue(self.host, subjects).run(self._end)
        return subjects

    def take(self, subject: Subject[FACT], default: DEFAULT) -> FACT | DEFAULT:
        """Wait for a subject's facts, at most until the deadline."""
        facts, readings = subject.result(default)
        self.add(readings)
        return facts

    def add(self, readings: Iterable[Reading]) -> None:
        """Further readings, made while facts were put together."""
        self._readings.extend(readings)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The readings of all subjects taken so far."""
        return tuple(self._readings)


def side_by_side(works: list[Callable[[], FACT]]) -> list[FACT]:
    """The results of functions that wait for child processes, run at the same time, in order.

    The functions must not raise; each keeps its own deadline.
    """
    if len(works) < 2:
        return [work() for work in works]
    results: dict[int, FACT] = {}

    def work(place: int, function: Callable[[], FACT]) -> None:
        results[place] = function()

    threads = [
        threading.Thread(target=work, args=(place, function), daemon=True) for place, function in enumerate(works)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [results[place] for place in sorted(results)]
