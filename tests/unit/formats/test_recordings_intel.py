"""What xpu-smi prints by Intel's manual, read in place."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlenv.facts.drivers import GpuPath
from mlenv.facts.gpu import PcieLink
from mlenv.formats.xpu_smi import XpuReport, parse_xpu_smi
from tests.unit.formats.recordings import files, name, needs_recordings

pytestmark = needs_recordings

# File: GPUs, paths, devices with processors of their own, verdicts, the tool's version.
COUNTS = {
    "linux/config-d-0.txt": (1, 0, 0, 0, None),
    "linux/diag-d-0-l-1.txt": (0, 0, 0, 4, None),
    "linux/discovery-d-0000-4d-00-0.txt": (1, 0, 0, 0, None),
    "linux/discovery-j.txt": (1, 0, 0, 0, None),
    "linux/discovery.txt": (1, 0, 0, 0, None),
    "linux/health-l.txt": (0, 0, 0, 6, None),
    "linux/ps.txt": (2, 0, 0, 0, None),
    "linux/stats-d-0.txt": (1, 0, 0, 0, None),
    "linux/topology-d-0.txt": (0, 0, 1, 0, None),
    "linux/topology-m.txt": (0, 1, 0, 0, None),
    "linux/v.txt": (0, 0, 0, 0, "1.0.0.20211217"),
    "windows/config-d-0.txt": (1, 0, 0, 0, None),
    "windows/discovery-d-0.txt": (1, 0, 0, 0, None),
    "windows/discovery-j.txt": (1, 0, 0, 0, None),
    "windows/discovery.txt": (1, 0, 0, 0, None),
    "windows/stats-d-0.txt": (1, 0, 0, 0, None),
    "windows/v.txt": (0, 0, 0, 0, "1.2.11"),
}
# This one holds the words that explain the command, and nothing of a machine.
HELP = "linux/health.txt"


def report(file: str) -> XpuReport:
    found = parse_xpu_smi(files(f"intel-xpu/{file}")[0].read_text(encoding="utf-8"))
    assert found is not None
    return found


def test_every_file_is_known_here() -> None:
    assert sorted([*COUNTS, HELP]) == [name(path).removeprefix("intel-xpu/") for path in files("intel-xpu/*/*.txt")]


@pytest.mark.parametrize("path", files("intel-xpu/*/*.txt"), ids=name)
def test_every_form_is_read(path: Path) -> None:
    found = parse_xpu_smi(path.read_text(encoding="utf-8"))
    expected = COUNTS.get(name(path).removeprefix("intel-xpu/"))
    counts = found and (len(found.gpus), len(found.paths), len(found.local_cpus), len(found.verdicts), found.tool)
    assert expected == counts


def test_forms_of_one_device_agree() -> None:
    for system in ("linux", "windows"):
        whole = report(f"{system}/discovery-d-0{'000-4d-00-0' if system == 'linux' else ''}.txt").gpus[0]
        short, document = report(f"{system}/discovery.txt").gpus[0], report(f"{system}/discovery-j.txt").gpus[0]
        assert short == document
        assert (short.name, short.uuid, short.pci_address, short.pci_id) == (
            whole.name,
            whole.uuid,
            whole.pci_address,
            whole.pci_id,
        )


def test_device_in_full() -> None:
    gpu = report("windows/discovery-d-0.txt").gpus[0]
    assert (14 * 1024**3, 512, "8086:56c0") == (gpu.memory_bytes, gpu.compute_units, gpu.pci_id)
    assert gpu.link == PcieLink(largest_generation=4, largest_width=16)


def test_state() -> None:
    linux, windows = report("linux/stats-d-0.txt").gpus[0], report("windows/stats-d-0.txt").gpus[0]
    assert [41, 52] == [linux.temperature_celsius, windows.temperature_celsius]
    assert linux.ecc is not None
    assert linux.ecc.volatile.uncorrected == 0
    assert windows.ecc is None
    configured = report("windows/config-d-0.txt").gpus[0]
    assert configured.power is not None
    assert (None, 120.0) == (configured.power.limit_watts, configured.power.largest_limit_watts)


def test_relations() -> None:
    assert report("linux/topology-m.txt").paths == (GpuPath(first=0, second=1, level="XL*"),)
    assert report("linux/topology-d-0.txt").local_cpus == {0: "0-23,48-71"}
    assert report("linux/v.txt").level_zero == "1.6.2"
    assert {"Ok", "OK"} == {verdict.status for verdict in report("linux/health-l.txt").verdicts}
