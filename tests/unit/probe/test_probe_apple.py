"""Macs: GPUs, model, release, Rosetta and virtual machines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlenv.facts.gpu import Gpu
from mlenv.facts.reading import Reading
from mlenv.facts.system import OperatingSystem
from mlenv.probe.accelerators.apple import PROFILER, read_apple, read_mac_model
from mlenv.probe.host.mac_settings import PLATFORM_VERSION, VERSION
from mlenv.probe.host.operating_system import read_architecture, read_operating_system
from mlenv.probe.host.sysctl import COMMAND
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.process import Completed
from mlenv.system.recording import RecordedCommand, RecordedHost, Recording
from tests.unit.probe.probe_hosts import command, linux

M2 = "machdep.cpu.brand_string: Apple M2\nhw.model: Mac14,2\nhw.optional.arm64: 1\nkern.hv_vmm_present: 0\n"
VIRTUAL = "machdep.cpu.brand_string: Apple M1 (Virtual)\nhw.model: VirtualMac2,1\nhw.optional.arm64: 1\n"
INTEL = "machdep.cpu.brand_string: Intel(R) Core(TM) i7\nhw.model: MacBookPro16,1\nkern.hv_vmm_present: 0\n"
DISPLAY = {
    "sppci_model": "Apple M2",
    "sppci_bus": "spdisplays_builtin",
    "sppci_cores": "10",
    "spdisplays_vendor": "sppci_vendor_Apple",
    "spdisplays_mtlgpufamilysupport": "spdisplays_metal3",
}
CHIP_GPU = Gpu(vendor="apple", index=0, name="Apple M2", integrated=True)


def version(text: str) -> str:
    return f"<key>ProductVersion</key>\n<string>{text}</string>"


def mac(sysctl: str, *commands: RecordedCommand, machine: str = "arm64", **files: str) -> RecordedHost:
    return RecordedHost(
        Recording(
            identity=Identity(system="macos", release="23.5.0", machine=machine),
            files={VERSION: version("14.5"), **files},
            commands=[command(*COMMAND, stdout=sysctl, status=1), *commands],
        )
    )


def profiler(*items: Any, **ending: Any) -> RecordedCommand:
    return command(*PROFILER, stdout=json.dumps({"SPDisplaysDataType": items}), **ending)


def outcomes(log: Log, subject: str) -> list[tuple[str, str, str]]:
    return [(item.source, item.outcome, item.detail) for item in log.readings if item.id == subject]


def test_gpu_of_an_apple_chip() -> None:
    log = Log()
    expected = Gpu(vendor="apple", index=0, name="Apple M2", integrated=True, metal="Metal 3", compute_units=10)
    noise = "system_profiler[980:302] Device PreExisted [00000001] Apple device\n"
    assert read_apple(mac(M2, profiler(DISPLAY, stderr=noise)), log) == (expected,)
    assert outcomes(log, "gpus.apple") == [("system_profiler", "found", "Apple M2")]


def test_virtual_mac_has_the_gpu_of_its_hypervisor() -> None:
    name = "Apple Paravirtualized Graphics Device"
    display = {
        "sppci_model": name,
        "spdisplays_vendor": "sppci_vendor_Apple",
        "spdisplays_vram": "64 MB",
        "spdisplays_mtlgpufamilysupport": "spdisplays_metal2",
    }
    expected = Gpu(vendor="apple", index=0, name=name, memory_bytes=64 * 1024**2, metal="Metal 2")
    assert read_apple(mac(VIRTUAL, profiler(display)), Log()) == (expected,)


@pytest.mark.parametrize(
    ("completed", "detail"),
    [
        (Completed(status=None, timed_out=True), "no answer before the deadline"),
        (Completed(status=-9), "ended by SIGKILL"),
        (Completed(status=0, stdout="{"), "answered nothing that is understood: {"),
    ],
)
def test_chip_is_known_where_the_report_fails(completed: Completed, detail: str) -> None:
    log = Log()
    assert read_apple(mac(M2, RecordedCommand(argv=PROFILER, completed=completed)), log) == (CHIP_GPU,)
    assert outcomes(log, "gpus.apple") == [("system_profiler", "unreadable", detail), ("sysctl", "found", "")]


@pytest.mark.parametrize(("sysctl", "machine"), [(VIRTUAL, "arm64"), (INTEL, "x86_64"), ("", "x86_64")])
def test_nothing_is_guessed_without_a_report(sysctl: str, machine: str) -> None:
    assert read_apple(mac(sysctl, machine=machine), Log()) is None


def test_mac_without_a_display_device() -> None:
    log = Log()
    assert read_apple(mac(VIRTUAL, profiler()), log) == ()
    assert outcomes(log, "gpus.apple") == [("system_profiler", "absent", "")]


def test_other_systems_have_no_apple_gpu() -> None:
    log = Log()
    assert read_apple(RecordedHost(linux()), log) == ()
    assert log.readings == ()


def test_model() -> None:
    assert read_mac_model(mac(M2), Log()) == "Mac14,2"
    log = Log()
    assert read_mac_model(mac("hw.physicalcpu: 8\n"), log) is None
    assert log.readings == (
        Reading(id="model", source="sysctl", outcome="found"),
        Reading(id="model", source="hw.model", outcome="absent"),
    )


@pytest.mark.parametrize(
    ("sysctl", "machine", "virtualization", "rosetta"),
    [
        (M2, "arm64", "", False),
        (M2, "x86_64", "", True),
        ("sysctl.proc_translated: 1\n", "x86_64", None, True),
        (VIRTUAL, "arm64", "apple", False),
        (INTEL, "x86_64", "", False),
        (INTEL.replace("present: 0", "present: 1"), "x86_64", "vm", False),
        ("", "x86_64", None, None),
        ("", "arm64", None, False),
    ],
)
def test_system(sysctl: str, machine: str, virtualization: str | None, rosetta: bool | None) -> None:
    assert read_operating_system(mac(sysctl, machine=machine), Log()) == OperatingSystem(
        family="macos",
        distribution="macos",
        version="14.5",
        kernel="23.5.0",
        wsl=0,
        container="",
        virtualization=virtualization,
        rosetta=rosetta,
    )


@pytest.mark.parametrize(("sysctl", "expected"), [(M2, "arm64"), (INTEL, "x86_64")])
def test_architecture_under_rosetta(sysctl: str, expected: str) -> None:
    assert read_architecture(mac(sysctl, machine="x86_64"), Log()) == expected


def test_release_behind_the_answer_for_old_programs() -> None:
    files = {VERSION: version("10.16"), PLATFORM_VERSION: version("15.1")}
    assert read_operating_system(mac(M2, **files), Log()).version == "15.1"
    assert read_operating_system(mac(M2, **{VERSION: version("10.16")}), Log()).version is None
