"""Running the readers side by side, each with its deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from mlenv.facts.reading import Reading
from mlenv.probe.log import Log
from mlenv.system.host import Host

FACT = TypeVar("FACT")
DEFAULT = TypeVar("DEFAULT")
Reader = Callable[[Host, Log], FACT]

# What is kept of a subject's time to end a child that hangs, and to say so.
RESERVE = 0.1


class Subject(Generic[FACT]):
    """One subject, read in a thread of its own.

    The thread is a daemon: one that hangs in a system call is left behind.
    """

    def __init__(self, name: str, read: Reader[FACT], host: Host, deadline: float) -> None:
        self.name = name
        self._deadline = deadline
        self._end = time.monotonic() + deadline
        self._log = Log(deadline * (1 - RESERVE))
        self._answers: list[FACT] = []
        self._failure = ""
        self._thread = threading.Thread(target=self._work, args=(read, host), name=f"probe-{name}", daemon=True)
        self._thread.start()

    def result(self, default: DEFAULT) -> tuple[FACT | DEFAULT, tuple[Reading, ...]]:
        """The facts and the readings, as soon as they are there; ``default`` where there are none."""
        self._thread.join(max(0.0, self._end - time.monotonic()))
        if self._answers:
            return self._answers[0], self._log.readings
        reason = self._failure or f"no answer within {self._deadline:g} s"
        lost = Reading(id=self.name, source="probe", outcome="unreadable", detail=reason)
        return default, (*self._log.readings, lost)

    def _work(self, read: Reader[FACT], host: Host) -> None:
        try:
            self._answers.append(read(host, self._log))
        except Exception as error:  # noqa: BLE001 - a reader that fails costs its own facts only
            self._failure = f"{type(error).__name__}: {error}"


class Schedule:
    """Starts readers and gathers their readings in the order in which the facts are taken."""

    def __init__(self, host: Host, deadline: float) -> None:
        self._host = host
        self._deadline = deadline
        self._readings: list[Reading] = []

    def start(self, name: str, read: Reader[FACT]) -> Subject[FACT]:
        """Begin to read a subject."""
        return Subject(name, read, self._host, self._deadline)

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
