"""A recording that is sent to others tells nobody whose machine it is, and gives the same answer."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from mlenv.report.privacy import Owner, Redactor
from mlenv.system.host import AccountRights, DiskUsage, FileStatus, Identity
from mlenv.system.process import Completed
from mlenv.system.recording import (
    RecordedCommand,
    RecordedHost,
    Recording,
    RecordingHost,
    load_recording,
    save_recording,
)

HOME = "/home/adalove"
UUID = "1f2e3d4c-aaaa-bbbb-cccc-0123456789ab"
OWNER = Owner(user="adalove", host="babbage", home=HOME)
LIBRARY = b"\x7fELF\0" + f"{HOME}/lib/libx.so".encode() + b"\0libcuda.so.1\0"
PRIVATE = Recording(
    identity=Identity(system="linux", release="6.1", machine="x86_64", executable=f"{HOME}/.venv/bin/python"),
    home=HOME,
    environ={"PATH": f"{HOME}/bin:/usr/bin", "CUDA_VISIBLE_DEVICES": f"GPU-{UUID}"},
    files={f"{HOME}/pip.conf": "# adalove on babbage\n[global]\n", "/proc/gpu": f"UUID: GPU-{UUID}\n"},
    bytes={f"{HOME}/lib/liby.so": base64.b64encode(LIBRARY).decode()},
    directories={HOME: ["pip.conf"]},
    links={"/opt/python": f"{HOME}/python"},
    disks={HOME: DiskUsage(total=2, free=1)},
    statuses={f"{HOME}/x": FileStatus(kind="file", owner="adalove")},
    account=AccountRights(groups=("adalove", "video")),
    commands=[RecordedCommand(argv=(f"{HOME}/uv", "--version"), completed=Completed(status=0, stdout="uv 1 babbage"))],
)


def visit(host: RecordingHost | RecordedHost, home: str) -> list[object]:
    """Everything that the machine above has, read in one order."""
    return [
        host.environ["PATH"],
        host.environ["CUDA_VISIBLE_DEVICES"],
        host.read_text(f"{home}/pip.conf"),
        host.read_text("/proc/gpu"),
        host.read_bytes(f"{home}/lib/liby.so", 4, 0),
        host.list_directory(home),
        host.real_path("/opt/python"),
        host.disk_usage(home),
        host.status(f"{home}/x"),
        host.account({"video"}),
        host.run([f"{home}/uv", "--version"], timeout=1).stdout,
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    host = RecordingHost(RecordedHost(PRIVATE))
    visit(host, HOME)
    host.read_bytes(f"{HOME}/lib/liby.so", 1000, 0)
    save_recording(host, tmp_path, Redactor(OWNER))
    return tmp_path


def test_nothing_private_is_left(folder: Path) -> None:
    text = (folder / "recording.json").read_text(encoding="utf-8")
    blobs = [base64.b64decode(data) for data in load_recording(folder)._recording.bytes.values()]
    for word in ("adalove", "babbage", UUID):
        assert word not in text
        assert not [blob for blob in blobs if word.encode() in blob]


def test_the_parts_still_fit_together(folder: Path) -> None:
    uuid = "00000000-0000-0000-0000-000000000001"
    assert [
        "/home/user/bin:/usr/bin",
        f"GPU-{uuid}",
        "# user on host\n[global]\n",
        f"UUID: GPU-{uuid}\n",
        b"\x7fELF",
        ["pip.conf"],
        "/home/user/python",
        DiskUsage(total=2, free=1),
        FileStatus(kind="file", owner="user"),
        AccountRights(groups=("video",)),
        "uv 1 host",
    ] == visit(load_recording(folder), "/home/user")


def test_strings_of_a_library_keep_their_places(folder: Path) -> None:
    data = load_recording(folder).read_bytes("/home/user/lib/liby.so", 1000)
    assert len(LIBRARY) == len(data)
    assert LIBRARY.index(b"libcuda") == data.index(b"libcuda")


def test_what_nobody_asked_of_the_registry_is_not_kept() -> None:
    key = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
    values: dict[str, str | int] = {"EditionID": "Professional", "RegisteredOwner": "ada@example.org", "UBR": 4169}
    identity = Identity(system="windows", release="10.0.26100", machine="AMD64")
    host = RecordingHost(RecordedHost(Recording(identity=identity, registry={key: values})))
    found = host.read_registry(key)
    assert ("Professional", None, 3) == (found.get("EditionID"), found.get("DisplayVersion"), len(found))
    assert {key: {"EditionID": "Professional"}} == host.recording.registry
