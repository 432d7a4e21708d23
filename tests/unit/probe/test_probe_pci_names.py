"""Devices are named by the list that the distribution installs; a recording keeps only the lines that were used."""

from __future__ import annotations

import msgspec
import pytest

from mlenv.probe.accelerators.pci_names import LISTS, name_of, read_names
from mlenv.probe.log import Log
from mlenv.system.host import find_lines
from mlenv.system.recording import RecordedHost, Recording, RecordingHost
from tests.unit.probe.probe_hosts import linux, probe

TABLE = """\
# a comment
1002  Advanced Micro Devices, Inc. [AMD/ATI]
\t2684  Not This One
\t744c  Navi 31 [Radeon RX 7900 XT/7900 XTX]
\t\t1002 0e3b  RX 7900 XTX
10de  NVIDIA Corporation
\t1db1  GV100GL [Tesla V100 SXM2 16GB]
\t2684  AD102 [GeForce RTX 4090]
\t2684x  no device
8086  Intel Corporation
\ta780  Raptor Lake-S GT1
"""
DEVICE = "/sys/bus/pci/devices/0000:01:00.0"
EVENT = "DRIVER=nouveau\nPCI_CLASS=30000\nPCI_ID=10DE:2684\n"


@pytest.mark.parametrize(
    ("heading", "starts", "expected"),
    [
        ("10de  ", ["\t2684  "], ["\t2684  AD102 [GeForce RTX 4090]"]),
        ("1002  ", ["\t2684  ", "\t744c  "], ["\t2684  Not This One", "\t744c  Navi 31 [Radeon RX 7900 XT/7900 XTX]"]),
        ("10de  ", ["\t744c  "], []),
        ("abcd  ", ["\t2684  "], []),
    ],
)
def test_lines_below_a_heading(heading: str, starts: list[str], expected: list[str]) -> None:
    assert expected == find_lines(TABLE.encode(), heading, starts)


def test_a_table_may_begin_with_its_heading() -> None:
    assert ["\ta  1"] == find_lines(b"x  X\n\ta  1\n", "x  ", ["\ta  "])


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("\t2684  AD102 [GeForce RTX 4090]", "GeForce RTX 4090"),
        ("\ta780  Raptor Lake-S GT1", "Raptor Lake-S GT1"),
        ("\t1638  Cezanne [Radeon Vega Series / Mobile]", "Radeon Vega Series / Mobile"),
        ("\t0000  ", ""),
    ],
)  # fmt: skip
def test_the_name_people_use(line: str, name: str) -> None:
    assert name == name_of(line)


def test_names_of_several_makers() -> None:
    host = RecordedHost(linux({LISTS[1]: TABLE}))
    expected = {"10de:2684": "NVIDIA GeForce RTX 4090", "8086:a780": "Intel Raptor Lake-S GT1"}
    assert expected == read_names(host, Log(), ["10de:2684", "8086:a780", "10de:ffff", "1ae0:0027"])


def test_without_a_list_there_are_no_names() -> None:
    log = Log()
    assert {} == read_names(RecordedHost(linux()), log, ["10de:2684"])
    assert [("gpus.names", "absent")] == [(item.id, item.outcome) for item in log.readings]


def test_a_gpu_without_its_driver_is_named() -> None:
    bus = {"/sys/bus/pci/devices": ["0000:01:00.0"]}
    machine = probe(linux({LISTS[0]: TABLE, f"{DEVICE}/uevent": EVENT}, directories=bus))
    assert [("NVIDIA GeForce RTX 4090", "nouveau")] == [(gpu.name, gpu.driver) for gpu in machine.gpus or ()]


def test_a_recording_keeps_the_lines_alone() -> None:
    recorder = RecordingHost(RecordedHost(linux({LISTS[0]: TABLE})))
    names = read_names(recorder, Log(), ["10de:2684", "1002:744c"])
    saved = msgspec.json.decode(msgspec.json.encode(recorder.recording), type=Recording)
    assert {"lines", "identity"} <= {name for name in saved.__struct_fields__ if getattr(saved, name)}
    assert {} == saved.files
    assert names == read_names(RecordedHost(saved), Log(), ["10de:2684", "1002:744c"])
