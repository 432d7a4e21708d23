"""Every recorded machine: what is wrong with it is said, and nothing else."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from mlenv.facts.machine import Machine
from mlenv.health.find import find_signals
from tests.unit.health.health_scenes import TABLE

FOLDERS = sorted(path.parent for path in (Path(__file__).parents[2] / "machines").glob("*/machine.json"))
WRONG = {
    # Its second card has half of the slot's lanes; the libraries are fakes in a container without devices.
    "linux-debian12-nvidia-cuinit-fails": {("driver.nodes", "fail"), ("gpu.pcie_width", "warn")},
    "linux-debian12-rtx4090-gtx1080ti": {("gpu.pcie_width", "warn")},
    "linux-debian12-nvidia-gpu-lost": {("gpu.nvml", "fail")},
    "linux-debian12-nvidia-mismatch": {("driver.loaded", "fail")},
    "linux-debian12-nvml-hangs": {("driver.loaded", "fail")},
    "linux-docker-mi250-no-kfd": {("driver.nodes", "fail")},
    "linux-docker-no-gpu-flag": {("driver.loaded", "fail")},
    "linux-fedora43-rtx3090-nouveau": {("driver.nouveau", "fail")},
    "linux-ubuntu2204-a100-row-remap-pending": {
        ("gpu.recovery_action", "fail"),
        ("gpu.xid", "fail"),
        ("gpu.xid", "warn"),
        ("gpu.ecc", "fail"),
        ("gpu.remap", "warn"),
    },
    "linux-ubuntu2204-a100x8-fabric-stopped": {("gpu.fabric", "fail")},
    # One card behind a riser with a single lane, the other one gone.
    "linux-ubuntu2204-rtx3080-fallen-off": {("gpu.nvml", "fail"), ("gpu.xid", "fail"), ("gpu.pcie_width", "warn")},
    "linux-ubuntu2204-rtx4090-mismatch": {("driver.loaded", "fail")},
    "linux-ubuntu2204-rx580": {("driver.nodes", "fail")},
    # CUDA does not start: its device file is missing.
    "linux-ubuntu2404-laptop-rtx4070-hybrid": {("driver.nodes", "fail")},
    "linux-ubuntu2404-rtx4060-secure-boot": {("driver.loaded", "fail")},
    "linux-ubuntu2404-rx7900xtx-no-render-group": {("driver.nodes", "fail")},
    "windows-11-basic-display": {("driver.loaded", "fail")},
}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_is_wrong_with_a_recorded_machine(folder: Path) -> None:
    machine = msgspec.json.decode((folder / "machine.json").read_bytes(), type=Machine)
    found = find_signals(machine, TABLE)
    wrong = {(row.id, row.severity) for row in found if row.severity in ("warn", "fail", "error")}
    assert WRONG.get(folder.name, set()) == wrong
    assert not [row for row in found if row.severity in ("warn", "fail") and not row.remedy]


def test_the_list_names_machines_that_are_there() -> None:
    assert set(WRONG) <= {folder.name for folder in FOLDERS}
