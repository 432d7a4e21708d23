"""What Macs printed: system_profiler, sysctl, vm_stat and sw_vers."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlenv.facts.gpu import Gpu
from mlenv.formats.os_release import parse_kernel, parse_mac_version
from mlenv.formats.sysctl import parse_sysctl
from mlenv.formats.system_profiler import MacReport, parse_system_profiler
from mlenv.formats.vm_stat import find_available, parse_vm_stat
from tests.unit.formats.recordings import RECORDINGS, files, name, needs_recordings

pytestmark = needs_recordings

GIB = 1024**3
REPORTS = {
    "crossbench/SPDisplaysDataType-m1-max.json": MacReport(
        gpus=(
            Gpu(
                vendor="apple",
                name="Apple M1 Max",
                index=0,
                integrated=True,
                metal="Metal 3",
                compute_units=32,
            ),
        )
    ),
    "facter/system_profile_sp_hardware_data_type.txt": MacReport(
        model="MacBookPro11,4", chip="Intel Core i7", cores=4, memory_bytes=16 * GIB
    ),
    "facter/system_profile_sp_software_data_type.txt": MacReport(version="10.15.2", kernel="19.2.0"),
    "facter/system_profiler.txt": MacReport(
        model="MacBookPro11,4",
        chip="Intel Core i7",
        cores=4,
        memory_bytes=16 * GIB,
        version="10.15.2",
        kernel="19.2.0",
    ),
    "skia/SPDisplaysDataType-uhd630-radeon5300m.plist": MacReport(
        gpus=(
            Gpu(vendor="intel", name="Intel UHD Graphics 630", index=0, integrated=True, pci_id="8086:3e9b"),
            Gpu(vendor="amd", name="AMD Radeon Pro 5300M", index=0, integrated=False, pci_id="1002:7340"),
        )
    ),
    "tirekick/runner-macos-15-intel/SPDisplaysDataType.json": MacReport(
        gpus=(
            Gpu(
                vendor="apple",
                name="Apple Paravirtualized Graphics Device",
                index=0,
                memory_bytes=64 * 1024**2,
                metal="Metal 2",
            ),
        )
    ),
    "tirekick/runner-macos-15-intel/SPHardwareDataType.json": MacReport(
        model="Macmini6,2", cores=4, memory_bytes=14 * GIB
    ),
    "tirekick/runner-macos-26-m1/SPHardwareDataType.json": MacReport(
        model="VirtualMac2,1", chip="Apple M1 (Virtual)", cores=3, memory_bytes=7 * GIB
    ),
}
OTHERS = {
    "SOURCE.toml",
    "facter/vm_stat.txt",
    "tirekick/runner-macos-15-intel/SPDisplaysDataType.stderr",
    *(f"tirekick/runner-macos-{kind}/{file}.txt" for kind in ("15-intel", "26-m1") for file in ("about", "sysctl")),
}


def test_every_file_is_read() -> None:
    there = {name(path).removeprefix("apple/") for path in files("apple/**/*") if path.is_file()}
    assert there == REPORTS.keys() | OTHERS


@pytest.mark.parametrize("file", REPORTS)
def test_report(file: str) -> None:
    assert parse_system_profiler((RECORDINGS / "apple" / file).read_text()) == REPORTS[file]


def test_noise_on_the_error_stream_is_no_report() -> None:
    (path,) = files("apple/**/*.stderr")
    assert parse_system_profiler(path.read_text()) is None


@pytest.mark.parametrize(("kind", "release"), [("15-intel", "15.7.9"), ("26-m1", "26.6.2")])
def test_release(kind: str, release: str) -> None:
    assert parse_mac_version((RECORDINGS / f"apple/tirekick/runner-macos-{kind}/about.txt").read_text()) == release


def test_memory() -> None:
    text = (RECORDINGS / "apple/facter/vm_stat.txt").read_text()
    assert len(parse_vm_stat(text)) == 13
    assert find_available(text) == (1364873 + 1583485) * 4096


def test_kernel() -> None:
    assert parse_kernel((RECORDINGS / "os-files/jc/uname-a-macos-10.14.6.txt").read_text()) == "18.7.0"


@pytest.mark.parametrize("path", [*files("cpuinfo/archspec/darwin-*"), *files("apple/**/sysctl.txt")], ids=name)
def test_sysctl_is_read_whole(path: Path) -> None:
    lines = path.read_text().splitlines()
    empty = [line for line in lines if line.rstrip().endswith(":")]
    values = parse_sysctl(path.read_text())
    assert len(values) == len(lines) - len(empty)
    assert {line.split(": ", 1)[0] for line in lines if line not in empty} == values.keys()


@pytest.mark.parametrize(
    ("file", "chip"),
    [
        ("cpuinfo/archspec/darwin-bigsur-m1", "Apple processor"),
        ("cpuinfo/archspec/darwin-mojave-skylake", "Intel(R) Core(TM) i7-6700K CPU @ 4.00GHz"),
        ("cpuinfo/archspec/darwin-monterey-m2", "Apple M2"),
        ("cpuinfo/archspec/darwin-sequoia-m3", "Apple M3 Max"),
        ("cpuinfo/archspec/darwin-sequoia-m4", "Apple M4 Max"),
        ("apple/tirekick/runner-macos-15-intel/sysctl.txt", "Intel(R) Core(TM) i7-8700B CPU @ 3.20GHz"),
        ("apple/tirekick/runner-macos-26-m1/sysctl.txt", "Apple M1 (Virtual)"),
    ],
)
def test_chip(file: str, chip: str) -> None:
    assert parse_sysctl((RECORDINGS / file).read_text())["machdep.cpu.brand_string"] == chip
