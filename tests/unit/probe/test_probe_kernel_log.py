"""Where the kernel's log is read from, and when."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlenv.facts.reading import Reading
from mlenv.facts.system import KernelEvent
from mlenv.probe.host.kernel_log import DMESG, JOURNAL, MOST_BYTES, read_kernel_events, this_boot
from mlenv.probe.log import Log
from mlenv.system.host import FileStatus, Identity
from mlenv.system.process import Completed
from mlenv.system.recording import RecordedCommand, RecordedHost, Recording
from tests.unit.probe.probe_hosts import command, linux

XID = "NVRM: Xid (PCI:0000:65:00): 79, GPU has fallen off the bus."
EVENT = KernelEvent(kind="xid", text=XID, code=79, device="0000:65:00.0", seconds=8.5)
FORBIDDEN = command(*DMESG, stderr="dmesg: read kernel buffer failed: Operation not permitted\n", status=1)
NO_JOURNAL = command(*JOURNAL)


def gpu(files: dict[str, str] | None = None, **more: Any) -> Recording:
    return linux(files, directories={"/dev": ["null", "nvidiactl"]}, **more)


def read(recording: Recording) -> tuple[tuple[KernelEvent, ...] | None, list[tuple[str, str, str]]]:
    log = Log()
    events = read_kernel_events(RecordedHost(recording), log)
    return events, [_row(reading) for reading in log.readings]


def _row(reading: Reading) -> tuple[str, str, str]:
    return reading.outcome, reading.source, reading.detail


def test_dmesg() -> None:
    events, readings = read(gpu(commands=[command(*DMESG, stdout=f"[    8.500000] {XID}\n")]))
    assert (EVENT,) == events
    assert [("found", "dmesg", "1 events")] == readings


def test_the_journal_where_dmesg_is_forbidden() -> None:
    journal = command(*JOURNAL, stdout=f"[    8.500000] node1 kernel: {XID}\n")
    events, readings = read(gpu(commands=[FORBIDDEN, journal]))
    assert (EVENT,) == events
    assert [
        (
            "unreadable",
            "dmesg",
            "ended with status 1: dmesg: read kernel buffer failed: Operation not permitted",
        ),
        ("found", "journalctl", "1 events"),
    ] == readings


def test_a_file_where_the_journal_shows_nothing() -> None:
    text = (
        "Mar  3 09:00:00 node1 kernel: [    7.000000] NVRM: Xid (PCI:0000:65:00): 31, of the boot before\n"
        "Mar  4 10:11:12 node1 kernel: [    0.000000] Linux version 6.8.0-45-generic\n"
        f"Mar  4 10:11:20 node1 kernel: [    8.500000] {XID}\n"
    )
    events, readings = read(gpu({"/var/log/syslog": text}, commands=[FORBIDDEN, NO_JOURNAL]))
    assert (EVENT,) == events
    assert [
        ("unreadable", "journalctl", "shows no message to this user"),
        ("found", "/var/log/syslog", "1 events"),
    ] == readings[1:]


def test_the_end_of_a_large_file() -> None:
    path = "/var/log/kern.log"
    recording = gpu(
        {f"{path}@7": ""},
        statuses={path: FileStatus(kind="file", size=MOST_BYTES + 7)},
        bytes={f"{path}@7": "WyAgICA4LjUwMDAwMF0gTlZSTTogWGlkIChQQ0k6MDAwMDo2NTowMCk6IDc5LCB4"},
        commands=[FORBIDDEN, NO_JOURNAL],
    )
    events, _ = read(recording)
    assert events is not None
    assert [(79, 8.5)] == [(event.code, event.seconds) for event in events]


def test_no_source_may_be_read() -> None:
    errors = {"/var/log/kern.log": "PermissionError"}
    events, readings = read(gpu(commands=[FORBIDDEN], errors=errors))
    assert events is None
    assert [
        ("unreadable", "dmesg"),
        ("absent", "journalctl"),
        ("unreadable", "/var/log/kern.log"),
    ] == [row[:2] for row in readings]


def test_a_program_that_hangs_costs_its_own_answer() -> None:
    hanging = RecordedCommand(argv=DMESG, completed=Completed(status=None, timed_out=True))
    events, readings = read(gpu(commands=[hanging, command(*JOURNAL, stdout="[ 1.0] node1 kernel: all is well\n")]))
    assert () == events
    assert [("unreadable", "dmesg", "no answer before the deadline"), ("found", "journalctl", "0 events")] == readings


@pytest.mark.parametrize(
    "more",
    [
        {"directories": {"/dev": ["null", "kfd"]}},
        {"directories": {"/dev": ["null", "dri"]}},
        {"existing": ["/sys/module/nouveau"]},
        {"existing": ["/usr/bin/nvidia-smi"]},
    ],
)
def test_signs_of_an_accelerator(more: dict[str, Any]) -> None:
    assert () == read(linux(commands=[command(*DMESG, stdout="[ 1.0] all is well\n")], **more))[0]


def test_without_an_accelerator_no_program_is_started() -> None:
    events, readings = read(linux(commands=[command(*DMESG, stdout=f"[ 8.5] {XID}\n")]))
    assert events is None
    assert [("not_asked", "dmesg", "no sign of an accelerator or its driver")] == readings


def test_another_system() -> None:
    events, readings = read(Recording(identity=Identity(system="windows", release="10.0.22631", machine="AMD64")))
    assert (None, [("not_asked", "dmesg", "only Linux has it")]) == (events, readings)


@given(text=st.text())
def test_a_file_without_a_start_is_read_whole(text: str) -> None:
    assert text == this_boot(text) or "Linux version " in text
