"""rocminfo and hipInfo."""

from __future__ import annotations

import pytest

from mlenv.facts.gpu import Gpu
from mlenv.formats.hipinfo import parse_hipinfo
from mlenv.formats.rocminfo import parse_rocminfo

GIB = 1024**3
PROCESSOR = """\
*******
Agent 1
*******
  Name:                    AMD Ryzen 9 7950X 16-Core Processor
  Uuid:                    CPU-XX
  Device Type:             CPU
  Compute Unit:            32
  Pool Info:
    Pool 1
      Segment:                 GLOBAL; FLAGS: FINE GRAINED
      Size:                    65683456(0x3ea4000) KB
"""


def agent(number: int, name: str, **fields: str) -> str:
    """A GPU of rocminfo with one pool of 16 GiB and one that is no memory."""
    lines = [f"*******\nAgent {number}\n*******\n  Name:                    {name}\n  Device Type:             GPU"]
    lines += [f"  {key.replace('_', ' ')}:             {value}" for key, value in fields.items()]
    lines += [
        "  Pool Info:\n    Pool 1\n      Segment:                 GLOBAL; FLAGS: COARSE GRAINED",
        "      Size:                    16777216(0x1000000) KB",
        "    Pool 2\n      Segment:                 GROUP\n      Size:                    64(0x40) KB",
        f"  ISA Info:\n    ISA 1\n      Name:                    amdgcn-amd-amdhsa--{name}",
    ]
    return "\n".join(lines) + "\n"


CARD = agent(
    2,
    "gfx1100",
    Uuid="GPU-5f0e33a1c2d4b687",
    Marketing_Name="AMD Radeon RX 7900 XTX",
    Chip_ID="29772(0x744c)",
    Compute_Unit="96",
    BDFID="768",
)


def test_agents_that_are_gpus() -> None:
    text = f"ROCk module version 6.10.5 is loaded\nHSA System Attributes\n{PROCESSOR}{CARD}*** Done ***\n"
    assert parse_rocminfo(text) == (
        Gpu(
            vendor="amd",
            index=0,
            name="AMD Radeon RX 7900 XTX",
            uuid="GPU-5f0e33a1c2d4b687",
            pci_address="0000:03:00.0",
            gfx="gfx1100",
            memory_bytes=16 * GIB,
            integrated=False,
            pci_id="1002:744c",
            compute_units=96,
        ),
    )


def test_wsl_prints_a_line_before() -> None:
    gpus = parse_rocminfo(f"WSL environment detected.\n=====\nHSA System Attributes\n{PROCESSOR}{CARD}")
    assert gpus is not None
    assert ["gfx1100"] == [gpu.gfx for gpu in gpus]


def test_graphics_of_a_processor() -> None:
    text = agent(2, "gfx1151", Uuid="GPU-XX", Marketing_Name="N/A", Chip_ID="5510(0x1586)")
    assert parse_rocminfo(text) == (
        Gpu(vendor="amd", index=0, gfx="gfx1151", memory_bytes=16 * GIB, integrated=True, pci_id="1002:1586"),
    )


def test_boards_of_other_domains_have_no_address() -> None:
    text = agent(5, "gfx942", Uuid="GPU-0a", BDFID="256") + agent(6, "gfx942", Uuid="GPU-0b", BDFID="256")
    gpus = parse_rocminfo(text)
    assert gpus is not None
    assert [None, None] == [gpu.pci_address for gpu in gpus]


def test_partitions_keep_the_address_of_their_board() -> None:
    text = agent(3, "gfx942", Uuid="GPU-0a", BDFID="1280") + agent(4, "gfx942", Uuid="GPU-0a", BDFID="1281")
    gpus = parse_rocminfo(text)
    assert gpus is not None
    assert ["0000:05:00.0", "0000:05:00.0"] == [gpu.pci_address for gpu in gpus]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ROCk module is NOT loaded, possibly no GPU devices\n", ()),
        (f"HSA System Attributes\n{PROCESSOR}", ()),
        ("bash: rocminfo: command not found\n", None),
        ("", None),
        ("Agent 1", None),
    ],
)
def test_no_gpu(text: str, expected: tuple[Gpu, ...] | None) -> None:
    assert parse_rocminfo(text) == expected


HIP = """\
--------------------------------------------------------------------------------
device#                           0
Name:                             AMD Radeon RX 9070 XT
pciBusID:                         3
pciDeviceID:                      0
pciDomainID:                      0
multiProcessorCount:              32
totalGlobalMem:                   15.92 GB
gcnArchName:                      gfx1201
isIntegrated:                     0
memInfo.total:                    16 GB
memInfo.free:                     15.50 GB (97%)
--------------------------------------------------------------------------------
device#                           1
Name:                             AMD Radeon(TM) 880M Graphics
gcnArchName:                      gfx1150:sramecc-:xnack-
"""


def test_hipinfo() -> None:
    assert parse_hipinfo(HIP) == (
        Gpu(
            vendor="amd",
            index=0,
            name="AMD Radeon RX 9070 XT",
            gfx="gfx1201",
            pci_address="0000:03:00.0",
            memory_bytes=16 * GIB,
            memory_free_bytes=int(15.5 * GIB),
            integrated=False,
        ),
        Gpu(vendor="amd", index=1, name="AMD Radeon(TM) 880M Graphics", gfx="gfx1150", integrated=True),
    )


def test_hipinfo_without_a_device() -> None:
    assert parse_hipinfo("hipInfo: error: no ROCm-capable device is detected\n") is None
