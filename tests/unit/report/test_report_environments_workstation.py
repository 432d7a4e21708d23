"""What changed on a workstation between two snapshots, beyond what environments feel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from mlenv.facts.drivers import FabricManager, Library, Nvidia
from mlenv.facts.gpu import Clocks, Ecc, EccCounts, Fabric, Gpu, GpuProcess, NvLink, PcieLink, Power, RowRemaps
from mlenv.facts.hardware import Disk, Memory, NetworkPort
from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.system import Account, DeviceNode, ResourceLimit
from mlenv.report.environments.workstation import compare_workstations
from tests.unit.report.environment_cases import A100, MACHINE

GIB = 1024**3


def gpu(**fields: Any) -> dict[str, Any]:
    return {"gpus": (replace(A100, pci_address="0000:01:00.0", **fields),)}


def nvidia(**fields: Any) -> dict[str, Any]:
    return {"nvidia": Nvidia(driver="580.65.06", **fields)}


def node(*, readable: bool) -> dict[str, Any]:
    return {"device_nodes": (DeviceNode(path="/dev/nvidia0", readable=readable, writable=readable),)}


def disk(**fields: Any) -> dict[str, Any]:
    return {"disks": (Disk(purpose="environment", path="/home", **fields),)}


def index(url: str) -> dict[str, Any]:
    return {"packages": PackageConfiguration(index_url=Setting(value=url, origin="pip.conf"))}


def port(state: str) -> dict[str, Any]:
    return {"network_ports": (NetworkPort(device="mlx5_0", port=1, state=state, rate=400.0),)}


def python(version: str) -> PythonInterpreter:
    return PythonInterpreter(version=version, path=f"/usr/bin/python{version[:4]}")


def library(version: str) -> dict[str, Any]:
    return {"libraries": (Library(name="cudnn", path="/usr/lib/libcudnn.so", version=version),)}


CASES: list[tuple[dict[str, Any], dict[str, Any], list[tuple[str, str]]]] = [
    (gpu(link=PcieLink(width=16)), gpu(link=PcieLink(width=8)), [("PCIe lanes of gpu 0", "medium")]),
    (gpu(link=PcieLink(width=8)), gpu(link=PcieLink(width=16)), [("PCIe lanes of gpu 0", "none")]),
    (gpu(link=PcieLink(width=16)), gpu(), []),
    (gpu(vbios="92.00"), gpu(vbios="94.00"), [("VBIOS of gpu 0", "low")]),
    (gpu(ecc=Ecc(enabled=True)), gpu(ecc=Ecc(enabled=False)), [("ECC of gpu 0", "medium")]),
    (gpu(recovery_action="none"), gpu(recovery_action="gpu-reset"), [("recovery of gpu 0", "high")]),
    (gpu(fabric=Fabric(state="completed")), gpu(fabric=Fabric(state="in-progress")), [("fabric of gpu 0", "high")]),
    (gpu(compute_mode="default"), gpu(compute_mode="prohibited"), [("compute mode of gpu 0", "medium")]),
    (gpu(driver="nvidia"), gpu(driver="vfio-pci"), [("kernel driver of gpu 0", "high")]),
    (gpu(memory_bytes=80 * GIB), gpu(memory_bytes=40 * GIB), [("memory of gpu 0", "medium")]),
    (
        gpu(nvlinks=(NvLink(link=0, active=True), NvLink(link=1, active=True))),
        gpu(nvlinks=(NvLink(link=0, active=True), NvLink(link=1, active=False))),
        [("NVLinks of gpu 0", "high")],
    ),
    (
        gpu(row_remaps=RowRemaps(uncorrected=0, failed=False)),
        gpu(row_remaps=RowRemaps(uncorrected=1, failed=True)),
        [("failed row remaps of gpu 0", "high"), ("remapped rows of gpu 0", "medium")],
    ),
    (
        gpu(ecc=Ecc(aggregate=EccCounts(uncorrected=3))),
        gpu(ecc=Ecc(aggregate=EccCounts(uncorrected=0))),
        [],  # a new card counts from the beginning
    ),
    (nvidia(kernel_module="580.65.06"), nvidia(kernel_module="575.57.08"), [("nvidia kernel module", "low")]),
    (
        nvidia(module_on_disk="580.65.06"),
        nvidia(module_on_disk="580.95.05"),
        [("nvidia kernel module of the next boot", "medium")],
    ),
    (
        nvidia(fabric_manager=FabricManager(running=True)),
        nvidia(fabric_manager=FabricManager(running=False)),
        [("fabric manager", "high")],
    ),
    (
        nvidia(fabric_manager=FabricManager(running=False)),
        nvidia(fabric_manager=FabricManager(running=True)),
        [("fabric manager", "none")],
    ),
    (library("8.9.7"), library("9.10.2"), [("library cudnn", "medium")]),
    (library("9.10.2"), {"libraries": ()}, [("library cudnn", "low")]),
    (library("9.10.2"), {"libraries": None}, []),
    (
        {"pythons": (python("3.12.4"),)},
        {"pythons": (python("3.12.5"), python("3.13.1"))},
        [("python /usr/bin/python3.12", "low"), ("python /usr/bin/python3.13", "none")],
    ),
    ({"pythons": (python("3.12.4"),)}, {"pythons": ()}, [("python /usr/bin/python3.12", "medium")]),
    (index("https://a.example.org/simple"), index("https://b.example.org/simple"), [("package index", "medium")]),
    (index("https://me:one@a.example.org/simple"), index("https://me:two@a.example.org/simple"), []),
    (node(readable=True), node(readable=False), [("device /dev/nvidia0", "high")]),
    (node(readable=True), {"device_nodes": ()}, [("device /dev/nvidia0", "medium")]),
    (
        {"account": Account(groups=("render", "video"))},
        {"account": Account(groups=("video",))},
        [("groups", "medium")],
    ),
    (
        {"limits": (ResourceLimit(name="open-files", soft=None),)},
        {"limits": (ResourceLimit(name="open-files", soft=1024),)},
        [("limit open-files", "low")],
    ),
    (disk(noexec=False), disk(noexec=True), [("mount, disk for environment", "high")]),
    (disk(total_bytes=100 * GIB, free_bytes=90 * GIB), disk(total_bytes=99 * GIB, free_bytes=GIB), []),
    (disk(writable=True), disk(writable=False), [("disk for environment", "high")]),
    (port("ACTIVE"), port("DOWN"), [("port mlx5_0/1", "medium")]),
    # What comes and goes is no difference.
    (
        gpu(temperature_celsius=40, memory_free_bytes=GIB, clocks=Clocks(graphics_mhz=210), power=Power(draw_watts=20)),
        gpu(
            temperature_celsius=80,
            memory_free_bytes=0,
            clocks=Clocks(graphics_mhz=1980),
            power=Power(draw_watts=300),
            clock_events=("gpu-idle",),
            performance_state="P0",
            processes=(GpuProcess(pid=7),),
        ),
        [],
    ),
    (
        {"memory": Memory(total_bytes=64 * GIB, available_bytes=60 * GIB)},
        {"memory": Memory(total_bytes=64 * GIB, available_bytes=GIB)},
        [],
    ),
]


@pytest.mark.parametrize(("before", "after", "changes"), CASES)
def test_changes(before: dict[str, Any], after: dict[str, Any], changes: list[tuple[str, str]]) -> None:
    found = compare_workstations(replace(MACHINE, **before), replace(MACHINE, **after))
    assert changes == [(change.subject, change.risk) for change in found]
    assert all(change.reason and change.before != change.after for change in found)


def test_cards_are_told_apart_by_their_place() -> None:
    first, second = (Gpu(vendor="nvidia", name="A", pci_address=f"0000:0{n}:00.0", vbios=str(n)) for n in (1, 2))
    assert () == compare_workstations(replace(MACHINE, gpus=(first, second)), replace(MACHINE, gpus=(second, first)))


def test_no_secret_is_told() -> None:
    before = replace(MACHINE, **index("https://me:geheim@a.example.org/simple"))
    after = replace(MACHINE, **index("https://me:geheim@b.example.org/simple"))
    assert "geheim" not in str(compare_workstations(before, after))


FOLDERS = sorted(path.parent for path in (Path(__file__).parents[2] / "machines").glob("*/machine.json"))


def test_recorded_machines_are_like_themselves_and_unlike_each_other() -> None:
    machines = [msgspec.json.decode((folder / "machine.json").read_bytes(), type=Machine) for folder in FOLDERS]
    assert machines
    for before, after in zip(machines, [*machines[1:], machines[0]], strict=True):
        assert () == compare_workstations(before, before)
        changes = compare_workstations(before, after)
        assert changes
        assert all(change.reason and change.before != change.after for change in changes)
