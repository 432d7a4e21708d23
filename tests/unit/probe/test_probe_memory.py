"""Main memory, and the limits of control groups."""

from __future__ import annotations

import pytest

from mlenv.facts.hardware import Memory
from mlenv.probe.host.memory import parse_limit, read_memory
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import GIB, answer, linux

MAC = Identity(system="macos", release="24.1.0", machine="arm64")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("8589934592", 8 * GIB), ("max", None), ("9223372036854771712", None), ("", None), ("0", 0)],
)
def test_memory_limit(text: str, expected: int | None) -> None:
    assert parse_limit(text) == expected


def test_lowest_limit_of_the_groups_above_counts() -> None:
    files = {
        "/proc/self/cgroup": "0::/a/b\n",
        "/sys/fs/cgroup/a/b/memory.max": f"{8 * GIB}\n",
        "/sys/fs/cgroup/a/memory.max": f"{2 * GIB}\n",
    }
    assert read_memory(RecordedHost(linux(files)), Log()) == Memory(
        total_bytes=16 * GIB, available_bytes=8 * GIB, limit_bytes=2 * GIB, swap_bytes=2 * GIB
    )


def test_mac() -> None:
    facts = {"total": 16 * GIB, "available": 4 * GIB, "swap": 2 * GIB, "swap_free": GIB}
    log = Log()
    memory = read_memory(RecordedHost(Recording(identity=MAC, scripts=[answer("memory", facts)])), log)
    assert memory == Memory(total_bytes=16 * GIB, available_bytes=4 * GIB, swap_bytes=2 * GIB, swap_free_bytes=GIB)
    assert [(row.id, row.source, row.outcome) for row in log.readings] == [("memory", "psutil", "found")]


def test_child_that_gives_no_answer() -> None:
    log = Log()
    assert read_memory(RecordedHost(Recording(identity=MAC)), log) == Memory()
    assert [row.outcome for row in log.readings] == ["unreadable"]
