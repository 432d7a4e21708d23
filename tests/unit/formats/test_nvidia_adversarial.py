"""Damaged, hostile and huge texts: no parser of nvidia-smi's outputs raises, and each takes linear time."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlenv.formats.device_query import parse_device_query
from mlenv.formats.nvidia_report import MOST_GPUS, NvidiaReport
from mlenv.formats.nvidia_smi_csv import parse_nvidia_smi_csv
from mlenv.formats.nvidia_smi_failure import parse_nvidia_smi_failure, parse_nvml_library_version
from mlenv.formats.nvidia_smi_list import parse_nvidia_smi_list
from mlenv.formats.nvidia_smi_nvlink import parse_nvidia_smi_nvlink
from mlenv.formats.nvidia_smi_query import parse_nvidia_smi_query
from mlenv.formats.nvidia_smi_table import parse_nvidia_smi_table
from mlenv.formats.nvidia_smi_topology import parse_nvidia_smi_topology
from mlenv.formats.nvidia_smi_version import parse_nvidia_smi_version
from mlenv.formats.nvidia_smi_xml import parse_nvidia_smi_xml

PARSERS: tuple[Callable[[str], object], ...] = (
    parse_nvidia_smi_xml,
    parse_nvidia_smi_query,
    parse_nvidia_smi_table,
    parse_nvidia_smi_csv,
    parse_nvidia_smi_list,
    parse_nvidia_smi_nvlink,
    parse_nvidia_smi_topology,
    parse_nvidia_smi_version,
    parse_nvidia_smi_failure,
    parse_nvml_library_version,
    parse_device_query,
)
# Lines of every form, for texts that are nearly right.
LINES = (
    "",
    "| NVIDIA-SMI 550.67   Driver Version: 550.67   CUDA Version: 12.4 |",
    "|   0  NVIDIA A40   On  |   00000000:4F:00.0 Off |   0 |",
    "| N/A   52C    P0   432W /  700W |   11125MiB /  81559MiB |     N/A      Default |",
    "|                         |                   |              Enabled |",
    "| MIG devices:           |",
    "|  0    2   0   0  |    11091MiB / 40448MiB    | 60      0 |  3   0    3    0    3 |",
    "| Processes:             |",
    "|=============|",
    "|    0   N/A  N/A   1696      G   /usr/bin/x   176MiB |",
    "+-------------+",
    "==============NVSMI LOG==============",
    "GPU 00000000:4F:00.0",
    "    MIG Mode",
    "        Current   : Enabled",
    "    MIG Device",
    "        Process ID : 12",
    "            Type : C",
    "    Processes : None",
    "GPU 0: A (UUID: GPU-1)",
    "  MIG 1g.10gb Device 0: (UUID: MIG-1)",
    "\t Link 0: 25 GB/s",
    "\tGPU0\tGPU1\tCPU Affinity",
    "GPU0\t X \tNV4",
    "name, uuid, memory.total [MiB]",
    "a, GPU-1, 9 MiB",
    'Device 0: "x"',
    "  CUDA Capability Major/Minor version number:    8.6",
    "  Device PCI Domain ID / Bus ID / location ID:   0 / 1 / 0",
    "<nvidia_smi_log>",
    "<gpu id='00000000:01:00.0'>",
    "<processes><process_info><pid>1</pid></process_info></processes>",
    "<mig_mode><current_mig>Enabled</current_mig></mig_mode>",
    "</gpu>",
    "<a>",
    "<!ENTITY a 'b'>&a;",
    "Failed to initialize NVML: ",
    "NVML library version: ",
    "(UUID: ",
    "> > > ",
    "\x1b[4m\x00\ud800",
    "٣٣ C / ٤ MiB",
    "9" * 5000,
)


def check(text: str) -> None:
    """Every parser answers, and every answer can be written as JSON."""
    for parse in PARSERS:
        report = parse(text)
        msgspec.json.encode(report)
        assert not isinstance(report, NvidiaReport) or len(report.gpus) <= MOST_GPUS


@given(st.text())
@example("")
@example("\x00")
@example("\ud800")
def test_any_text_is_read(text: str) -> None:
    check(text)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(LINES), max_size=25), st.sampled_from(["\n", "\r\n", "\n> ", " ", ""]))
def test_any_mixture_of_lines_is_read(lines: list[str], separator: str) -> None:
    check(separator.join(lines))


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
@pytest.mark.parametrize("separator", ["\n", ""], ids=["lines", "one-line"])
def test_a_repeated_line_takes_linear_time(line: str, separator: str) -> None:
    assert seconds((line + separator or " ") * (200_000 // max(1, len(line + separator)))) < 5


@pytest.mark.parametrize("line", [LINES[2] + "\n", LINES[12] + "\n", LINES[19] + "\n", LINES[30], "(UUID: "])
def test_five_megabytes_of_one_line_take_seconds(line: str) -> None:
    assert seconds(line * (5_000_000 // len(line))) < 60


def seconds(text: str) -> float:
    """The time that all parsers take together."""
    start = time.process_time()
    for parse in PARSERS:
        parse(text)
    return time.process_time() - start


@pytest.mark.parametrize(
    "head",
    ["==============NVSMI LOG==============\nGPU 00000000:4F:00.0\n", "<nvidia_smi_log><gpu id='1'>", "name, uuid\n"],
    ids=["query", "xml", "csv"],
)
def test_a_number_of_five_megabytes_is_no_number(head: str) -> None:
    check(f"{head}    Product Name : {'9' * 5_000_000} MiB")
