"""Real outputs of nvidia-smi in all its forms, and of deviceQuery, read in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from mlenv.facts.gpu import Gpu, RetiredPages
from mlenv.formats.device_query import parse_device_query
from mlenv.formats.nvidia_report import NvidiaReport
from mlenv.formats.nvidia_smi_csv import parse_nvidia_smi_csv
from mlenv.formats.nvidia_smi_failure import parse_nvidia_smi_failure
from mlenv.formats.nvidia_smi_list import parse_nvidia_smi_list
from mlenv.formats.nvidia_smi_nvlink import parse_nvidia_smi_nvlink
from mlenv.formats.nvidia_smi_query import parse_nvidia_smi_query
from mlenv.formats.nvidia_smi_table import parse_nvidia_smi_table
from mlenv.formats.nvidia_smi_topology import parse_nvidia_smi_topology
from mlenv.formats.nvidia_smi_version import parse_nvidia_smi_version
from mlenv.formats.nvidia_smi_xml import parse_nvidia_smi_xml
from tests.unit.formats.recordings import RECORDINGS, files, name, needs_recordings

pytestmark = [pytest.mark.shared, needs_recordings]

MIB = 1024 * 1024
Parser = Callable[[str], NvidiaReport | None]


class Machine(NamedTuple):
    """The telling values of a machine whose GPUs are all the same."""

    gpus: int
    driver: str | None
    cuda: str | None
    name: str
    mebibytes: int
    ecc: bool | None = None
    mig: bool | None = None
    architecture: str | None = None


XML = {
    "k8s-test-infra/qx-a100": Machine(1, "570.148.08", "12.8", "NVIDIA A100-SXM4-40GB", 40960, True, False, "Ampere"),
    "k8s-test-infra/qx-b200": Machine(8, "580.105.08", "13.0", "NVIDIA B200", 183359, True, False, "Blackwell"),
    "k8s-test-infra/qx-gb200": Machine(4, "580.173.02", "13.0", "NVIDIA GB200", 189471, True, False, "Blackwell"),
    "k8s-test-infra/qx-gb300": Machine(4, "580.173.02", "13.0", "NVIDIA GB300", 284208, True, False, "Blackwell"),
    "k8s-test-infra/qx-h100": Machine(8, "580.105.08", "13.0", "NVIDIA H100 80GB HBM3", 81559, True, False, "Hopper"),
    "k8s-test-infra/qx-l40s": Machine(1, "595.91.07", "13.2", "NVIDIA L40S", 46068, True, None, "Ada Lovelace"),
    "k8s-test-infra/qx-t4": Machine(1, "595.91.07", "13.2", "Tesla T4", 15360, True, None, "Turing"),
    "telegraf/a100-sxm4-v12": Machine(1, "535.54.03", "12.2", "NVIDIA A100-SXM4-80GB", 81920, True, True, "Ampere"),
    "telegraf/a10g": Machine(1, "515.105.01", "11.7", "NVIDIA A10G", 23028, True, None, "Ampere"),
    "telegraf/gtx-1070-ti": Machine(1, None, None, "GeForce GTX 1070 Ti", 4096),
    "telegraf/gtx-1660-ti": Machine(1, "418.43", "10.1", "Graphics Device", 5912),
    "telegraf/quadro-p2000-v12": Machine(1, "525.125.06", "12.0", "Quadro P2000", 5120, None, None, "Pascal"),
    "telegraf/quadro-p400": Machine(1, "418.43", "10.1", "Quadro P400", 1998),
    "telegraf/rtx-3060-v12": Machine(1, "570.124.04", "12.8", "NVIDIA GeForce RTX 3060", 12288, None, None, "Ampere"),
    "telegraf/rtx-3080-v12": Machine(1, "536.40", "12.2", "NVIDIA GeForce RTX 3080", 10240, None, None, "Ampere"),
    "telegraf/rtx-3080-v13": Machine(1, "595.58.03", "13.2", "NVIDIA GeForce RTX 3080", 10240, None, None, "Ampere"),
    "telegraf/rtx-3090-v12": Machine(1, "525.147.05", "12.0", "NVIDIA GeForce RTX 3090", 24576, None, None, "Ampere"),
    "telegraf/rtx-4000-sff-ada-v13": Machine(
        1, "595.84", "13.2", "NVIDIA RTX 4000 SFF Ada Generation", 20475, False, None, "Ada Lovelace"
    ),
    "telegraf/tesla-t4": Machine(1, "515.105.01", "11.7", "Tesla T4", 15360, True, None, "Turing"),
}
XML_PROCESSES = {"telegraf/a10g": 1, "telegraf/rtx-3080-v12": 5, "telegraf/rtx-4000-sff-ada-v13": 4}
GLS = {
    "A100SXMx4": Machine(4, "555.42.02", "12.5", "NVIDIA A100-SXM4-80GB", 81920, True, False, "Ampere"),
    "A40x10": Machine(10, "550.127.05", "12.4", "NVIDIA A40", 46068, True, None, "Ampere"),
    "H100NVLx2": Machine(2, "550.54.14", "12.4", "NVIDIA H100 NVL", 95830, True, False, "Hopper"),
    "H100SXMx8": Machine(8, "565.57.01", "12.7", "NVIDIA H100 80GB HBM3", 81559, True, False, "Hopper"),
    "L40S": Machine(1, "550.127.05", "12.4", "NVIDIA L40S", 46068, True, None, "Ada Lovelace"),
    "L4": Machine(1, "550.90.07", "12.4", "NVIDIA L4", 23034, True, None, "Ada Lovelace"),
    "RTX2000Ada": Machine(1, "550.54.15", "12.4", "NVIDIA RTX 2000 Ada Generation", 16380, False, None, "Ada Lovelace"),
    "RTX3090": Machine(2, "560.35.03", "12.6", "NVIDIA GeForce RTX 3090", 24576, None, None, "Ampere"),
    "RTX4000Ada": Machine(1, "550.90.07", "12.4", "NVIDIA RTX 4000 Ada Generation", 20475, False, None, "Ada Lovelace"),
    "RTX4060Ti": Machine(2, "550.54.14", "12.4", "NVIDIA GeForce RTX 4060 Ti", 16380, None, None, "Ada Lovelace"),
    "RTX4090": Machine(8, "550.127.05", "12.4", "NVIDIA GeForce RTX 4090", 24564, False, None, "Ada Lovelace"),
    "RTX6000Ada_x8": Machine(
        8, "550.127.05", "12.4", "NVIDIA RTX 6000 Ada Generation", 49140, False, None, "Ada Lovelace"
    ),
}
CAPABILITIES = {"A100": "8.0", "A40": "8.6", "H100": "9.0", "RTX3090": "8.6"}
# The captures: driver, name, MiB, compute capability, MIG devices.
CAPTURES = {
    "linux-x86_64__nvidia-geforce-rtx-2080-super__595.71.05": ("13.2", "NVIDIA GeForce RTX 2080 SUPER", 8192, "7.5", 0),
    "linux-x86_64__nvidia-geforce-rtx-2080-super__610.57.04": ("13.3", "NVIDIA GeForce RTX 2080 SUPER", 8192, "7.5", 0),
    "linux-x86_64__nvidia-geforce-rtx-4080-super__595.71.05": (
        "13.2",
        "NVIDIA GeForce RTX 4080 SUPER",
        16376,
        "8.9",
        0,
    ),
    "linux-x86_64__nvidia-h100-80gb-hbm3__590.48.01": ("13.1", "NVIDIA H100 80GB HBM3", 81559, "9.0", 0),
    "linux-x86_64__nvidia-h100-mig__590.48.01": ("13.1", "NVIDIA H100 80GB HBM3", 81559, "9.0", 4),
    "linux-x86_64__nvidia-h200-mig__590.48.01": ("13.1", "NVIDIA H200", 143771, "9.0", 5),
    "linux-x86_64__nvidia-h200__590.48.01": ("13.1", "NVIDIA H200", 143771, "9.0", 0),
    "linux-x86_64__nvidia-l40s__595.80": ("13.2", "NVIDIA L40S", 46068, "8.9", 0),
    "windows-x86_64__nvidia-geforce-rtx-2080-super__591.86": ("13.1", "NVIDIA GeForce RTX 2080 SUPER", 8192, "7.5", 0),
    "windows-x86_64__nvidia-geforce-rtx-2080-super__610.62": ("13.3", "NVIDIA GeForce RTX 2080 SUPER", 8192, "7.5", 0),
}
# What changes from one moment to the next, or is rounded in one of the forms.
MOVING = {"clocks", "clock_events", "memory_free_bytes", "performance_state", "power", "temperature_celsius", "link"}


def read(parser: Parser, path: Path) -> NvidiaReport:
    """The report of a file, which must be one."""
    report = parser(path.read_text(encoding="utf-8"))
    assert report is not None, path
    return report


def summary(report: NvidiaReport) -> set[Machine]:
    """The telling values of each GPU, which must be one set for all."""
    head = (len(report.gpus), report.driver, report.cuda)
    return {
        Machine(*head, str(gpu.name), (gpu.memory_bytes or 0) // MIB, _ecc(gpu), gpu.mig, gpu.architecture)
        for gpu in report.gpus
    }


def _ecc(gpu: Gpu) -> bool | None:
    return gpu.ecc.enabled if gpu.ecc else None


def assert_agree(first: Gpu, second: Gpu, *, but: set[str] = MOVING) -> None:
    """Two forms of one output say the same wherever both say something."""
    for field in set(Gpu.__struct_fields__) - but:
        one, other = getattr(first, field), getattr(second, field)
        assert one is None or other is None or one == other, field


def test_every_xml_is_expected() -> None:
    assert {f"nvidia-smi-xml/{key}.xml" for key in XML} == {name(path) for path in files("nvidia-smi-xml/**/*.xml")}


@pytest.mark.parametrize("key", XML)
def test_xml(key: str) -> None:
    report = read(parse_nvidia_smi_xml, RECORDINGS / f"nvidia-smi-xml/{key}.xml")
    assert {XML[key]} == summary(report)
    assert list(range(XML[key].gpus)) == [gpu.index for gpu in report.gpus]
    for gpu in report.gpus:
        assert str(gpu.uuid).startswith("GPU-")
        assert None not in (gpu.pci_address, gpu.link, gpu.clocks, gpu.temperature_celsius, gpu.performance_state)
        assert "default" == gpu.compute_mode
        assert XML_PROCESSES.get(key, 0) == len(gpu.processes or ()) or key == "telegraf/tesla-t4"


def test_xml_tells_what_is_special_of_a_machine() -> None:
    def first(key: str) -> Gpu:
        return read(parse_nvidia_smi_xml, RECORDINGS / f"nvidia-smi-xml/{key}.xml").gpus[0]

    assert [(3, 0), (4, 0), (5, 0), (6, 0)] == [
        (instance.gpu_instance, instance.compute_instance)
        for instance in first("telegraf/a100-sxm4-v12").mig_instances or ()
    ]
    assert "WDDM" == first("telegraf/rtx-3080-v12").driver_model
    assert "ats" == first("k8s-test-infra/qx-gb300").addressing
    for key in ("b200", "gb200", "gb300", "h100"):
        fabric = first(f"k8s-test-infra/qx-{key}").fabric
        assert fabric is not None
        assert ("completed", "success") == (fabric.state, fabric.status)
    assert {"none"} == {first(key).recovery_action for key in XML if key.startswith("k8s")}
    assert RetiredPages(single_bit=0, double_bit=0, pending=False) == first("telegraf/tesla-t4").retired_pages
    assert ["graphics", "compute"] == [process.kind for process in first("telegraf/tesla-t4").processes or ()]


def test_every_text_is_expected() -> None:
    expected = {f"nvidia-smi-text/gls/{key}_{kind}.txt" for key in GLS for kind in ("smi", "smi-q", "deviceQuery")}
    assert expected == {name(path) for path in files("nvidia-smi-text/gls/*.txt")}


@pytest.mark.parametrize("key", GLS)
def test_query_text(key: str) -> None:
    report = read(parse_nvidia_smi_query, RECORDINGS / f"nvidia-smi-text/gls/{key}_smi-q.txt")
    assert {GLS[key]} == summary(report)
    for gpu in report.gpus:
        assert None not in (gpu.uuid, gpu.pci_address, gpu.pci_id, gpu.bar1_bytes, gpu.link, gpu.power, gpu.clocks)
        assert ("RTX4060Ti" != key, ()) == (gpu.persistence, gpu.processes)
        assert ("RTX3090" == key) is (gpu.row_remaps is None)


@pytest.mark.parametrize("key", GLS)
def test_table_agrees_with_query_text(key: str) -> None:
    table = read(parse_nvidia_smi_table, RECORDINGS / f"nvidia-smi-text/gls/{key}_smi.txt")
    query = read(parse_nvidia_smi_query, RECORDINGS / f"nvidia-smi-text/gls/{key}_smi-q.txt")
    assert (query.driver, query.cuda, len(query.gpus)) == (table.driver, table.cuda, len(table.gpus))
    for short, long in zip(table.gpus, query.gpus, strict=True):
        assert_agree(short, long, but={*MOVING, "name", "ecc"})
        assert (long.memory_bytes, _ecc(long) or None) == (short.memory_bytes, _ecc(short) or None)
        assert short.name is not None
        assert str(long.name).startswith(short.name)


@pytest.mark.parametrize("key", GLS)
def test_device_query_agrees_with_query_text(key: str) -> None:
    device_query = read(parse_device_query, RECORDINGS / f"nvidia-smi-text/gls/{key}_deviceQuery.txt")
    query = read(parse_nvidia_smi_query, RECORDINGS / f"nvidia-smi-text/gls/{key}_smi-q.txt")
    capability = next((value for start, value in CAPABILITIES.items() if key.startswith(start)), "8.9")
    assert query.cuda == device_query.cuda
    for short, long in zip(device_query.gpus, query.gpus, strict=True):
        assert_agree(short, long, but={*MOVING, "memory_bytes", "ecc"})
        assert (capability, False) == (short.compute_capability, short.integrated)
        assert 0 < (short.compute_units or 0) < 200
        assert 0.95 < (short.memory_bytes or 0) / (long.memory_bytes or 1) < 1


def test_retired_pages_of_a_good_and_a_bad_node() -> None:
    good = read(parse_nvidia_smi_query, RECORDINGS / "nvidia-smi-text/azurehpc/nvsmi-q-8gpu.txt")
    bad = read(parse_nvidia_smi_query, RECORDINGS / "nvidia-smi-text/azurehpc/nvsmi-q-8gpu-bad.txt")
    assert ("535.86.10", "12.2", 8) == (good.driver, good.cuda, len(good.gpus))
    assert {RetiredPages(single_bit=0, double_bit=0, pending=False)} == {gpu.retired_pages for gpu in good.gpus}
    pages = [gpu.retired_pages or RetiredPages() for gpu in bad.gpus]
    assert [60, 2, 0, 6, 0, 20, 0, 8] == [page.single_bit for page in pages]
    assert [5, 61, 0, 0, 0, 45, 0, 56] == [page.double_bit for page in pages]
    assert [1, 3, 5, 7] == [index for index, page in enumerate(pages) if page.pending]
    assert [f"000{number}:00:00.0" for number in range(1, 9)] == [gpu.pci_address for gpu in bad.gpus]


def test_nvlink_status_of_eight_gpus() -> None:
    report = read(parse_nvidia_smi_nvlink, RECORDINGS / "nvidia-kernel/gpud/nvidia-smi-nvlink-status-a100.txt")
    assert [12] * 8 == [len(gpu.nvlinks or ()) for gpu in report.gpus]
    assert {(True, 25.0)} == {(link.active, link.speed) for gpu in report.gpus for link in gpu.nvlinks or ()}


def sections(key: str) -> dict[str, str]:
    """The marked parts of a capture by their titles, such as ``idle :: query (-q)``."""
    text = (RECORDINGS / f"nvidia-smi-captures/{key}.txt").read_text(encoding="utf-8")
    parts = re.split(r"(?m)^#{20,}\n((?:#.*\n)+?)#{20,}\n", text)
    return {head.splitlines()[0].strip("# "): body for head, body in zip(parts[1::2], parts[2::2], strict=True)}


def reports(key: str) -> Iterator[tuple[str, NvidiaReport]]:
    """Every part of a capture that is of a form of ours, by its title; each must be read."""
    parsers: dict[str, Parser] = {
        ":: version": parse_nvidia_smi_version,
        "list (-L)": parse_nvidia_smi_list,
        "nvlink -s": parse_nvidia_smi_nvlink,
        "(default table)": parse_nvidia_smi_table,
        "query (-q)": parse_nvidia_smi_query,
        "query-gpu (csv": parse_nvidia_smi_csv,
        ":: query-compute-apps": parse_nvidia_smi_csv,
    }
    for title, body in sections(key).items():
        for words, parser in parsers.items():
            if words in title:
                report = parser(body)
                assert report is not None, title
                yield title, report


def test_every_capture_is_expected() -> None:
    assert {f"nvidia-smi-captures/{key}.txt" for key in CAPTURES} == {
        name(path) for path in files("nvidia-smi-captures/*.txt")
    }


@pytest.mark.parametrize("key", CAPTURES)
def test_all_forms_of_a_capture_agree(key: str) -> None:
    cuda, product, mebibytes, capability, instances = CAPTURES[key]
    driver = key.split("__")[-1]
    found = list(reports(key))
    assert 11 == len(found)
    for title, report in found:
        assert report.driver in (None, driver), title
        assert report.cuda in (None, cuda), title
        assert report.kernel_module in (None, driver), title
        for gpu in report.gpus:
            assert gpu.name == product or ("table" in title and product.startswith(str(gpu.name))), title
            assert gpu.uuid in (None, "GPU-00000000-0000-0000-0000-000000000000"), title
            assert gpu.memory_bytes in (None, mebibytes * MIB), title
            assert gpu.compute_capability == (capability if "csv" in title else None), title
            assert gpu.mig_instances is None or instances == len(gpu.mig_instances), title


@pytest.mark.parametrize("moment", ["idle", "load"])
@pytest.mark.parametrize("key", CAPTURES)
def test_one_moment_of_a_capture_agrees_in_every_fact(key: str, moment: str) -> None:
    found = {title: report for title, report in reports(key) if title.startswith(moment)}
    table, query, csv = (
        next(report for title, report in found.items() if words in title)
        for words in ("(default table)", "query (-q)", "query-gpu (csv")
    )
    assert (1, 1, 1) == (len(table.gpus), len(query.gpus), len(csv.gpus))
    assert_agree(table.gpus[0], query.gpus[0], but={*MOVING, "name", "ecc", "processes"})
    assert_agree(csv.gpus[0], query.gpus[0])
    assert [process.pid for process in query.gpus[0].processes or ()] == [
        process.pid for process in table.gpus[0].processes or ()
    ]
    assert "windows" not in key or {"WDDM"} == {gpu.driver_model for gpu in (table.gpus[0], query.gpus[0])}


def test_driver_610_names_the_kernel_module_in_every_form() -> None:
    for key in CAPTURES:
        if "__610" in key:
            named = {title for title, report in reports(key) if report.kernel_module}
            assert 7 == len(named)


def test_links_and_profiles_are_in_their_own_lists() -> None:
    profiles = {
        key: [instance.profile for gpu in report.gpus for instance in gpu.mig_instances or ()]
        for key in CAPTURES
        for title, report in reports(key)
        if "(-L)" in title and "mig" in key
    }
    assert {
        "linux-x86_64__nvidia-h100-mig__590.48.01": ["3g.40gb", "2g.20gb", "1g.10gb", "1g.10gb"],
        "linux-x86_64__nvidia-h200-mig__590.48.01": ["1c.3g.71gb", "2c.3g.71gb", "2g.35gb", "1g.18gb", "1g.18gb"],
    } == profiles
    links = {
        key: len(report.gpus[0].nvlinks)
        for key in CAPTURES
        for title, report in reports(key)
        if "nvlink" in title and report.gpus[0].nvlinks is not None
    }
    assert {
        "linux-x86_64__nvidia-geforce-rtx-4080-super__595.71.05": 0,
        "linux-x86_64__nvidia-h100-80gb-hbm3__590.48.01": 18,
        "linux-x86_64__nvidia-h200__590.48.01": 18,
        "linux-x86_64__nvidia-l40s__595.80": 0,
    } == links


@pytest.mark.parametrize("key", CAPTURES)
def test_the_topology_of_one_gpu_has_no_paths(key: str) -> None:
    expected = None if key == "windows-x86_64__nvidia-geforce-rtx-2080-super__591.86" else ()
    assert expected == parse_nvidia_smi_topology(sections(key)["capabilities :: topo -m"])


@pytest.mark.parametrize("key", CAPTURES)
def test_the_other_parts_of_a_capture_are_of_no_form(key: str) -> None:
    titles = [title for title, _report in reports(key)]
    parsers = (parse_nvidia_smi_xml, parse_nvidia_smi_query, parse_nvidia_smi_table, parse_nvidia_smi_csv)
    for title, body in sections(key).items():
        assert None is parse_nvidia_smi_failure(body), title
        if title not in titles:
            assert [None] * len(parsers) == [parser(body) for parser in parsers], title
