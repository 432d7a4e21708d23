"""xpu-smi as JSON and as tables."""

from __future__ import annotations

import json

import pytest

from mlenv.facts.drivers import GpuPath
from mlenv.facts.gpu import Clocks, Ecc, EccCounts, Gpu, GpuProcess, PcieLink, Power
from mlenv.formats.xpu_smi import XpuReport, XpuVerdict, parse_xpu_smi

GIB = 1024**3
DEVICE = {
    "device_id": 0,
    "device_name": "Intel(R) Arc(TM) B580 Graphics",
    "pci_bdf_address": "0000:03:00.0",
    "pci_device_id": "0xe20b",
    "uuid": "00000000-0000-0003-0000-0000e20b8086",
    "vendor_name": "Intel(R) Corporation",
}
CARD = Gpu(
    vendor="intel",
    index=0,
    name="Intel(R) Arc(TM) B580 Graphics",
    uuid="00000000-0000-0003-0000-0000e20b8086",
    pci_address="0000:03:00.0",
    pci_id="8086:e20b",
)


def test_list_as_json() -> None:
    assert parse_xpu_smi(json.dumps({"device_list": [DEVICE]})) == XpuReport(gpus=(CARD,))


@pytest.mark.parametrize("memory", [12 * GIB, str(12 * GIB)])
def test_one_device_as_json(memory: object) -> None:
    more = {"memory_physical_size_byte": memory, "number_of_eus": "160", "pcie_generation": "4"}
    report = parse_xpu_smi(json.dumps({**DEVICE, **more, "pcie_max_link_width": "8"}))
    assert report is not None
    gpu = report.gpus[0]
    assert (12 * GIB, 160) == (gpu.memory_bytes, gpu.compute_units)
    assert gpu.link == PcieLink(largest_generation=4, largest_width=8)


DISCOVERY = """\
xpu-smi discovery
+-----------+----------------------------------------------------------+
| Device ID | Device Information                                       |
+-----------+----------------------------------------------------------+
| 0         | Device Name: Intel(R) Data Center GPU Max 1100           |
|           | UUID: 01000000-0000-004d-0000-000856c08086               |
|           | PCI BDF Address: 0000:4d:00.0                            |
|           | PCIe Generation: 5                                       |
|           | PCIe Max Link Width:                                     |
|           |                                                          |
|           | Memory Physical Size: 49152.00 MiB                       |
|           | ECC State: enabled                                       |
|           | Number of EUs: 448                                       |
+-----------+----------------------------------------------------------+
| 1         | Device Name: unknown                                     |
|           | PCI BDF Address: 0000:9a:00.0                            |
+-----------+----------------------------------------------------------+
"""


def test_discovery() -> None:
    assert parse_xpu_smi(DISCOVERY) == XpuReport(
        gpus=(
            Gpu(
                vendor="intel",
                index=0,
                name="Intel(R) Data Center GPU Max 1100",
                uuid="01000000-0000-004d-0000-000856c08086",
                pci_address="0000:4d:00.0",
                pci_id="8086:56c0",
                memory_bytes=48 * GIB,
                compute_units=448,
                link=PcieLink(largest_generation=5),
                ecc=Ecc(enabled=True),
            ),
            Gpu(vendor="intel", index=1, pci_address="0000:9a:00.0"),
        )
    )


VERSION = (
    "CLI:\n    Version: 1.2.11\n    Build ID: c6\n\nService:\n    Version: 1.2.11\n    Level Zero Version: 1.9.9\n"
)


def test_version() -> None:
    assert parse_xpu_smi(VERSION) == XpuReport(tool="1.2.11", level_zero="1.9.9")


STATS = """\
| Device ID                   | 1                    |
| GPU Power (W)               | 15                   |
| GPU Frequency (MHz)         | 2050                 |
| GPU Core Temperature (C)    |                      |
| Mem Errors Correctable      | 3                    |
| Mem Errors Uncorrectable    | 0                    |
"""
CONFIG = """\
| Device Type | Device ID/Tile ID | Configuration                           |
| GPU         | 0                 | Power Limit (w): 300.0                  |
|             |                   |   Valid Range: 1 to 500                 |
|             |                   | Memory ECC:                             |
|             |                   |   Current: enabled                      |
|             |                   |   Pending: disabled                     |
| GPU         | 0/0               | GPU Max Frequency(MHz): 1300.0          |
|             |                   |   Valid Options: 300, 1300              |
"""


def test_state() -> None:
    assert parse_xpu_smi(STATS) == XpuReport(
        gpus=(
            Gpu(
                vendor="intel",
                index=1,
                power=Power(draw_watts=15.0),
                clocks=Clocks(graphics_mhz=2050),
                ecc=Ecc(volatile=EccCounts(corrected=3, uncorrected=0)),
            ),
        )
    )
    assert parse_xpu_smi(CONFIG) == XpuReport(
        gpus=(
            Gpu(
                vendor="intel",
                index=0,
                power=Power(limit_watts=300.0, largest_limit_watts=500.0),
                clocks=Clocks(largest_graphics_mhz=1300),
                ecc=Ecc(enabled=True, pending=False),
            ),
        )
    )


HEALTH = """\
| Device ID                    | 2                                           |
| 1. GPU Core Temperature      | Status: Warning                             |
|                              | Description: Over the throttle threshold.   |
|                              | Throttle Threshold: 105 Celsius Degree      |
| Software Library             | Result: Pass                                |
|                              | Message: Pass to check libraries            |
"""


def test_verdicts() -> None:
    assert parse_xpu_smi(HEALTH) == XpuReport(
        verdicts=(
            XpuVerdict(
                device=2, component="GPU Core Temperature", status="Warning", detail="Over the throttle threshold."
            ),
            XpuVerdict(device=2, component="Software Library", status="Pass", detail="Pass to check libraries"),
        )
    )


MATRIX = """\
         GPU 0/0|GPU 0/1|GPU 1/0|CPU Affinity
GPU 0/0 |S      |MDF    |XL16   |0-23,48-71
GPU 0/1 |MDF    |S      |XL*    |0-23,48-71
GPU 1/0 |XL16   |XL*    |S      |24-47,72-95
"""


def test_relations() -> None:
    assert parse_xpu_smi(MATRIX) == XpuReport(paths=(GpuPath(first=0, second=1, level="XL16"),))
    processes = "PID       Command             DeviceID       SHR            MEM\n12961  python3 train.py  1  0  1966\n"
    assert parse_xpu_smi(processes) == XpuReport(
        gpus=(
            Gpu(
                vendor="intel",
                index=1,
                processes=(GpuProcess(pid=12961, name="python3 train.py", memory_bytes=1966 * 1024),),
            ),
        )
    )


@pytest.mark.parametrize(
    "text", ["", "Error: Level Zero Initialization Error\n", "| a | b |\n", "{}", "| Device ID | 0 |\n", "|\n||\n"]
)
def test_another_form(text: str) -> None:
    assert parse_xpu_smi(text) is None
