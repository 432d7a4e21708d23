"""Product names as drivers, lspci and people write them."""

from __future__ import annotations

from datetime import date

import pytest

from mlenv.matrix import query
from mlenv.matrix.hardware import GpuModel, GpuModels

NVIDIA = {
    "Tesla K80": "3.7",
    "GeForce GTX TITAN X": "5.2",
    "TITAN X Pascal": "6.1",
    "GeForce GTX 1060 3 GB": "6.1",
    "GeForce GTX 1060 6 GB": "6.1",
    "GeForce GTX 1080 Ti": "6.1",
    "Tesla V100 SXM2 32 GB": "7.0",
    "TITAN V": "7.0",
    "Quadro RTX 4000": "7.5",
    "Tesla T4": "7.5",
    "A100 SXM4 80 GB": "8.0",
    "A10 PCIe": "8.6",
    "A10G": "8.6",
    "RTX A6000": "8.6",
    "GeForce RTX 4060": "8.9",
    "GeForce RTX 4060 Ti 16 GB": "8.9",
    "RTX 4000 Ada Generation": "8.9",
    "GH200 (96 GB)": "9.0",
    "H100 SXM5 80 GB": "9.0",
    "B300 SXM": "10.3",
    "RTX PRO 6000 Blackwell": "12.0",
    "RTX PRO 6000 Blackwell Server": "12.0",
    # A product name that stands for two chips.
    "GeForce GT 730 1 GB": "2.1",
    "GeForce GT 730 2 GB": "3.5",
}
AMD = {
    "AMD Instinct MI300X": "gfx942",
    "AMD Radeon RX 580": "gfx803",
    "AMD Radeon RX 7900 XT": "gfx1100",
    "AMD Radeon RX 7900 XTX": "gfx1100",
    "AMD Radeon VII": "gfx906",
    "AMD Radeon PRO W7900": "gfx1100",
}
GPUS = GpuModels(
    sources={},
    checked_on=date(2026, 11, 22),
    gpu=(
        *(GpuModel(vendor="nvidia", name=name, compute_capability=cc, source=()) for name, cc in NVIDIA.items()),
        *(GpuModel(vendor="amd", name=name, gfx=gfx, source=()) for name, gfx in AMD.items()),
        GpuModel(vendor="intel", name="Intel Arc B580", source=()),
        GpuModel(vendor="apple", name="Apple M1", source=()),
    ),
)


@pytest.mark.parametrize(
    ("name", "capability"),
    [
        ("NVIDIA GeForce GTX 1080 Ti", "6.1"),
        ("GeForce GTX 1080 Ti", "6.1"),
        ("GTX 1080 Ti", "6.1"),
        ("NVIDIA GeForce GTX 1060 3GB", "6.1"),
        ("NVIDIA TITAN X (Pascal)", "6.1"),
        ("NVIDIA GeForce GTX TITAN X", "5.2"),
        ("NVIDIA TITAN V", "7.0"),
        ("Tesla V100-SXM2-32GB", "7.0"),
        ("Tesla V100-PCIE-16GB", "7.0"),
        ("NVIDIA A100-SXM4-40GB", "8.0"),
        ("NVIDIA A100 80GB PCIe", "8.0"),
        ("NVIDIA A100-SXM4-80GB MIG 1g.10gb", "8.0"),
        ("NVIDIA A10G", "8.6"),
        ("NVIDIA A10", "8.6"),
        ("NVIDIA RTX A6000", "8.6"),
        ("NVIDIA GeForce RTX 4060 Laptop GPU", "8.9"),
        ("NVIDIA GeForce RTX 4060 Ti", "8.9"),
        ("NVIDIA RTX 4000 Ada Generation Laptop GPU", "8.9"),
        ("NVIDIA H100 80GB HBM3", "9.0"),
        ("NVIDIA GH200 480GB", "9.0"),
        ("NVIDIA GH200 144G HBM3e", "9.0"),
        ("NVIDIA B300 SXM6 AC", "10.3"),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "12.0"),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "12.0"),
        ("Quadro RTX 4000 with Max-Q Design", "7.5"),
        ("TU104GL [Tesla T4]", "7.5"),
        ("AD107M [GeForce RTX 4060 Max-Q / Mobile]", "8.9"),
        # Never a guess: other products, other vendors, no product at all, two chips of one name.
        ("NVIDIA RTX 4000", None),
        ("NVIDIA TITAN X", None),
        ("NVIDIA GeForce GTX 1080", None),
        ("NVIDIA GeForce RTX 4070 Laptop GPU", None),
        ("NVIDIA Graphics Device", None),
        ("NVIDIA GeForce GT 730", None),
        ("AMD Radeon RX 580", None),
        ("", None),
    ],
)
def test_compute_capability_of(name: str, capability: str | None) -> None:
    assert query.compute_capability_of(GPUS, name) == capability


@pytest.mark.parametrize(
    ("name", "gfx"),
    [
        ("AMD Instinct MI300X", "gfx942"),
        ("AMD Instinct MI300X OAM", "gfx942"),
        ("AMD Radeon RX 7900 XTX", "gfx1100"),
        ("Radeon RX 7900 XTX", "gfx1100"),
        ("Navi 31 [Radeon RX 7900 XT/7900 XTX/7900 GRE/7900M]", "gfx1100"),
        ("AMD Radeon Pro W7900", "gfx1100"),
        ("AMD Radeon RX 580 Series", None),
        ("AMD Radeon Pro VII", None),
        ("AMD Radeon Graphics", None),
        ("NVIDIA TITAN V", None),
    ],
)
def test_gfx_of(name: str, gfx: str | None) -> None:
    assert query.gfx_of(GPUS, name) == gfx


@pytest.mark.parametrize(
    ("name", "vendor", "found"),
    [
        ("Intel(R) Arc(TM) B580 Graphics", "intel", "Intel Arc B580"),
        ("Intel Arc B580 Graphics", "", "Intel Arc B580"),
        ("Intel Arc B580 Graphics", "amd", None),
        ("Intel(R) UHD Graphics 770", "intel", None),
        ("Apple M1", "apple", "Apple M1"),
        ("Apple M1 Max", "apple", None),
        ("NVIDIA GeForce GTX 1060 6GB", "nvidia", "GeForce GTX 1060 3 GB"),
    ],
)
def test_find_gpu(name: str, vendor: str, found: str | None) -> None:
    row = query.find_gpu(GPUS, name, vendor=vendor)
    assert (row.name if row else None) == found
