"""Each judgement passes on a sound GPU, speaks where one fact is wrong, and never passes on an unknown one."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from mlenv.facts.gpu import Ecc, EccCounts, Fabric, Gpu, MigInstance, NvLink, PcieLink, Power, RetiredPages, RowRemaps
from mlenv.facts.reading import Reading
from mlenv.health.find import find_signals
from tests.unit.health.health_scenes import H100, PCI, TABLE, make_machine, only, with_gpu

QUICK = [
    "driver.nouveau",
    "driver.loaded",
    "driver.nodes",
    "gpu.count",
    "gpu.recovery_action",
    "gpu.xid",
    "gpu.ecc",
    "gpu.remap",
    "gpu.clock_events",
    "gpu.temperature",
    "gpu.power_limit",
    "gpu.persistence",
    "gpu.pcie_width",
    "gpu.pcie_gen",
    "gpu.fabric",
    "gpu.nvlink",
    "gpu.memory_in_use",
]


def test_a_sound_gpu_passes_everything_and_idle_says_nothing_of_clocks() -> None:
    found = find_signals(make_machine(H100), TABLE)
    assert [signal.id for signal in found] == QUICK
    assert {signal.id for signal in found if signal.severity != "pass"} == {"gpu.clock_events", "gpu.pcie_gen"}


def test_a_sound_gpu_passes_everything_under_load() -> None:
    assert {signal.severity for signal in find_signals(make_machine(H100), TABLE, under_load=True)} == {"pass"}


def test_of_several_gpus_the_same_is_said_once() -> None:
    gpus = [replace(H100, index=place, uuid=f"GPU-{place}", pci_address=f"0000:1{place}:00.0") for place in range(8)]
    found = find_signals(make_machine(*gpus), TABLE)
    assert [signal.id for signal in found] == QUICK
    assert only(make_machine(*gpus), "gpu.ecc").device == ", ".join(f"gpu {place}" for place in range(8))


LINKS = tuple(NvLink(link=number, active=number > 0, speed=26.5) for number in range(18))
SLOW = tuple(NvLink(link=number, active=True, speed=12.5) for number in range(18))


@pytest.mark.parametrize(
    ("name", "changes", "severity", "action"),
    [
        ("gpu.recovery_action", {"recovery_action": "gpu-reset"}, "fail", "reset_gpu"),
        ("gpu.recovery_action", {"recovery_action": "drain-and-reset"}, "warn", "reset_gpu"),
        ("gpu.recovery_action", {"recovery_action": "system-reboot"}, "fail", "reboot"),
        ("gpu.ecc", {"ecc": Ecc(enabled=True, volatile=EccCounts(uncorrected=1))}, "fail", "reset_gpu"),
        ("gpu.ecc", {"ecc": Ecc(enabled=False)}, "info", "none"),
        (
            "gpu.ecc",
            {"ecc": Ecc(enabled=True, volatile=EccCounts(uncorrected=0), aggregate=EccCounts(uncorrected=5))},
            "info",
            "none",
        ),
        ("gpu.remap", {"row_remaps": RowRemaps(uncorrected=1, pending=True, failed=False)}, "warn", "reset_gpu"),
        ("gpu.remap", {"row_remaps": RowRemaps(uncorrected=1, pending=True, failed=True)}, "fail", "contact_vendor"),
        (
            "gpu.remap",
            {"row_remaps": RowRemaps(uncorrected=512, pending=False, failed=False)},
            "fail",
            "contact_vendor",
        ),
        ("gpu.remap", {"row_remaps": RowRemaps(uncorrected=511, pending=False, failed=False)}, "pass", "none"),
        ("gpu.temperature", {"clock_events": ("sw-thermal-slowdown",)}, "warn", "check_cooling"),
        (
            "gpu.temperature",
            {"clock_events": ("sw-thermal-slowdown", "hw-thermal-slowdown")},
            "fail",
            "check_cooling",
        ),
        ("gpu.power_limit", {"power": Power(limit_watts=500.0, default_limit_watts=700.0)}, "warn", "check_power"),
        ("gpu.persistence", {"persistence": False}, "info", "none"),
        ("gpu.pcie_width", {"link": PcieLink(width=8, largest_width=16)}, "warn", "none"),
        ("gpu.pcie_width", {"link": PcieLink(width=8, largest_width=8)}, "pass", "none"),
        (
            "gpu.pcie_width",
            {"link": PcieLink(width=8, largest_width=16), "virtualization": "pass-through"},
            "info",
            "none",
        ),
        ("gpu.fabric", {"fabric": Fabric(state="not-started")}, "fail", "reboot"),
        ("gpu.fabric", {"fabric": Fabric(state="completed", status="Unknown Error")}, "fail", "reboot"),
        ("gpu.mig", {"mig": True, "mig_pending": True, "mig_instances": ()}, "fail", "none"),
        (
            "gpu.mig",
            {"mig": True, "mig_pending": True, "mig_instances": (MigInstance(profile="1g.10gb"),)},
            "info",
            "none",
        ),
    ],
)
def test_one_wrong_fact(name: str, changes: dict[str, Any], severity: str, action: str) -> None:
    signal = only(with_gpu(**changes), name)
    assert (signal.severity, signal.action, signal.about) == (severity, action, "GPU-0")
    assert bool(signal.remedy) == (severity in ("warn", "fail"))


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("recovery_action", "gpu.recovery_action"),
        ("ecc", "gpu.ecc"),
        ("row_remaps", "gpu.remap"),
        ("clock_events", "gpu.clock_events"),
        ("clock_events", "gpu.temperature"),
        ("temperature_celsius", "gpu.temperature"),
        ("power", "gpu.power_limit"),
        ("persistence", "gpu.persistence"),
        ("link", "gpu.pcie_width"),
        ("link", "gpu.pcie_gen"),
        ("nvlinks", "gpu.nvlink"),
        ("memory_free_bytes", "gpu.memory_in_use"),
    ],
)
def test_the_unknown_is_never_good(field: str, name: str) -> None:
    assert only(with_gpu(**{field: None}), name, under_load=True).severity == "skip"


def test_half_a_fact_is_an_unknown_one() -> None:
    ecc = Ecc(enabled=True, volatile=EccCounts(corrected=0))
    rows = RowRemaps(uncorrected=0, pending=False)
    assert only(with_gpu(ecc=ecc), "gpu.ecc").severity == "skip"
    assert only(with_gpu(row_remaps=rows), "gpu.remap").severity == "skip"


@pytest.mark.parametrize(
    ("outcome", "detail", "severity"),
    [
        ("absent", "NotSupported (3): Not Supported (mig, ecc)", "skip"),
        ("unreadable", "Unknown (999): Unknown Error (ecc)", "error"),
        ("unreadable", "Unknown (999): Unknown Error (ecc_mode)", "skip"),
    ],
)
def test_a_reading_says_why_a_fact_is_missing(outcome: Any, detail: str, severity: str) -> None:
    reading = Reading(id="gpu.0", source="NVML", outcome=outcome, detail=detail)
    machine = make_machine(replace(H100, ecc=None), readings=(PCI, reading))
    assert only(machine, "gpu.ecc").severity == severity


def test_older_gpus_retire_pages() -> None:
    pages = RetiredPages(single_bit=60, double_bit=2, pending=False)
    old = replace(H100, name="Tesla V100-SXM2-32GB", compute_capability="7.0", row_remaps=None, retired_pages=pages)
    assert only(make_machine(old), "gpu.retired_pages").severity == "pass"
    assert not [signal for signal in find_signals(make_machine(old), TABLE) if signal.id == "gpu.remap"]
    full = replace(old, retired_pages=replace(pages, single_bit=61))
    assert only(make_machine(full), "gpu.retired_pages").severity == "fail"
    waiting = replace(old, retired_pages=replace(pages, pending=True))
    assert only(make_machine(waiting), "gpu.retired_pages").severity == "warn"


def test_links_of_the_board_that_are_down_or_slow() -> None:
    pair = (replace(H100, nvlinks=LINKS), replace(H100, index=1, uuid="GPU-1", pci_address="0000:1c:00.0"))
    signals = [row for row in find_signals(make_machine(*pair), TABLE) if row.id == "gpu.nvlink"]
    assert [(row.device, row.severity) for row in signals] == [("gpu 0", "fail"), ("gpu 1", "pass")]
    assert only(with_gpu(nvlinks=SLOW), "gpu.nvlink").severity == "warn"


def test_links_of_a_card_for_a_slot_need_no_bridge() -> None:
    down = tuple(NvLink(link=number, active=False) for number in range(12))
    card = replace(H100, name="NVIDIA A100 80GB PCIe", nvlinks=down, fabric=None)
    assert only(make_machine(card), "gpu.nvlink").severity == "info"


def test_links_are_not_told_of_where_the_fabric_is_the_cause() -> None:
    down = tuple(NvLink(link=number, active=False) for number in range(18))
    machine = with_gpu(nvlinks=down, fabric=Fabric(state="in-progress"))
    assert only(machine, "gpu.fabric").severity == "fail"
    assert only(machine, "gpu.nvlink").severity == "skip"


def test_a_notebook_sets_its_own_power_limit() -> None:
    power = Power(limit_watts=55.0, default_limit_watts=80.0)
    notebook = with_gpu(name="NVIDIA GeForce RTX 4070 Laptop GPU", power=power)
    assert only(notebook, "gpu.power_limit").severity == "info"


@pytest.mark.parametrize(
    ("events", "severity"),
    [
        (("hw-slowdown", "hw-thermal-slowdown"), "warn"),
        (("sw-power-cap",), "pass"),
        (("gpu-idle", "sync-boost"), "pass"),
        (("reason-11",), "info"),
    ],
)
def test_clock_events_of_one_sample_never_fail(events: tuple[str, ...], severity: str) -> None:
    found = find_signals(with_gpu(clock_events=events), TABLE, under_load=True)
    assert {row.severity for row in found if row.id == "gpu.clock_events"} == {severity}


def test_the_generation_of_the_link_is_judged_under_load_alone() -> None:
    machine = with_gpu(link=PcieLink(generation=3, largest_generation=5, width=16, largest_width=16))
    assert [only(machine, "gpu.pcie_gen", under_load=load).severity for load in (False, True)] == ["skip", "warn"]


def test_an_older_driver_does_not_say_which_recovery_it_wants() -> None:
    machine = make_machine(replace(H100, recovery_action=None))
    older = replace(machine, nvidia=replace(machine.nvidia, driver="550.54.15")) if machine.nvidia else machine
    signal = only(older, "gpu.recovery_action")
    assert (signal.severity, "570" in signal.detail) == ("skip", True)


def test_a_remedy_names_the_gpu() -> None:
    assert "--gpu-reset -i 0" in only(with_gpu(recovery_action="gpu-reset"), "gpu.recovery_action").remedy


@pytest.mark.parametrize("gpus", [(), (Gpu(vendor="apple", name="Apple M4"),), (replace(H100, driver="vfio-pci"),)])
def test_something_is_said_where_there_is_nothing_to_judge(gpus: tuple[Gpu, ...]) -> None:
    assert [(row.id, row.severity) for row in find_signals(make_machine(*gpus, nvidia=None), TABLE)] == [
        ("gpu.state", "skip")
    ]
