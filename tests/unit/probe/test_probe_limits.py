"""Limits of the process."""

from __future__ import annotations

from mlenv.facts.system import ResourceLimit
from mlenv.probe.host.limits import read_limits
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import linux


def test_soft_and_hard_limits() -> None:
    limits = {
        "RLIMIT_MEMLOCK": (65536, 65536),
        "RLIMIT_NOFILE": (1024, 1048576),
        "RLIMIT_AS": (None, None),
        "RLIMIT_CORE": (0, None),
    }
    log = Log()
    assert read_limits(RecordedHost(linux(limits=limits)), log) == (
        ResourceLimit(name="open-files", soft=1024, hard=1048576),
        ResourceLimit(name="locked-memory", soft=65536, hard=65536),
        ResourceLimit(name="address-space"),
    )
    assert [(row.id, row.source, row.outcome) for row in log.readings] == [("limits", "getrlimit", "found")]


def test_unknown_limits_are_not_missing_limits() -> None:
    log = Log()
    assert read_limits(RecordedHost(linux()), log) is None
    assert [row.outcome for row in log.readings] == ["unreadable"]


def test_windows_has_none() -> None:
    log = Log()
    identity = Identity(system="windows", release="10.0.22631", machine="AMD64")
    assert read_limits(RecordedHost(Recording(identity=identity)), log) is None
    assert [row.outcome for row in log.readings] == ["not_asked"]
