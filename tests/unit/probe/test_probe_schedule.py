"""Readers side by side: what fails or hangs costs its own facts."""

from __future__ import annotations

import threading
from functools import partial

from mlenv.facts.reading import Reading
from mlenv.probe.log import Log, names_in, peek, read_file
from mlenv.probe.schedule import Schedule, side_by_side
from mlenv.system.host import Host
from mlenv.system.recording import RecordedHost
from tests.unit.probe.probe_hosts import linux

HOST = RecordedHost(linux({"/etc/there": "text"}, errors={"/etc/secret": "PermissionError"}))


def test_failing_reader_is_a_reading() -> None:
    def fail(host: Host, log: Log) -> str:
        log.found("thing", "first source")
        raise ValueError("no such luck")

    schedule = Schedule(HOST, 5.0)
    assert schedule.take(schedule.start("thing", fail), "unknown") == "unknown"
    assert schedule.readings == (
        Reading(id="thing", source="first source", outcome="found"),
        Reading(id="thing", source="probe", outcome="unreadable", detail="ValueError: no such luck"),
    )


def test_late_reader_is_left_behind() -> None:
    release = threading.Event()

    def hang(host: Host, log: Log) -> str:
        release.wait(10)
        return "too late"

    schedule = Schedule(HOST, 0.05)
    slow = schedule.start("slow", hang)
    quick = schedule.start("quick", lambda host, log: host.home)
    try:
        assert (schedule.take(slow, None), schedule.take(quick, None)) == (None, "/home/ada")
    finally:
        release.set()
    assert schedule.readings == (
        Reading(id="slow", source="probe", outcome="unreadable", detail="no answer before the deadline"),
    )


def test_readings_follow_the_order_of_taking() -> None:
    def look_for(host: Host, log: Log, name: str) -> None:
        log.absent(name, "here")

    schedule = Schedule(HOST, 5.0)
    subjects = [schedule.start(name, partial(look_for, name=name)) for name in "abc"]
    for subject in reversed(subjects):
        schedule.take(subject, None)
    assert [reading.id for reading in schedule.readings] == ["c", "b", "a"]


def test_readers_in_turn_use_one_thread() -> None:
    names: list[str] = []

    def note(host: Host, log: Log, name: str) -> str:
        names.append(threading.current_thread().name)
        return name

    schedule = Schedule(HOST, 5.0)
    subjects = schedule.read_in_turn([(name, partial(note, name=name)) for name in "abcde"])
    assert ["a", "b", "c", "d", "e"] == [schedule.take(subject, None) for subject in subjects]
    assert len(names) == 5


def test_one_that_waits_is_passed() -> None:
    release = threading.Event()

    def wait(host: Host, log: Log) -> str:
        release.wait(10)
        return "waited"

    def open_gate(host: Host, log: Log) -> str:
        release.set()
        return "opened"

    schedule = Schedule(HOST, 5.0)
    subjects = schedule.read_in_turn([("waits", wait), ("waits too", wait), ("opens", open_gate)])
    assert ["waited", "waited", "opened"] == [schedule.take(subject, None) for subject in subjects]


def test_readers_that_all_hang_end_with_the_deadline() -> None:
    release = threading.Event()

    def hang(host: Host, log: Log) -> None:
        release.wait(10)

    schedule = Schedule(HOST, 0.2)
    subjects = schedule.read_in_turn([(str(number), hang) for number in range(30)])
    try:
        assert ["lost"] * 30 == [schedule.take(subject, "lost") for subject in subjects]
    finally:
        release.set()


def test_nothing_to_read() -> None:
    assert [] == Schedule(HOST, 5.0).read_in_turn([])


def test_children_get_less_than_the_whole_time() -> None:
    schedule = Schedule(HOST, 2.0)
    left = schedule.take(schedule.start("time", lambda host, log: log.seconds_left), 0.0)
    assert 1.0 < left < 2.0


def test_time_left_never_runs_out() -> None:
    assert Log(-1.0).seconds_left == 0.1


def test_side_by_side_keeps_order() -> None:
    first = threading.Event()

    def slow() -> int:
        first.wait(10)
        return 1

    def quick() -> int:
        first.set()
        return 2

    assert side_by_side([slow, quick]) == [1, 2]


def test_files_have_four_answers() -> None:
    log = Log()
    texts = [read_file(HOST, log, "x", path) for path in ("/etc/there", "/etc/nowhere", "/etc/secret")]
    assert texts == ["text", None, None]
    assert [(item.source, item.outcome, item.detail) for item in log.readings] == [
        ("/etc/there", "found", ""),
        ("/etc/nowhere", "absent", ""),
        ("/etc/secret", "unreadable", "PermissionError"),
    ]


def test_peeking_leaves_no_reading() -> None:
    assert (peek(HOST, "/etc/secret"), names_in(HOST, "/nowhere")) == (None, [])
