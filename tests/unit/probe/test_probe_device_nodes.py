"""Device files of accelerators."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlenv.facts.reading import Reading
from mlenv.facts.system import DeviceNode
from mlenv.probe.host.device_nodes import FOLDER, MOST_IN_FOLDER, name_account, read_device_nodes
from mlenv.probe.log import Log
from mlenv.system.host import FileStatus, Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import linux

OPEN = FileStatus(kind="character-device", mode=0o666, owner="root", group="root", readable=True, writable=True)
CLOSED = FileStatus(kind="character-device", mode=0o660, owner="root", group="render")


def read(recording: Recording) -> tuple[tuple[DeviceNode, ...] | None, tuple[Reading, ...]]:
    log = Log()
    return read_device_nodes(RecordedHost(recording), log), log.readings


def node(path: str) -> DeviceNode:
    return DeviceNode(path=path, readable=True, writable=True, mode="0666", owner="root", group="root")


def test_an_nvidia_machine() -> None:
    paths = [
        "/dev/nvidia-caps/nvidia-cap1",
        "/dev/nvidia-nvswitch0",
        "/dev/nvidia-nvswitchctl",
        "/dev/nvidia-uvm",
        "/dev/nvidia0",
        "/dev/nvidia10",
        "/dev/nvidiactl",
    ]
    others = ["/dev/null", "/dev/nvme0n1", "/dev/nvidia-caps/other", "/dev/sda"]
    nodes, readings = read(linux(statuses=dict.fromkeys([*paths, *others], OPEN)))
    assert tuple(node(path) for path in paths) == nodes
    assert [
        ("found", "/dev", "nvidia-nvswitch0, nvidia-nvswitchctl, nvidia-uvm, nvidia0, nvidia10, nvidiactl"),
        ("found", "/dev/nvidia-caps", "nvidia-cap1"),
    ] == [(item.outcome, item.source, item.detail) for item in readings]


@pytest.mark.parametrize(
    "path",
    [
        "/dev/kfd",
        "/dev/dxg",
        "/dev/dri/renderD128",
        "/dev/dri/card0",
        "/dev/accel0",
        "/dev/accel/accel0",
        "/dev/vfio/vfio",
        "/dev/vfio/7",
        "/dev/nvhost-gpu",
        "/dev/nvhost-ctrl-gpu",
        "/dev/nvmap",
        "/dev/infiniband/uverbs0",
        "/dev/nvidia-caps-imex-channels/channel0",
        "/dev/apex_0",
    ],
)
def test_device_files_of_every_maker(path: str) -> None:
    assert (node(path),) == read(linux(statuses={path: OPEN}))[0]


def test_a_jetson_has_a_folder_for_each_gpu() -> None:
    nodes, _ = read(linux(statuses={"/dev/nvgpu/igpu0/ctrl": OPEN, "/dev/nvgpu/igpu0/as": OPEN}))
    assert (node("/dev/nvgpu/igpu0/ctrl"),) == nodes


def test_a_device_that_this_user_may_not_open() -> None:
    nodes, _ = read(linux(statuses={"/dev/kfd": CLOSED}))
    expected = DeviceNode(path="/dev/kfd", readable=False, writable=False, mode="0660", owner="root", group="render")
    assert (expected,) == nodes


def test_a_folder_in_the_place_of_a_device_is_none() -> None:
    nodes, readings = read(linux(statuses={"/dev/nvidia0": FileStatus(kind="directory")}))
    assert () == nodes
    assert ["absent"] == [item.outcome for item in readings]


def test_a_device_that_cannot_be_asked_is_kept_and_said() -> None:
    nodes, readings = read(linux(directories={FOLDER: ["nvidia0", "kfd"]}, errors={"/dev/nvidia0": "PermissionError"}))
    assert (DeviceNode(path="/dev/nvidia0"),) == nodes
    assert ("unreadable", "/dev/nvidia0", "PermissionError") == (
        readings[0].outcome,
        readings[0].source,
        readings[0].detail,
    )


def test_names_of_people_are_not_told() -> None:
    mine = FileStatus(kind="character-device", mode=0o600, owner="ada", group="ada")
    shared = FileStatus(kind="character-device", mode=0o660, owner="ada", group="gpu-users")
    nodes, _ = read(linux(statuses={"/dev/nvidia0": mine, "/dev/nvidia1": shared}))
    assert nodes is not None
    assert [("user", "user"), ("user", "gpu-users")] == [(item.owner, item.group) for item in nodes]


def test_of_very_many_channels_the_first_are_enough() -> None:
    paths = [f"/dev/nvidia-caps-imex-channels/channel{number}" for number in range(200)]
    nodes, _ = read(linux(statuses=dict.fromkeys(paths, OPEN)))
    assert nodes is not None
    assert MOST_IN_FOLDER == len(nodes)


def test_a_machine_without_them_and_another_system() -> None:
    nodes, readings = read(linux(directories={FOLDER: ["null", "tty"]}))
    assert ((), ["absent"]) == (nodes, [item.outcome for item in readings])
    nodes, readings = read(Recording(identity=Identity(system="windows", release="10.0.22631", machine="AMD64")))
    assert (None, ["not_asked"]) == (nodes, [item.outcome for item in readings])
    nodes, readings = read(linux(errors={FOLDER: "PermissionError"}))
    assert (None, ["unreadable"]) == (nodes, [item.outcome for item in readings])


@pytest.mark.parametrize(
    ("name", "expected"),
    [("root", "root"), ("nobody", "nobody"), ("0", "0"), ("65534", "65534"), ("1000", "user"), ("ada", "user")],
)
def test_account_names(name: str, expected: str) -> None:
    assert expected == name_account(name)


@given(name=st.text())
def test_any_name_gives_a_name(name: str) -> None:
    assert name_account(name) in (name, "user")
