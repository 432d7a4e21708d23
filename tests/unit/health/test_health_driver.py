"""The driver: one cause is told once and stops what it explains."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from mlenv.facts.drivers import Nvidia
from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.reading import Reading
from mlenv.facts.system import DeviceNode, OperatingSystem
from mlenv.health.find import find_signals
from tests.unit.health.health_scenes import H100, NODES, NVIDIA, PCI, TABLE, make_machine, only

ON_BUS = Gpu(vendor="nvidia", pci_address="0000:1b:00.0", driver="nvidia")
ABSENT = Reading(id="nvidia.nvml", source="libnvidia-ml.so.1", outcome="absent")


def outline(machine: Machine) -> list[tuple[str, str]]:
    return [(row.id, row.severity) for row in find_signals(machine, TABLE)]


@pytest.mark.parametrize(
    ("answer", "action"),
    [
        ("DriverNotLoaded", "update_driver"),
        ("LibRmVersionMismatch", "reboot"),
        ("timeout", "reboot"),
        ("SIGSEGV", "reboot"),
    ],
)
def test_a_driver_that_does_not_start_stops_the_rest(answer: str, action: str) -> None:
    machine = make_machine(ON_BUS, nvidia=Nvidia(nvml=answer))
    assert outline(machine) == [("driver.nouveau", "pass"), ("driver.loaded", "fail"), ("gpu.state", "skip")]
    assert only(machine, "driver.loaded").action == action


def test_a_driver_that_fails_is_told_of_where_no_gpu_was_found() -> None:
    machine = replace(make_machine(nvidia=Nvidia(nvml="LibRmVersionMismatch")), gpus=None)
    assert outline(machine) == [("driver.loaded", "fail"), ("gpu.state", "skip")]


def test_nouveau_is_the_cause() -> None:
    machine = make_machine(replace(ON_BUS, driver="nouveau"), nvidia=None)
    assert outline(machine) == [("driver.nouveau", "fail"), ("gpu.state", "skip")]


def test_a_gpu_without_a_driver() -> None:
    machine = make_machine(replace(ON_BUS, driver=""), nvidia=None, readings=(PCI, ABSENT))
    assert ("driver.loaded", "fail") in outline(machine)


def test_a_container_without_the_drivers_libraries() -> None:
    system = OperatingSystem(family="linux", wsl=0, container="docker")
    machine = make_machine(ON_BUS, nvidia=Nvidia(kernel_module="580.95.05"), os=system, readings=(PCI, ABSENT))
    assert "docker run --gpus all" in only(machine, "driver.loaded").remedy


def test_a_described_machine_is_not_known_to_work() -> None:
    described = Gpu(vendor="nvidia", name="Tesla V100", compute_capability="7.0")
    machine = make_machine(described, nvidia=Nvidia(driver="570.133.20"), readings=(), device_nodes=None, log=None)
    assert {severity for _, severity in outline(machine)} == {"skip"}


@pytest.mark.parametrize(
    ("nodes", "cuda", "severity"),
    [
        (NODES, "ok", "pass"),
        (NODES[:1], "ok", "info"),
        (NODES[:1], None, "skip"),
        (NODES[:1], "CUDA_ERROR_UNKNOWN", "fail"),
        ((*NODES[:1], DeviceNode(path="/dev/nvidia-uvm", readable=False, writable=False)), "ok", "fail"),
        (None, "ok", "skip"),
    ],
)
def test_device_files(nodes: Any, cuda: str | None, severity: str) -> None:
    machine = make_machine(H100, nvidia=replace(NVIDIA, cuda_init=cuda), device_nodes=nodes)
    assert only(machine, "driver.nodes").severity == severity


def test_a_gpu_that_the_driver_does_not_list() -> None:
    gone = replace(ON_BUS, pci_address="0000:99:00.0")
    signal = only(make_machine(H100, gone), "gpu.count")
    assert (signal.severity, "0000:99:00.0" in signal.detail) == ("fail", True)
    lent = replace(gone, driver="vfio-pci")
    assert only(make_machine(H100, lent), "gpu.count").severity == "pass"
    inside = make_machine(H100, gone, os=OperatingSystem(family="linux", wsl=0, container="docker"))
    assert only(inside, "gpu.count").severity == "info"
    assert only(make_machine(H100, readings=()), "gpu.count").severity == "skip"


def test_a_lost_gpu_is_not_asked_further_and_the_other_one_is() -> None:
    lost = Gpu(vendor="nvidia", index=1, pci_address="0000:1c:00.0")
    reading = Reading(id="gpu.1", source="NVML", outcome="unreadable", detail="GpuIsLost (15): GPU is lost (handle)")
    machine = make_machine(H100, lost, readings=(PCI, reading))
    signal = only(machine, "gpu.nvml")
    assert (signal.severity, signal.device, signal.action) == ("fail", "gpu 1", "reboot")
    assert only(machine, "gpu.ecc").device == "gpu 0"
    assert only(machine, "gpu.state").device == "gpu 1"


@pytest.mark.parametrize(("driver", "severity"), [("amdgpu", "pass"), ("", "fail"), (None, "skip")])
def test_amds_driver(driver: str | None, severity: str) -> None:
    card = Gpu(vendor="amd", index=0, driver=driver, integrated=False)
    assert only(make_machine(card, nvidia=None), "driver.loaded").severity == severity
