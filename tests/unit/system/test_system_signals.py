"""Being stopped at the right moment, in a process of its own."""

from __future__ import annotations

import sys

import pytest

from mlenv.system.process import Completed, run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
START = """
import signal
from mlenv.system.signals import no_way_back, postponed, stopped_cleanly, undisturbed
stop = lambda: signal.raise_signal(signal.SIGTERM)
"""


def tell(text: str) -> Completed:
    return run([sys.executable, "-c", START + text], timeout=60)


def test_every_way_to_be_stopped_is_ctrl_c() -> None:
    done = tell(
        """
try:
    with stopped_cleanly():
        stop()
except KeyboardInterrupt:
    print("interrupted")
"""
    )
    assert ("interrupted\n", 0) == (done.stdout, done.status)


def test_a_postponed_stop_comes_afterwards() -> None:
    done = tell(
        """
try:
    with stopped_cleanly():
        with postponed():
            stop()
            print("to its end")
        print("never")
except KeyboardInterrupt:
    print("interrupted")
"""
    )
    assert ("to its end\ninterrupted\n", 0) == (done.stdout, done.status)


def test_an_undisturbed_one_is_dropped() -> None:
    done = tell(
        """
with stopped_cleanly():
    with undisturbed():
        stop()
    print("goes on")
"""
    )
    assert ("goes on\n", 0) == (done.stdout, done.status)


def test_what_is_done_is_not_stopped_any_more() -> None:
    done = tell(
        """
with stopped_cleanly():
    with undisturbed():
        no_way_back()
    stop()
    with postponed():
        stop()
stop()
print("said")
"""
    )
    assert ("said\n", 0) == (done.stdout, done.status)


def test_the_next_work_can_be_stopped_again() -> None:
    done = tell(
        """
with stopped_cleanly():
    no_way_back()
try:
    with stopped_cleanly():
        stop()
except KeyboardInterrupt:
    print("interrupted")
"""
    )
    assert ("interrupted\n", 0) == (done.stdout, done.status)


def test_outside_of_such_work_nothing_changes() -> None:
    done = tell("no_way_back()\nwith undisturbed():\n    pass\nstop()\n")
    assert "SIGTERM" == done.signal_name
