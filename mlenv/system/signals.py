"""Being stopped: every way to ask for it is Ctrl-C, and what must not be cut in half is not.

Only the main thread may set handlers; elsewhere both do nothing.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOPS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
"""A key, a job that is cancelled, a terminal that is closed."""


_stoppable, _done = threading.Event(), threading.Event()


@contextmanager
def stopped_cleanly() -> Iterator[None]:
    """Within, every signal of :data:`STOPS` raises :class:`KeyboardInterrupt`, up to :func:`no_way_back`."""
    _done.clear()
    _stoppable.set()
    try:
        with _handled(_interrupt):
            yield
    finally:
        _stoppable.clear()


def no_way_back() -> None:
    """What this process was asked for is done: from now on it only says so, and is not stopped any more.

    Without effect outside of :func:`stopped_cleanly`.
    """
    if _stoppable.is_set():
        _done.set()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Within, the signals of :data:`STOPS` are dropped: what is done here takes moments and ends the work."""
    with _handled(lambda _number, _frame: None):
        yield


@contextmanager
def postponed() -> Iterator[None]:
    """Within, the signals of :data:`STOPS` wait for the end of the context: what is done here takes moments."""
    came: list[int] = []
    try:
        with _handled(lambda number, _frame: came.append(number)):
            yield
    finally:
        if came:
            signal.raise_signal(came[0])


@contextmanager
def passed_on(send: Callable[[int], None]) -> Iterator[None]:
    """Within, every signal of :data:`STOPS` but Ctrl-C is sent on; Ctrl-C a terminal sends to all by itself."""

    def hand_over(number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGINT:
            send(number)

    with _handled(hand_over):
        yield


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    if not _done.is_set():
        raise KeyboardInterrupt


@contextmanager
def _handled(handler: object) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A signal that the parent ignores (nohup) stays ignored.
    before = {number: signal.getsignal(number) for number in STOPS}
    changed = {number: old for number, old in before.items() if old not in (signal.SIG_IGN, None)}
    for number in changed:
        signal.signal(number, handler)  # type: ignore[arg-type]
    try:
        yield
    finally:
        if not _done.is_set():
            for number, old in changed.items():
                signal.signal(number, old)
