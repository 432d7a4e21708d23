"""The kernel's log: which Xid means what, which is only an echo, and who could not read it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mlenv.facts.gpu import Gpu, PcieLink
from mlenv.facts.machine import Machine
from mlenv.facts.reading import Reading
from mlenv.facts.system import DeviceNode, OperatingSystem
from mlenv.health.signal import Signal
from tests.unit.health.health_scenes import H100, PCI, judge, make_machine, only

XID = "[  100.5] NVRM: Xid (PCI:0000:1b:00): {}, pid=4120, name=python3, Ch 00000008\n"
CHANGED = "[  101.5] NVRM: Xid (PCI:0000:1b:00): 154, GPU recovery action changed from 0x0 (None) to {}\n"
SILENT = replace(H100, recovery_action=None)


def xids(*codes: int, gpu: Gpu = SILENT) -> list[Signal]:
    return judge(make_machine(gpu, log="".join(XID.format(code) for code in codes)), "gpu.xid")


@pytest.mark.parametrize(
    ("code", "severity", "action"),
    [
        (13, "warn", "restart_app"),
        (43, "info", "none"),
        (48, "fail", "reset_gpu"),
        (63, "warn", "reset_gpu"),
        (79, "fail", "reboot"),
        (119, "fail", "reset_gpu"),
        (70, "warn", "restart_app"),
        (66, "info", "none"),
        (9999, "warn", "none"),
    ],
)
def test_a_number_has_its_meaning(code: int, severity: str, action: str) -> None:
    (signal,) = xids(code)
    assert (signal.severity, signal.action) == (severity, action)
    assert signal.evidence[0].startswith(f"NVRM: Xid (PCI:0000:1b:00): {code}")


def test_several_of_one_number_are_one_signal_with_their_count() -> None:
    (signal,) = xids(31, 31, 31)
    assert (signal.measured, "3 times" in signal.detail) == ({"count": 3}, True)


def test_45_counts_only_where_it_stands_alone() -> None:
    assert [(row.severity, row.detail[:6]) for row in xids(45)] == [("info", "Xid 45")]
    assert [row.detail[:6] for row in xids(48, 45)] == ["Xid 48"]


def test_a_reset_is_over_where_the_driver_asks_for_none() -> None:
    assert [row.severity for row in xids(95, gpu=H100)] == ["warn"]
    assert [row.severity for row in xids(79, gpu=H100)] == ["fail"]


@pytest.mark.parametrize(
    ("asked", "severity"),
    [("0x1 (GPU Reset Required)", "fail"), ("0x4 (Drain and Reset)", "warn"), ("0x9 (Dance)", "warn")],
)
def test_154_says_what_the_driver_asks_for(asked: str, severity: str) -> None:
    assert only(make_machine(SILENT, log=CHANGED.format(asked)), "gpu.xid").severity == severity


def test_154_gives_way_to_the_drivers_own_answer() -> None:
    machine = make_machine(H100, log=CHANGED.format("0x1 (GPU Reset Required)"))
    assert only(machine, "gpu.xid").severity == "info"


def test_an_xid_of_a_gpu_that_is_gone_is_told() -> None:
    log = "[1.0] NVRM: Xid (PCI:0000:99:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.\n"
    found = judge(make_machine(H100, log=log), "gpu.xid")
    assert [(row.severity, row.device) for row in found] == [("pass", "gpu 0"), ("fail", "gpu at 0000:99:00.0")]


def test_a_gpu_without_an_address_is_not_said_to_be_well() -> None:
    found = judge(make_machine(replace(H100, pci_address=None), log=XID.format(79)), "gpu.xid")
    assert [(row.severity, row.device) for row in found] == [("skip", "gpu 0"), ("fail", "gpu at 0000:1b:00.0")]


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 20034, Fatal, Link 30 LTSSM Fault Up", "fail"),
        ("nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 12028, Non-fatal, Link 32 egress error", "warn"),
    ],
)
def test_errors_of_switches(text: str, severity: str) -> None:
    signal = only(make_machine(H100, log=f"[1.0] {text}\n"), "gpu.sxid")
    assert (signal.severity, signal.device) == (severity, "switch at 0000:05:00.0")


@pytest.mark.parametrize(
    "machine",
    [
        make_machine(H100, log=None),
        make_machine(H100, os=OperatingSystem(family="windows")),
        make_machine(H100, os=OperatingSystem(family="linux", wsl=2)),
        make_machine(H100, os=OperatingSystem(family="linux", wsl=0, container="gvisor")),
    ],
)
def test_a_log_that_says_nothing_of_gpus_is_no_pass(machine: Machine) -> None:
    assert only(machine, "gpu.xid").severity == "skip"


def test_why_the_log_was_not_read_is_said() -> None:
    refused = Reading(id="kernel_events", source="dmesg", outcome="unreadable", detail="Operation not permitted")
    machine = make_machine(H100, log=None, readings=(PCI, refused))
    assert "dmesg: Operation not permitted" in only(machine, "gpu.xid").detail


AMD = Gpu(
    vendor="amd",
    index=0,
    pci_address="0000:a3:00.0",
    driver="amdgpu",
    integrated=False,
    link=PcieLink(width=16, largest_width=16),
)
KFD = DeviceNode(path="/dev/kfd", readable=True, writable=True)


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("3 correctable hardware errors detected in total in umc block", "info"),
        ("1 uncorrectable hardware errors detected in umc block", "fail"),
        ("GPU reset begin!", "warn"),
        ("ring gfx_0.0.0 timeout, signaled seq=1, emitted seq=2", "warn"),
    ],
)
def test_messages_of_amdgpu(text: str, severity: str) -> None:
    log = f"[9.0] amdgpu 0000:a3:00.0: amdgpu: {text}\n"
    machine = make_machine(AMD, nvidia=None, log=log, device_nodes=(KFD,))
    assert only(machine, "gpu.kernel_log").severity == severity


def test_an_amd_card_without_complaints() -> None:
    machine = make_machine(AMD, nvidia=None, device_nodes=(KFD,))
    assert only(machine, "gpu.kernel_log").severity == "pass"
    assert only(machine, "driver.nodes").severity == "pass"
    assert only(machine, "gpu.state").severity == "skip"
