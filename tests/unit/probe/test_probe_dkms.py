"""What DKMS has built, installed and failed to build."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlenv.facts.reading import Reading
from mlenv.facts.system import DkmsModule
from mlenv.probe.host.dkms import FOLDER, BuildLog, parse_build_log, read_dkms
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import linux

MODULE = f"{FOLDER}/nvidia/570.86.15"
SOURCE = f"{MODULE}/source/dkms.conf"
FAILED = (
    "DKMS make.log for nvidia-570.86.15 for kernel 6.8.0-50-generic (x86_64)\n"
    "Tue Mar  4 10:11:12 UTC 2025\n"
    "nv.c:70:10: error: implicit declaration\n"
    "make: *** [Makefile:81: modules] Error 2\n"
)


def read(recording: Recording) -> tuple[tuple[DkmsModule, ...] | None, tuple[Reading, ...]]:
    log = Log()
    return read_dkms(RecordedHost(recording), log), log.readings


def row(state: str, kernel: str | None = None) -> DkmsModule:
    return DkmsModule(name="nvidia", version="570.86.15", kernel=kernel, state=state)


def test_installed_for_one_kernel_built_for_another_and_failed_for_a_third() -> None:
    rows, readings = read(
        linux(
            {
                SOURCE: "",
                f"{MODULE}/6.8.0-44-generic/x86_64/module/nvidia.ko.zst": "",
                f"{MODULE}/6.8.0-45-generic/x86_64/module/nvidia.ko.zst": "",
                f"{MODULE}/build/make.log": FAILED,
                f"{FOLDER}/zfs/2.2.2/source/dkms.conf": "",
            },
            links={f"{FOLDER}/nvidia/kernel-6.8.0-45-generic-x86_64": f"{MODULE}/6.8.0-45-generic/x86_64"},
        )
    )
    assert (
        row("built", "6.8.0-44-generic"),
        row("installed", "6.8.0-45-generic"),
        row("broken", "6.8.0-50-generic"),
    ) == rows
    assert [("found", FOLDER, "nvidia 570.86.15")] == [(item.outcome, item.source, item.detail) for item in readings]


def test_added_only() -> None:
    assert (row("added"),) == read(linux({SOURCE: ""}))[0]


def test_a_source_that_is_gone() -> None:
    rows, _ = read(linux({f"{MODULE}/6.8.0-45-generic/x86_64/module/nvidia.ko": ""}))
    assert (row("broken"),) == rows


def test_a_failure_that_a_later_build_made_good() -> None:
    rows, _ = read(
        linux(
            {
                SOURCE: "",
                f"{MODULE}/6.8.0-50-generic/x86_64/module/nvidia.ko": "",
                f"{MODULE}/build/make.log": FAILED,
            }
        )
    )
    assert (row("built", "6.8.0-50-generic"),) == rows


def test_modules_of_other_devices() -> None:
    rows, readings = read(linux({f"{FOLDER}/xenomai/1/source/dkms.conf": "", f"{FOLDER}/zfs/2/source/dkms.conf": ""}))
    assert () == rows
    assert ["absent"] == [item.outcome for item in readings]


def test_without_dkms() -> None:
    rows, readings = read(linux())
    assert () == rows
    assert ["absent"] == [item.outcome for item in readings]


def test_a_folder_that_may_not_be_read_and_another_system() -> None:
    rows, readings = read(linux(errors={FOLDER: "PermissionError"}))
    assert rows is None
    assert [("unreadable", "PermissionError")] == [(item.outcome, item.detail) for item in readings]
    windows = Recording(identity=Identity(system="windows", release="10.0.22631", machine="AMD64"))
    assert read(windows)[0] is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", BuildLog()),
        (FAILED, BuildLog(kernel="6.8.0-50-generic", failed=True)),
        (
            "DKMS (dkms-3.1.4) make.log for nvidia/570.86.15 for kernel 6.12.9-arch1-1 (x86_64)\n# exit code: 0\n",
            BuildLog(kernel="6.12.9-arch1-1"),
        ),
        ("# command: make modules\n# exit code: 2\n", BuildLog(failed=True)),
    ],
)
def test_build_log(text: str, expected: BuildLog) -> None:
    assert expected == parse_build_log(text)


@given(text=st.text())
def test_any_text_gives_a_build_log(text: str) -> None:
    assert isinstance(parse_build_log(text), BuildLog)
