"""The ROCm user space: releases and the driver that came with them."""

from __future__ import annotations

import pytest

from mlenv.facts.drivers import Rocm, RocmRelease
from mlenv.probe.accelerators.rocm import parse_library, parse_release, read_rocm
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import linux


def read(recording: Recording) -> Rocm | None:
    return read_rocm(RecordedHost(recording), Log())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6.4.1-83\n", "6.4.1"),
        ("7.2", "7.2"),
        ("10.1.0\n", "10.1.0"),
        ("", None),
        ("unknown", None),
        ("9" * 5000, None),
    ],
)
def test_release(text: str, expected: str | None) -> None:
    assert parse_release(text) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("libamdhip64.so.5.7.31921", "5.7"),
        ("libamdhip64.so.6.4.43484-0", "6.4"),
        ("libamdhip64.so.6", None),
        ("libamdhip64.so", None),
    ],
)
def test_library(name: str, expected: str | None) -> None:
    assert parse_library(name) == expected


def test_link_says_which_release_is_in_use() -> None:
    recording = linux(
        {
            "/opt/rocm/.info/version": "6.3.0-39",
            "/opt/rocm-6.3.0/.info/version": "6.3.0-39",
            "/opt/rocm-6.4.1/.info/version": "6.4.1-83",
            "/opt/rocm-10.0.0/.info/version": "10.0.0",
        },
        links={"/opt/rocm": "/opt/rocm-6.3.0"},
    )
    assert read(recording) == Rocm(
        version="6.3.0",
        releases=(
            RocmRelease(version="6.3.0", path="/opt/rocm-6.3.0"),
            RocmRelease(version="10.0.0", path="/opt/rocm-10.0.0"),
            RocmRelease(version="6.4.1", path="/opt/rocm-6.4.1"),
        ),
    )


def test_variable_comes_first() -> None:
    recording = linux(
        {"/opt/rocm-6.4.1/.info/version": "6.4.1-83", "/sw/rocm/.info/version-dev": "5.7.1-98"},
        environ={"ROCM_PATH": "/sw/rocm/"},
    )
    rocm = read(recording)
    assert rocm is not None
    assert ("5.7.1", ["/sw/rocm", "/opt/rocm-6.4.1"]) == (rocm.version, [item.path for item in rocm.releases])


def test_releases_that_stand_side_by_side() -> None:
    recording = linux({"/opt/rocm/core-7.12/.info/version": "7.12.0", "/opt/rocm/core-7.9/.info/version": "7.9.0"})
    rocm = read(recording)
    assert rocm is not None
    assert ["7.12.0", "7.9.0"] == [item.version for item in rocm.releases]


def test_packages_of_a_distribution() -> None:
    folder = "/usr/lib/x86_64-linux-gnu"
    recording = linux({"/usr/bin/rocminfo": "", f"{folder}/libamdhip64.so.5.7.31921": "", f"{folder}/libc.so.6": ""})
    assert read(recording) == Rocm(version="5.7", releases=(RocmRelease(version="5.7", path="/usr"),))


def test_driver_alone() -> None:
    assert read(linux({"/sys/module/amdgpu/version": "6.10.5\n"})) == Rocm(driver="6.10.5")


def test_nothing() -> None:
    log = Log()
    assert read_rocm(RecordedHost(linux()), log) is None
    assert [("rocm.version", "/opt/rocm", "absent")] == [(item.id, item.source, item.outcome) for item in log.readings]


def test_windows_folders_say_the_release() -> None:
    folder = "C:\\Program Files\\AMD\\ROCm"
    recording = Recording(
        identity=Identity(system="windows", release="10.0.26100", machine="AMD64"),
        directories={folder: ["6.2", "6.4"]},
    )
    assert read(recording) == Rocm(
        version="6.4",
        releases=(
            RocmRelease(version="6.4", path=f"{folder}\\6.4"),
            RocmRelease(version="6.2", path=f"{folder}\\6.2"),
        ),
    )
