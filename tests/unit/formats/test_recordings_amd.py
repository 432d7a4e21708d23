"""What real AMD machines print, read in place."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mlenv.facts.gpu import Gpu
from mlenv.formats.amd_gpu import AmdReport
from mlenv.formats.amd_smi import parse_amd_smi
from mlenv.formats.rocm_smi import parse_rocm_smi
from mlenv.formats.rocminfo import parse_rocminfo
from mlenv.formats.sysinfo_csv import parse_sysinfo
from mlenv.probe.accelerators.amd import NODES, read_amd
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.formats.recordings import files, load_tree, name, needs_recordings

pytestmark = needs_recordings

GIB = 1024**3
LINUX = Identity(system="linux", release="6.8.0", machine="x86_64")


def topology(stem: str) -> tuple[Gpu, ...]:
    """The GPUs of a recorded KFD tree."""
    path = next(path for path in files("kfd-topology/*.json") if path.name.startswith(stem))
    host = RecordedHost(Recording(identity=LINUX, files=load_tree(path).texts(NODES.removesuffix("/nodes"))))
    gpus = read_amd(host, Log()).gpus
    assert gpus is not None
    return gpus


def test_every_topology_is_known_here() -> None:
    expected = ["mi210-xgmi", "mi300-cpx", "mi308", "one-gpu"]
    assert expected == [path.name.removesuffix(".tree.json") for path in files("kfd-topology/*.json")]


def test_tree_without_targets() -> None:
    gpus = topology("one-gpu")
    assert [(None, None, "0000:19:00.0", "1002:6860", 64)] * 2 == [
        (gpu.gfx, gpu.integrated, gpu.pci_address, gpu.pci_id, gpu.compute_units) for gpu in gpus
    ]
    assert [(17163091968, 17163091968 - 14102528)] * 2 == [(gpu.memory_bytes, gpu.memory_free_bytes) for gpu in gpus]


def test_eight_cards() -> None:
    gpus = topology("mi210")
    assert 8 == len({gpu.pci_address for gpu in gpus}) == len({gpu.uuid for gpu in gpus})
    assert {("gfx90a", "1002:740f", 104, False)} == {
        (gpu.gfx, gpu.pci_id, gpu.compute_units, gpu.integrated) for gpu in gpus
    }
    assert list(range(8)) == [gpu.index for gpu in gpus]


def test_partitions_of_eight_boards() -> None:
    """The tree was recorded without the last of its 64 partitions."""
    gpus = topology("mi300-cpx")
    boards = Counter(gpu.pci_address for gpu in gpus)
    assert (63, 8, {7, 8}) == (len(gpus), len(boards), set(boards.values()))
    assert all(address.endswith(".0") for address in boards if address)
    assert {("gfx942", "1002:74a1", 38, False)} == {
        (gpu.gfx, gpu.pci_id, gpu.compute_units, gpu.integrated) for gpu in gpus
    }


def test_partitions_with_memory_of_their_own() -> None:
    gpus = topology("mi308")
    boards = Counter(gpu.pci_address for gpu in gpus)
    assert (32, 8, {4}) == (len(gpus), len(boards), set(boards.values()))
    assert {("gfx942", "1002:74a2", 20)} == {(gpu.gfx, gpu.pci_id, gpu.compute_units) for gpu in gpus}
    assert {47.98, 48.0} == {round((gpu.memory_bytes or 0) / GIB, 2) for gpu in gpus}
    assert all(gpu.memory_free_bytes and gpu.memory_free_bytes < (gpu.memory_bytes or 0) for gpu in gpus)


# File: driver, number of cards, name of the first, its target, its size in GiB.
ROCM_SMI = {
    "gls/MI300X_smi.txt": (None, 1, "AMD Instinct MI300X", None, None),
    "gls/MI300X_x4_smi-a.txt": ("6.7.0", 4, "AMD Instinct MI300X OAM", None, None),
    "gls/MI300X_x4_smi.txt": (None, 4, "AMD Instinct MI300X", None, None),
    "telegraf/mi100_rocm571.json": ("6.2.4", 6, "Arcturus GL-XL [Instinct MI100]", None, 32),
    "telegraf/mi100_rocm602.json": ("6.3.6", 4, "Arcturus GL-XL [Instinct MI100]", None, 32),
    "telegraf/rx6700xt_rocm430.json": ("6.3.6", 1, None, None, 12),
    "telegraf/rx6700xt_rocm571.json": ("6.3.6", 1, "Navi 22 [Radeon RX 6700/6700 XT / 6800M]", None, 12),
    "telegraf/rx6700xt_rocm602.json": ("6.3.6", 1, "Navi 22 [Radeon RX 6700/6700 XT / 6800M]", None, 12),
    "telegraf/rx6700xt_rocm612.json": ("6.3.6", 1, "Navi 22 [Radeon RX 6700/6700 XT / 6800M]", "gfx1031", 12),
    "telegraf/vega-10-XT.json": ("5.9.25", 1, None, None, 16),
    "telegraf/vega-20-WKS-GL-XE.json": ("5.9.17", 1, "Radeon Instinct MI50 32GB", None, 32),
    "wandb/mi250-rocm5.json": ("6.2.4", 2, "AMD INSTINCT MI250 (MCM) OAM AC MBA", None, None),
    "wandb/mi250-rocm6.json": ("6.2.4", 1, "AMD INSTINCT MI250 (MCM) OAM AC MBA", None, None),
}


def read(path: Path, parse: object) -> AmdReport:
    assert callable(parse)
    report = parse(path.read_text(encoding="utf-8"))
    assert isinstance(report, AmdReport)
    return report


def test_every_rocm_smi_is_known_here() -> None:
    assert list(ROCM_SMI) == [name(path).removeprefix("rocm-smi/") for path in files("rocm-smi/*/*")]


@pytest.mark.parametrize("path", files("rocm-smi/*/*"), ids=name)
def test_rocm_smi(path: Path) -> None:
    report = read(path, parse_rocm_smi)
    first = report.gpus[0]
    size = first.memory_bytes and round(first.memory_bytes / GIB)
    found = (report.driver, len(report.gpus), first.name, first.gfx, size)
    assert ROCM_SMI[name(path).removeprefix("rocm-smi/")] == found
    assert list(range(len(report.gpus))) == [gpu.index for gpu in report.gpus]
    assert all(gpu.pci_id or gpu.index for gpu in report.gpus)


def test_whole_list_of_rocm_smi() -> None:
    report = read(next(iter(files("rocm-smi/gls/*-a.txt"))), parse_rocm_smi)
    expected = [
        ("GPU-8d1457e2c20f59d2", "0000:26:00.0"),
        ("GPU-b4fa34630e85d42a", "0000:46:00.0"),
        ("GPU-e8986800e182538a", "0000:65:00.0"),
        ("GPU-eff71edc82169115", "0000:85:00.0"),
    ]
    assert expected == [(gpu.uuid, gpu.pci_address) for gpu in report.gpus]
    assert {("SPX/NPS1", "113-MI3SRIOV-001")} == {(gpu.partition, gpu.vbios) for gpu in report.gpus}


def test_amd_smi() -> None:
    mi210, mi300a = (read(path, parse_amd_smi) for path in files("amd-smi/*static*"))
    card = mi210.gpus[0]
    assert ("AMD Instinct MI210", "gfx90a", 104, 65520 * 1024**2, False) == (
        card.name,
        card.gfx,
        card.compute_units,
        card.memory_bytes,
        card.integrated,
    )
    assert ["0000:01:00.0", "0001:01:00.0", "0002:01:00.0", "0003:01:00.0"] == [gpu.pci_address for gpu in mi300a.gpus]
    assert {("MI300A", True, "SPX/NPS1")} == {(gpu.name, gpu.integrated, gpu.partition) for gpu in mi300a.gpus}
    assert [None, None] == [mi210.driver, mi300a.driver]


@pytest.mark.parametrize(
    ("file", "number", "title", "target", "units", "integrated"),
    [
        ("mi25-x7.txt", 7, "Radeon Instinct MI25", "gfx900", 64, False),
        ("mi300x-x4.txt", 4, "AMD Instinct MI300X", "gfx942", 304, False),
    ],
)
def test_rocminfo(file: str, number: int, title: str, target: str, units: int, integrated: bool) -> None:
    gpus = parse_rocminfo(files(f"rocminfo/{file}")[0].read_text(encoding="utf-8"))
    assert gpus is not None
    assert (number, number) == (len(gpus), len({gpu.pci_address for gpu in gpus}))
    assert {(title, target, units, integrated)} == {
        (gpu.name, gpu.gfx, gpu.compute_units, gpu.integrated) for gpu in gpus
    }
    assert all(gpu.memory_bytes and gpu.memory_bytes > 15 * GIB for gpu in gpus)


def test_tools_agree_on_one_machine() -> None:
    gpus = parse_rocminfo(files("rocminfo/mi300x-x4.txt")[0].read_text(encoding="utf-8"))
    report = read(files("rocm-smi/gls/*-a.txt")[0], parse_rocm_smi)
    assert gpus is not None
    assert [(gpu.uuid, gpu.pci_address) for gpu in gpus] == [(gpu.uuid, gpu.pci_address) for gpu in report.gpus]


def test_machine_descriptions() -> None:
    reports = [read(path, parse_sysinfo) for path in files("rocminfo/sysinfo-*.csv")]
    assert [
        ("MI100", "gfx908", 120, False, "6.0.2"),
        ("MI200", "gfx90a", 104, False, "6.0.2"),
        ("MI300A_A1", "gfx942", 228, True, "6.1.2"),
        ("MI300X_A1", "gfx942", 304, False, "6.2.0"),
    ] == [
        (gpu.name, gpu.gfx, gpu.compute_units, gpu.integrated, report.rocm) for report in reports for gpu in report.gpus
    ]


def test_no_tool_takes_the_form_of_another() -> None:
    for path in files("rocm-smi/*/*.json"):
        assert parse_amd_smi(path.read_text(encoding="utf-8")) is None
    for path in files("amd-smi/*static*"):
        assert parse_rocm_smi(path.read_text(encoding="utf-8")) is None
