"""Disks of every purpose, on every system."""

from __future__ import annotations

import pytest

from mlenv.facts.hardware import Disk
from mlenv.probe.host.disk import huggingface_folder, read_disk, shared_memory_folder
from mlenv.probe.log import Log
from mlenv.system.host import DiskUsage, Identity
from mlenv.system.recording import RecordedHost, Recording
from tests.unit.probe.probe_hosts import GIB, linux

SIZES = DiskUsage(total=10 * GIB, free=GIB, files_free=1000)
WINDOWS = Identity(system="windows", release="10.0.22631", machine="AMD64")
MAC = Identity(system="macos", release="24.1.0", machine="arm64")


def mounted(line: str, folder: str) -> RecordedHost:
    mounts = f"25 1 8:1 / / rw - ext4 /dev/sda1 rw\n{line}\n"
    return RecordedHost(linux({"/proc/self/mountinfo": mounts}, existing=[folder], disks={folder: SIZES}))


def test_share_of_another_machine() -> None:
    host = mounted("40 25 0:50 / /scratch rw,nosuid - nfs4 server:/scratch rw", "/scratch/ada")
    assert read_disk(host, Log(), "huggingface", "/scratch/ada/models") == Disk(
        purpose="huggingface",
        path="/scratch/ada/models",
        free_bytes=GIB,
        total_bytes=10 * GIB,
        filesystem="nfs4",
        writable=False,
        noexec=False,
        network=True,
        files_free=1000,
    )


def test_temporary_folder_from_which_nothing_can_be_run() -> None:
    disk = read_disk(mounted("40 25 0:50 / /tmp rw,noexec - tmpfs tmpfs rw", "/tmp"), Log(), "temporary", "/tmp")
    assert (disk.filesystem, disk.noexec, disk.network) == ("tmpfs", True, False)


def test_links_lead_to_the_real_file_system() -> None:
    host = mounted("40 25 0:50 / /mnt/big rw - xfs /dev/sdb rw", "/home/ada/cache")
    host._recording.links["/home/ada/cache"] = "/mnt/big/cache"
    assert read_disk(host, Log(), "cache", "/home/ada/cache").filesystem == "xfs"


def test_no_mount_table() -> None:
    recording = linux(disks={"/tmp": SIZES})
    del recording.files["/proc/self/mountinfo"]
    disk = read_disk(RecordedHost(recording), Log(), "temporary", "/tmp")
    assert (disk.filesystem, disk.noexec, disk.network, disk.free_bytes) == (None, None, None, GIB)


@pytest.mark.parametrize(("folder", "expected"), [("\\\\server\\share", True), ("C:\\Users", None)])
def test_shares_of_windows(folder: str, expected: bool | None) -> None:
    host = RecordedHost(Recording(identity=WINDOWS, existing=[folder], disks={folder: SIZES}))
    disk = read_disk(host, Log(), "environment", folder)
    assert (disk.network, disk.filesystem, disk.files_free) == (expected, None, 1000)


def test_disk_that_cannot_be_measured() -> None:
    log = Log()
    host = RecordedHost(linux(errors={"/tmp": "OSError"}))
    assert read_disk(host, log, "temporary", "/tmp") == Disk(purpose="temporary", path="/tmp")
    assert [(row.id, row.source, row.outcome) for row in log.readings] == [("disk.temporary", "/tmp", "unreadable")]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "/home/ada/.cache/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/var/cache/ada"}, "/var/cache/ada/huggingface/hub"),
        ({"HF_HOME": "~/models", "XDG_CACHE_HOME": "/var/cache/ada"}, "/home/ada/models/hub"),
        ({"HUGGINGFACE_HUB_CACHE": "/old", "HF_HOME": "/new"}, "/old"),
        ({"HF_HUB_CACHE": "/hub", "HUGGINGFACE_HUB_CACHE": "/old"}, "/hub"),
        ({"HF_HUB_CACHE": ""}, "/home/ada/.cache/huggingface/hub"),
    ],
)
def test_cache_of_hugging_face(environ: dict[str, str], expected: str) -> None:
    assert huggingface_folder(RecordedHost(linux(environ=environ))) == expected


def test_cache_of_hugging_face_on_windows() -> None:
    host = RecordedHost(Recording(identity=WINDOWS, home="C:\\Users\\Ada"))
    assert huggingface_folder(host) == "C:\\Users\\Ada\\.cache\\huggingface\\hub"


def test_shared_memory_is_a_folder_of_linux() -> None:
    found = [shared_memory_folder(RecordedHost(recording)) for recording in (linux(), Recording(identity=MAC))]
    assert found == ["/dev/shm", None]
