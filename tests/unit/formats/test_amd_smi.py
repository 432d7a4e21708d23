"""amd-smi as JSON and as text, and rocprof-compute's description of a machine."""

from __future__ import annotations

import json

import pytest

from mlenv.facts.gpu import Clocks, Ecc, Gpu, PcieLink, Power
from mlenv.formats.amd_gpu import AmdReport, target, tell_integrated
from mlenv.formats.amd_smi import parse_amd_smi
from mlenv.formats.sysinfo_csv import parse_sysinfo

GIB = 1024**3
CARD = {
    "gpu": 0,
    "asic": {
        "market_name": "AMD Radeon RX 7900 XTX",
        "device_id": "0x744c",
        "asic_serial": "0x5F0E33A1C2D4B687",
        "num_compute_units": 96,
        "target_graphics_version": "gfx1100",
    },
    "bus": {"bdf": "0000:03:00.0", "max_pcie_width": 16, "max_pcie_speed": {"value": 16, "unit": "GT/s"}},
    "vbios": {"name": "NAVI31", "part_number": "113-D7020100-102"},
    "limit": {"max_power": {"value": 327, "unit": "W"}, "socket_power": {"value": 303, "unit": "W"}},
    "driver": {"name": "amdgpu", "version": "6.10.5"},
    "board": {"product_name": "N/A"},
    "ras": {"ecc_block_state": {"UMC": "DISABLED"}},
    "partition": {"compute_partition": "N/A", "memory_partition": "N/A"},
    "numa": {"node": 0, "affinity": "NONE"},
    "vram": {"size": {"value": 24560, "unit": "MB"}},
}
GPU = Gpu(
    vendor="amd",
    index=0,
    name="AMD Radeon RX 7900 XTX",
    uuid="GPU-5f0e33a1c2d4b687",
    pci_address="0000:03:00.0",
    gfx="gfx1100",
    memory_bytes=24560 * 1024**2,
    integrated=False,
    pci_id="1002:744c",
    compute_units=96,
    numa_node=0,
    link=PcieLink(largest_generation=4, largest_width=16),
    power=Power(limit_watts=303.0, largest_limit_watts=327.0),
    vbios="113-D7020100-102",
    ecc=Ecc(enabled=False),
)


@pytest.mark.parametrize("document", [[CARD], {"gpu_data": [CARD]}], ids=["list", "wrapped"])
def test_static(document: object) -> None:
    assert parse_amd_smi(f"WARNING: x\n{json.dumps(document)}\n") == AmdReport(gpus=(GPU,), driver="6.10.5")


TEXT = """\
CPU: 0
    SMU:
        FW_VERSION: 85.90.0

GPU: 1
    ASIC:
        MARKET_NAME: MI300A
        DEVICE_ID: 0x74a0
    BUS:
        BDF: 0001:01:00.0
        MAX_PCIE_SPEED: 32 GT/s
    DRIVER:
        NAME: amdgpu
        VERSION: 6.8.0-45-generic
    PARTITION:
        ACCELERATOR_PARTITION: CPX
        MEMORY_PARTITION: NPS4
    VRAM:
        TYPE: HBM
        SIZE: 65536 MB
"""


def test_text() -> None:
    assert parse_amd_smi(TEXT) == AmdReport(
        gpus=(
            Gpu(
                vendor="amd",
                index=1,
                name="MI300A",
                pci_address="0001:01:00.0",
                memory_bytes=64 * GIB,
                integrated=True,
                pci_id="1002:74a0",
                partition="CPX/NPS4",
                link=PcieLink(largest_generation=5),
            ),
        )
    )


LIST = "GPU: 0\n    BDF: 0000:c5:00.0\n    UUID: 00ff1586-0000-1000-8000-000000000000\n    KFD_ID: 51259\n"


def test_list() -> None:
    expected = Gpu(vendor="amd", index=0, uuid="00ff1586-0000-1000-8000-000000000000", pci_address="0000:c5:00.0")
    document = [{"gpu": 0, "bdf": "0000:c5:00.0", "uuid": "00ff1586-0000-1000-8000-000000000000", "node_id": 1}]
    assert parse_amd_smi(LIST) == AmdReport(gpus=(expected,))
    assert parse_amd_smi(json.dumps(document)) == AmdReport(gpus=(expected,))


def test_version() -> None:
    text = (
        "AMDSMI Tool: 26.2.2+e1a6bc56 | AMDSMI Library version: 26.2.2 | ROCm version: 7.2.1 | amdgpu version: 6.16.13"
    )
    assert parse_amd_smi(text) == AmdReport(rocm="7.2.1", driver="6.16.13")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "[1]", "{}", "GPU: 0\n", '[{"gpu": 0}]', "GPU: 0\n    POWER:\n        X: 1\n", "amd-smi: not found"],
)
def test_another_form(text: str) -> None:
    assert parse_amd_smi(text) is None


def test_target_without_features() -> None:
    assert ["gfx90a", "gfx1100", None, None] == [
        target(text) for text in ("amdgcn-amd-amdhsa--gfx90a:sramecc+:xnack-", "GFX1100", "gfx11-generic", None)
    ]


def test_target_that_is_card_and_processor() -> None:
    assert [True, False, None] == [tell_integrated("gfx942", device) for device in (0x74A0, 0x74A1, None)]


SYSINFO = """\
workload_name,command,rocm_version,vbios,compute_partition,memory_partition,gpu_model,gpu_arch,cu_per_gpu,max_sclk
device_filter,"./vcopy -n 1, 2",6.1.2-110,N/A,SPX,NPS1,MI300A_A1,gfx942,228,2100
"""


def test_sysinfo() -> None:
    assert parse_sysinfo(SYSINFO) == AmdReport(
        rocm="6.1.2",
        gpus=(
            Gpu(
                vendor="amd",
                name="MI300A_A1",
                gfx="gfx942",
                integrated=True,
                compute_units=228,
                partition="SPX/NPS1",
                clocks=Clocks(largest_graphics_mhz=2100),
            ),
        ),
    )


@pytest.mark.parametrize("text", ["", "gpu_arch\n", "gpu_arch\ngfx942\n", 'a,"\nb'])
def test_another_csv(text: str) -> None:
    assert parse_sysinfo(text) is None
