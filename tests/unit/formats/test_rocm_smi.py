"""rocm-smi in its forms."""

from __future__ import annotations

import json

import pytest

from mlenv.facts.gpu import Clocks, Gpu, PcieLink, Power
from mlenv.formats.amd_gpu import AmdReport
from mlenv.formats.rocm_smi import parse_rocm_smi

GIB = 1024**3


def document(card: dict[str, str], **system: str) -> str:
    return json.dumps({"card0": card, "system": {"Driver version": "6.8.5", **system}})


def one(text: str) -> Gpu:
    report = parse_rocm_smi(text)
    assert report is not None
    return report.gpus[0]


def test_json() -> None:
    card = {
        "Device Name": "0x744c",
        "Device ID": "0x744c",
        "Unique ID": "0x2150e7d042a1124",
        "VBIOS version": "113-D7020100-102",
        "Temperature (Sensor edge) (C)": "45.0",
        "mclk clock speed:": "(96Mhz)",
        "sclk clock speed:": "(500Mhz)",
        "pcie clock level": "1 (16.0GT/s x16)",
        "Average Graphics Package Power (W)": "6.0",
        "Max Graphics Package Power (W)": "327.0",
        "PCI Bus": "0000:0A:00.0",
        "VRAM Total Memory (B)": str(24 * GIB),
        "VRAM Total Used Memory (B)": str(4 * GIB),
        "Card Series": "Navi 31 [Radeon RX 7900 XT/7900 XTX]",
        "GFX Version": "gfx1100",
        "(Topology) Numa Node": "0",
        "(Topology) Numa Affinity": "1",
    }
    assert parse_rocm_smi(document(card)) == AmdReport(
        driver="6.8.5",
        gpus=(
            Gpu(
                vendor="amd",
                index=0,
                name="Navi 31 [Radeon RX 7900 XT/7900 XTX]",
                uuid="GPU-02150e7d042a1124",
                pci_address="0000:0a:00.0",
                gfx="gfx1100",
                memory_bytes=24 * GIB,
                memory_free_bytes=20 * GIB,
                integrated=False,
                pci_id="1002:744c",
                numa_node=1,
                link=PcieLink(generation=4, width=16),
                power=Power(draw_watts=6.0, limit_watts=327.0),
                clocks=Clocks(graphics_mhz=500, memory_mhz=96),
                temperature_celsius=45,
                vbios="113-D7020100-102",
            ),
        ),
    )


@pytest.mark.parametrize("key", ["Card series", "Card Series", "Device Name", "Card model"])
def test_name_under_its_changing_keys(key: str) -> None:
    assert one(document({key: "AMD Instinct MI250X"})).name == "AMD Instinct MI250X"


@pytest.mark.parametrize("value", ["0x1002", "N/A", ""])
def test_number_of_a_vendor_is_no_name(value: str) -> None:
    assert one(document({"Card series": value, "Card model": value})).name is None


@pytest.mark.parametrize("value", ["N/A", "0", "0x0"])
def test_no_unique_number_is_no_uuid(value: str) -> None:
    assert one(document({"Unique ID": value})).uuid is None


@pytest.mark.parametrize("value", ["-1", "4294967295"])
def test_no_node(value: str) -> None:
    assert one(document({"(Topology) Numa Affinity": value})).numa_node is None


def test_driver_of_the_kernel_itself_has_no_version() -> None:
    report = parse_rocm_smi(document({}, **{"Driver version": "6.8.0-45-generic"}))
    assert report is not None
    assert report.driver is None


def test_warning_before_the_json() -> None:
    warning = "\n\nWARNING: AMD GPU device(s) is/are in a low-power state. Check power control/runtime_status\n\n"
    assert one(warning + document({"Device ID": "0x73df"})).pci_id == "1002:73df"


CSV = """\
device,VRAM Total Memory (B),VRAM Total Used Memory (B)
card0,17163091968,10854400
card1,17163091968,0

device,Card series,Card model,Card vendor,GFX Version
card0,"Radeon, the one",0x081e,Advanced Micro Devices Inc. [AMD/ATI],gfx906
"""


def test_csv_tables_are_laid_together() -> None:
    report = parse_rocm_smi(CSV)
    assert report is not None
    assert [("Radeon, the one", "gfx906", 17163091968 - 10854400), (None, None, 17163091968)] == [
        (gpu.name, gpu.gfx, gpu.memory_free_bytes) for gpu in report.gpus
    ]


TITLE = "======================= ROCm System Management Interface =======================\n"
WITH_MODEL = """\
Device  [Model : Revision]    Temp        Power     Partitions      SCLK    MCLK    Fan  Perf  PwrCap  VRAM%  GPU%
        Name (20 chars)       (Junction)  (Socket)  (Mem, Compute)
====================================================================================================================
0       [0x74a1 : 0x00]       35.0\u00b0C      133.0W    NPS4, CPX       131Mhz  900Mhz  0%   auto  750.0W    0%   0%
        AMD Instinct MI300X
"""
WITH_IDS = """\
Device  Node  IDs              Temp    Power    Partitions          SCLK  MCLK  Fan  Perf  PwrCap  VRAM%  GPU%
              (DID,     GUID)  (Edge)  (Socket) (Mem, Compute, ID)
==================================================================================================================
0       1     0x1586,   51259  39.0\u00b0C  13.057W  N/A, N/A, 0         N/A   N/A   0%   auto  N/A     3%     0%
"""
OLD = """\
GPU  Temp   AvgPwr  SCLK    MCLK     Fan     Perf  PwrCap  VRAM%  GPU%
0    33.0c  19.0W   930Mhz  350Mhz   14.51%  auto  225.0W    0%   0%
"""


def test_short_tables() -> None:
    assert one(TITLE + WITH_MODEL) == Gpu(
        vendor="amd",
        index=0,
        name="AMD Instinct MI300X",
        pci_id="1002:74a1",
        partition="CPX/NPS4",
        power=Power(draw_watts=133.0),
        temperature_celsius=35,
    )
    assert one(TITLE + WITH_IDS) == Gpu(
        vendor="amd", index=0, pci_id="1002:1586", power=Power(draw_watts=13.057), temperature_celsius=39
    )
    assert one(TITLE + OLD) == Gpu(vendor="amd", index=0, power=Power(draw_watts=19.0), temperature_celsius=33)


LIST = """\
Driver version: 6.7.0
GPU[0]\t\t: Unique ID: 0x8d1457e2c20f59d2
GPU[0]\t\t: sclk clock level: S: (137Mhz)
GPU[0]\t\t: get_power_profiles, Not supported on the given system
GPU[0]\t\t:
GPU[1]\t\t: PCI Bus: 0000:46:00.0
"""


def test_list_of_fields() -> None:
    assert parse_rocm_smi(TITLE + LIST) == AmdReport(
        driver="6.7.0",
        gpus=(
            Gpu(vendor="amd", index=0, uuid="GPU-8d1457e2c20f59d2", clocks=Clocks(graphics_mhz=137)),
            Gpu(vendor="amd", index=1, pci_address="0000:46:00.0"),
        ),
    )


def test_machine_without_a_driver() -> None:
    assert parse_rocm_smi(f"ERROR:root:Driver not initialized (amdgpu not found in modules)\n{TITLE}") == AmdReport()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"card0": 1}', '{"card\u0663": {}}', "card0,1\n", "{" * 100000])
def test_another_form(text: str) -> None:
    report = parse_rocm_smi(text)
    assert report is None or report.gpus == (Gpu(vendor="amd", index=0),)
