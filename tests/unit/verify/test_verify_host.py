"""What the computer gives to an environment, and where that is too little."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from msgspec.structs import replace

from mlenv.facts.environment import Environment
from mlenv.facts.hardware import Cpu, Disk, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.system import OperatingSystem, ResourceLimit
from mlenv.matrix.load import Matrix
from mlenv.verify.host import host_results
from mlenv.verify.result import Result

MATRIX = Matrix()
TODAY = dt.date(2026, 11, 24)
GB = 10**9
GIB = 1024**3
PLACE = Disk(purpose="environment", path="/home/user/.venv", free_bytes=500 * GB, total_bytes=1000 * GB)
SPARE = Disk(purpose="temporary", path="/var/spare", free_bytes=90 * GB, total_bytes=100 * GB, writable=True)
SHARED = Disk(purpose="shared-memory", path="/dev/shm", free_bytes=8 * GIB, total_bytes=8 * GIB)
MACHINE = Machine(
    os=OperatingSystem(family="linux", container="", virtualization="kvm"),
    architecture="x86_64",
    cpu=Cpu(usable_cores=2.5),
    memory=Memory(total_bytes=32 * GIB, available_bytes=20 * GIB),
    disks=(PLACE, SPARE, SHARED),
    limits=(ResourceLimit(name="open-files", soft=1024), ResourceLimit(name="locked-memory", soft=65536)),
)
ENVIRONMENT = Environment(path="/home/user/.venv", python="3.12.12", bits=64, architecture="x86_64")


def run(
    machine: Machine = MACHINE, environment: Environment | None = ENVIRONMENT, frameworks: tuple[str, ...] = ("torch",)
) -> list[Result]:
    return list(host_results(machine, environment, set(frameworks), MATRIX, TODAY))


def only(check: str, machine: Machine = MACHINE, environment: Environment | None = ENVIRONMENT) -> Result:
    found = [result for result in run(machine, environment) if result.check == check]
    assert len(found) == 1, found
    return found[0]


def with_disks(*disks: Disk) -> Machine:
    return replace(MACHINE, disks=disks)


def test_a_sound_computer_passes() -> None:
    results = run()
    assert {result.group for result in results} == {"host"}
    assert {result.status for result in results} == {"pass"}
    assert [result.check for result in results] == [
        "host.ram",
        "host.disk",
        "host.disk",
        "host.shm",
        "host.limits",
        "host.python",
    ]


@pytest.mark.parametrize(
    ("memory", "status"),
    [
        (Memory(), "skip"),
        (Memory(total_bytes=int(7.6 * GIB)), "pass"),
        (Memory(total_bytes=6 * GIB), "warn"),
        (Memory(total_bytes=64 * GIB, limit_bytes=4 * GIB, available_bytes=20 * GIB), "warn"),
    ],
)
def test_memory(memory: Memory, status: str) -> None:
    assert only("host.ram", replace(MACHINE, memory=memory)).status == status


def test_no_more_is_free_than_a_limit_leaves() -> None:
    memory = Memory(total_bytes=64 * GIB, limit_bytes=16 * GIB, available_bytes=40 * GIB)
    assert only("host.ram", replace(MACHINE, memory=memory)).measured == {"memory_gib": 16.0, "memory_free_gib": 16.0}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"free_bytes": 400_000_000, "total_bytes": 2 * GB}, "warn"),
        ({"free_bytes": 9 * GB, "total_bytes": 100 * GB}, "warn"),
        ({"free_bytes": 11 * GB, "total_bytes": 100 * GB}, "pass"),
        ({"free_bytes": 90 * GB, "total_bytes": 2000 * GB}, "pass"),
        ({"free_bytes": None}, "skip"),
    ],
)
def test_disk(changes: dict[str, Any], status: str) -> None:
    machine = with_disks(replace(PLACE, **changes), SPARE, SHARED)
    assert [result.status for result in run(machine) if result.check == "host.disk"] == [status, "pass"]


def test_one_disk_is_told_of_once_and_a_closed_folder_fails() -> None:
    same = replace(SPARE, free_bytes=PLACE.free_bytes, total_bytes=PLACE.total_bytes)
    assert only("host.disk", with_disks(PLACE, same)).about == PLACE.path
    closed = with_disks(PLACE, replace(same, writable=False))
    assert [result.status for result in run(closed) if result.check == "host.disk"] == ["pass", "fail"]


def test_shared_memory_matters_to_those_who_use_it() -> None:
    small = with_disks(PLACE, SPARE, replace(SHARED, total_bytes=64 * 1024 * 1024))
    result = only("host.shm", replace(small, os=replace(small.os, container="docker")))
    assert (result.status, "--shm-size" in result.remedy) == ("warn", True)
    assert not [row for row in run(small, frameworks=("numpy",)) if row.check == "host.shm"]
    assert only("host.shm", with_disks(PLACE, SPARE)).status == "skip"


def test_limits_are_reported() -> None:
    assert only("host.limits").detail == "open files 1024, locked memory 64 KiB, 2.5 processor cores; inside kvm"
    assert only("host.limits", replace(MACHINE, limits=None)).status == "skip"


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"python": "3.10.12"}, "warn", "python-end-of-life"),
        ({"python": "3.7.17"}, "warn", "python-end-of-life"),
        ({"python": "3.16.0"}, "pass", ""),
        ({"bits": 32}, "fail", "python-32bit"),
        ({"bits": None}, "skip", ""),
        ({"architecture": "aarch64"}, "warn", "python-foreign"),
        ({"architecture": "AMD64"}, "pass", ""),
        ({"python": None}, "skip", ""),
    ],
)
def test_the_interpreter(changes: dict[str, Any], status: str, reason: str) -> None:
    result = only("host.python", environment=replace(ENVIRONMENT, **changes))
    assert (result.status, result.reason) == (status, reason)


def test_an_intel_python_on_apple_silicon_fails() -> None:
    mac = replace(MACHINE, os=OperatingSystem(family="macos"), architecture="arm64")
    assert only("host.python", mac).reason == "python-foreign"
    assert only("host.python", mac).status == "fail"
    own = replace(ENVIRONMENT, architecture="arm64")
    assert only("host.python", mac, own).status == "pass"
