"""lspci in its forms."""

from __future__ import annotations

import pytest

from mlenv.facts.gpu import Gpu, PcieLink
from mlenv.formats.lspci import parse_lspci

BRIDGE = "00:00.0 Host bridge [0600]: Intel Corporation 82G33 Express DRAM Controller [8086:29c0]\n"


def gpus(text: str) -> tuple[Gpu, ...]:
    found = parse_lspci(text)
    assert found is not None
    return found


def test_plain_lines() -> None:
    text = (
        "00:02.0 VGA compatible controller: Intel Corporation Alder Lake-P GT2 [Iris Xe Graphics] (rev 0c)\n"
        "00:1f.3 Audio device: Intel Corporation Alder Lake PCH-P High Definition Audio (rev 01)\n"
        "01:00.0 3D controller: NVIDIA Corporation Device 2330 (rev a1)\n"
        "01:00.1 Audio device: NVIDIA Corporation Device 22bc (rev a1)\n"
        "03:00.0 VGA compatible controller: Advanced Micro Devices, Inc. [AMD/ATI] Navi 31 [Radeon RX 7900] (rev c8)\n"
    )
    assert gpus(text) == (
        Gpu(vendor="intel", name="Alder Lake-P GT2 [Iris Xe Graphics]", pci_address="0000:00:02.0", integrated=True),
        Gpu(vendor="nvidia", pci_address="0000:01:00.0", pci_id="10de:2330"),
        Gpu(vendor="amd", name="Navi 31 [Radeon RX 7900]", pci_address="0000:03:00.0"),
    )


def test_numbers_say_the_vendor() -> None:
    text = (
        BRIDGE + "0001:00:00.0 3D controller [0302]: NVIDIA Corporation GA100 [A100 SXM4 80GB] [10de:20b2] (rev a1)\n"
    )
    assert gpus(text) == (
        Gpu(vendor="nvidia", name="GA100 [A100 SXM4 80GB]", pci_address="0001:00:00.0", pci_id="10de:20b2"),
    )


@pytest.mark.parametrize(
    "line",
    [
        "00:01.0 VGA compatible controller [0300]: Red Hat, Inc. Virtio GPU [1af4:1050] (rev 01)",
        "00:0f.0 VGA compatible controller [0300]: VMware SVGA II Adapter [15ad:0405]",
        "03:00.0 VGA compatible controller [0300]: Matrox Electronics Systems Ltd. G200eW3 [102b:0536] (rev 04)",
        "04:00.0 VGA compatible controller [0300]: ASPEED Technology, Inc. ASPEED Graphics Family [1a03:2000]",
        "00:0b.0 Processing accelerators [1200]: Intel Corporation Meteor Lake NPU [8086:7d1d] (rev 04)",
        "83:00.0 Bridge [0680]: NVIDIA Corporation Device [10de:22a3] (rev a1)",
    ],
)
def test_what_is_no_gpu(line: str) -> None:
    assert gpus(BRIDGE + line) == ()


def test_accelerators_of_amd() -> None:
    line = (
        "05:00.0 Processing accelerators [1200]: Advanced Micro Devices, Inc. [AMD/ATI] Aqua Vanjaram [Instinct MI300X]"
    )
    assert gpus(f"{line} [1002:74a1]") == (
        Gpu(vendor="amd", name="Aqua Vanjaram [Instinct MI300X]", pci_address="0000:05:00.0", pci_id="1002:74a1"),
    )


STANZAS = """\
19:00.0 3D controller [0302]: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330] (rev a1) (prog-if 00 [Normal])
\tSubsystem: NVIDIA Corporation Device [10de:16c1]
\tNUMA node: 1
\tCapabilities: [60] Express (v2) Endpoint, MSI 00
\t\tLnkCap:\tPort #0, Speed 32GT/s, Width x16, ASPM not supported
\t\tLnkSta:\tSpeed 2.5GT/s (downgraded), Width x8 (downgraded)
\tKernel driver in use: vfio-pci
\tKernel modules: nvidiafb, nouveau
3b:00.0 3D controller [0302]: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330] (rev a1)
\tKernel modules: nvidiafb, nouveau
"""


def test_drivers_and_links() -> None:
    assert gpus(STANZAS) == (
        Gpu(
            vendor="nvidia",
            name="GH100 [H100 SXM5 80GB]",
            pci_address="0000:19:00.0",
            pci_id="10de:2330",
            driver="vfio-pci",
            numa_node=1,
            link=PcieLink(generation=1, width=8, largest_generation=5, largest_width=16),
        ),
        Gpu(vendor="nvidia", name="GH100 [H100 SXM5 80GB]", pci_address="0000:3b:00.0", pci_id="10de:2330", driver=""),
    )


RECORDS = """\
Slot:\t00:0f.0
Class:\tVGA compatible controller [0300]
Vendor:\tVMware [15ad]
Device:\tSVGA II Adapter [0405]

Slot:\t0b:00.0
Class:\tVGA compatible controller [0300]
Vendor:\tAdvanced Micro Devices, Inc. [AMD/ATI] [1002]
Device:\tNavi 22 [Radeon RX 6700/6700 XT / 6800M] [73df]
Driver:\tamdgpu
Module:\tamdgpu
NUMANode:\t0
"""


def test_records() -> None:
    assert gpus(RECORDS) == (
        Gpu(
            vendor="amd",
            name="Navi 22 [Radeon RX 6700/6700 XT / 6800M]",
            pci_address="0000:0b:00.0",
            pci_id="1002:73df",
            driver="amdgpu",
            numa_node=0,
        ),
    )


def test_quoted_and_numeric_lines() -> None:
    quoted = '06:00.0 "3D controller" "NVIDIA Corporation" "GA102GL [A10]" -ra1 "NVIDIA Corporation" "Device 1482"\n'
    assert gpus(quoted) == (Gpu(vendor="nvidia", name="GA102GL [A10]", pci_address="0000:06:00.0"),)
    numeric = "00:1f.0 0601: 8086:2918 (rev 02)\n06:00.0 0302: 10de:2236 (rev a1)\n"
    assert gpus(numeric) == (Gpu(vendor="nvidia", pci_address="0000:06:00.0", pci_id="10de:2236"),)


@pytest.mark.parametrize("text", ["", "lspci: Cannot open /proc/bus/pci\n", "Slot:\tx\n", "00:00.0\n", "00:00.0 a\n"])
def test_another_form(text: str) -> None:
    assert parse_lspci(text) is None


def test_long_lines_take_no_longer() -> None:
    assert parse_lspci("00:00.0 a: " + "(rev " * 200_000) == ()
