"""Real kernel logs, module lists and the fabric manager's log, read in place."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mlenv.formats.fabric_manager_log import parse_fabric_manager_log
from mlenv.formats.kernel_log import parse_kernel_log
from mlenv.formats.loaded_modules import parse_loaded_modules
from mlenv.probe.accelerators.nvidia_kernel import KernelModule, parse_module
from tests.unit.formats.recordings import RECORDINGS, files, name, needs_recordings

pytestmark = [pytest.mark.shared, needs_recordings]

# Events by kind and code with their number; what is not named here must not be reported.
EXPECTED: dict[str, dict[tuple[str, int | None], int]] = {
    "nvidia-kernel/gpud/driver-550.144.03-load.dmesg": {("module", None): 1},
    "nvidia-kernel/gpud/nccl-segfault.dmesg": {("segfault", None): 2},
    "nvidia-kernel/gpud/os.dmesg": {},
    "nvidia-kernel/gpud/xid119-gsp-timeout.dmesg": {("xid", 119): 5, ("nvidia", None): 1},
    "nvidia-kernel/gpud/xid13-and-oom.dmesg": {("xid", 13): 16, ("xid", 43): 1, ("out-of-memory", None): 7},
    "nvidia-kernel/gpud/nvswitch-open.kmsg": {},
    "nvidia-kernel/gpud/peermem.kmsg": {("nvidia", None): 7},
    "nvidia-kernel/gpud/sxid-lines.txt": {("sxid", 20034): 10, ("sxid", 22013): 1, ("sxid", 12028): 2},
    "nvidia-kernel/gpud/xid-lines.txt": {("xid", 79): 1, ("xid", 145): 7, ("xid", 149): 12, ("xid", 154): 4},
    "nvidia-kernel/imbue/xid-lines.txt": {("xid", 64): 1, ("xid", 94): 1},
}


def test_every_kernel_log_is_expected() -> None:
    found = {
        name(path) for kind in ("*.dmesg", "*.kmsg", "*xid-lines.txt") for path in files(f"nvidia-kernel/*/{kind}")
    }
    assert set(EXPECTED) == found


@pytest.mark.parametrize("file", EXPECTED)
def test_events_of_a_log(file: str) -> None:
    text = (RECORDINGS / file).read_text(errors="replace")
    counts: Counter[tuple[str, int | None]] = Counter()
    for event in parse_kernel_log(text):
        counts[event.kind, event.code] += event.count
        assert not event.text.startswith(("[", "<", "kern")) or event.kind == "machine-check"
        assert (event.device is None) == (event.kind not in ("xid", "sxid") and "PCI:" not in event.text)
    assert EXPECTED[file] == dict(counts)
    # Nothing that any line calls an Xid or SXid is lost.
    assert text.count("Xid (PCI:") == sum(count for (kind, _), count in counts.items() if kind in ("xid", "sxid"))


def test_devices_and_times() -> None:
    first, last = parse_kernel_log((RECORDINGS / "nvidia-kernel/imbue/xid-lines.txt").read_text())
    assert ("0000:0f:00.0", 2397166.923949) == (first.device, first.seconds)
    assert "NVRM: Xid (PCI:0000:0f:00): 94, pid=2503421, name=python3, Ch 00000008" == last.text
    loaded = parse_kernel_log((RECORDINGS / "nvidia-kernel/gpud/driver-550.144.03-load.dmesg").read_text())
    assert [1126.600902] == [event.seconds for event in loaded]
    peermem = parse_kernel_log((RECORDINGS / "nvidia-kernel/gpud/peermem.kmsg").read_text())
    assert [227.996662] == [event.seconds for event in peermem]
    limited = parse_kernel_log((RECORDINGS / "nvidia-kernel/gpud/xid119-gsp-timeout.dmesg").read_text())
    assert {"0000:9b:00.0"} == {event.device for event in limited}


def test_fabric_manager() -> None:
    log = parse_fabric_manager_log((RECORDINGS / "nvidia-kernel/gpud/fabricmanager.log").read_text())
    assert (None, 1) == (log.version, len(log.errors))
    assert log.errors[0].startswith("detected NVSwitch non-fatal error 12028 on fid 0 on NVSwitch pci bus id ")


@pytest.mark.parametrize(
    ("file", "module"),
    [
        ("550.144.03", KernelModule(version="550.144.03", is_open=True)),
        ("375.74", KernelModule(version="375.74", is_open=False)),
    ],
)
def test_version_files_of_the_driver(file: str, module: KernelModule) -> None:
    path = RECORDINGS / f"nvidia-kernel/uv/proc-driver-nvidia-version-{file}.txt"
    assert module == parse_module(path.read_text())


@pytest.mark.parametrize("path", files("os-files/*/lsmod-*.txt"), ids=name)
def test_every_row_of_lsmod(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0].split() == ["Module", "Size", "Used", "by"]
    assert tuple(line.split()[0] for line in lines[1:] if line.strip()) == parse_loaded_modules(path.read_text())


def test_module_lists_are_there() -> None:
    counts = {path.stem: len(parse_loaded_modules(path.read_text())) for path in files("os-files/*/lsmod-*.txt")}
    assert {"lsmod-centos7": 98, "lsmod-ubuntu1804": 101} == counts
