"""Recorded memory tables, mounts and lists of file systems."""

from __future__ import annotations

import pytest

from mlenv.formats.file_systems import parse_df, parse_findmnt, parse_lsblk
from mlenv.formats.memory_table import parse_memory_table
from mlenv.formats.mounts import find_mount, parse_mounts
from mlenv.probe.host.container import find_container_root, read_container
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.recording import RecordedHost
from tests.unit.formats.recordings import RECORDINGS, files, name, needs_recordings
from tests.unit.probe.probe_hosts import linux

pytestmark = needs_recordings
KIB = 1024

MEMORY = {
    "cpuinfo/gopsutil/meminfo-intelcorei5": (16115528, 11225936, 8065020, 8065020),
    "cpuinfo/gopsutil/meminfo-issue1002": (254472, 210156, 0, 0),
    "cpuinfo/procfs/meminfo": (15666184, None, 0, 0),
    "os-files/jc/proc-meminfo": (3997272, 3386876, 3996668, 3996668),
}


def read(path: str) -> str:
    return (RECORDINGS / path).read_text(encoding="utf-8", errors="replace")


def test_every_memory_table_is_known() -> None:
    assert set(MEMORY) == {name(path) for path in (*files("cpuinfo/*/meminfo*"), *files("os-files/*/*meminfo*"))}


@pytest.mark.parametrize("path", MEMORY)
def test_memory_tables(path: str) -> None:
    memory = parse_memory_table(read(path))
    sizes = (memory.total_bytes, memory.available_bytes, memory.swap_bytes, memory.swap_free_bytes)
    assert sizes == tuple(size if size is None else size * KIB for size in MEMORY[path])


def test_every_mount_of_a_gpu_node_is_read() -> None:
    text = read("os-files/gpud/mountinfo")
    mounts = parse_mounts(text)
    assert len(mounts) == len(text.strip().splitlines())
    assert all(mount.point.startswith("/") and mount.filesystem and mount.flags for mount in mounts)
    root = find_mount(text, "/opt/conda")
    assert root is not None
    assert (root.point, root.filesystem, root.source) == ("/", "ext4", "/dev/mapper/vgroot-lvroot")
    groups = [mount.point for mount in mounts if mount.filesystem == "cgroup2"]
    assert groups == ["/sys/fs/cgroup", "/run/calico/cgroup"]
    assert find_container_root(text) == "lxc"


def test_the_quick_search_agrees_with_the_whole_table() -> None:
    text = read("os-files/gpud/mountinfo")
    mounts = parse_mounts(text)
    for mount in mounts:
        last = [other for other in mounts if other.point == mount.point][-1]
        assert find_mount(text, mount.point) == last


def test_df_of_ubuntu() -> None:
    rows = parse_df(read("os-files/jc/df-ubuntu1804.txt"))
    assert len(rows) == len(read("os-files/jc/df-ubuntu1804.txt").strip().splitlines()) - 1
    root = next(row for row in rows if row.point == "/")
    assert (root.source, root.total_bytes, root.free_bytes) == ("/dev/sda2", 20508240 * KIB, 13695408 * KIB)
    assert {"/dev/shm", "/snap/core18/1223", "/run/user/1000"} <= {row.point for row in rows}


def test_df_of_macos() -> None:
    rows = {row.point: row for row in parse_df(read("os-files/jc/df-macos-10.14.6.txt"))}
    assert len(rows) == len(read("os-files/jc/df-macos-10.14.6.txt").strip().splitlines()) - 1
    assert (rows["/"].source, rows["/"].free_bytes) == ("/dev/disk1s1", 660310352 * 512)
    assert rows["/home"].source == "map auto_home"
    assert any(point.endswith("2019-11-29-075900/Macintosh HD") for point in rows)


def test_findmnt_of_a_container() -> None:
    (root,) = parse_findmnt(read("os-files/gpud/findmnt.0.json"))
    assert (root.point, root.filesystem) == ("/", "ext4")
    assert (root.total_bytes, root.free_bytes) == (round(1.7 * KIB**4), round(1.2 * KIB**4))


@pytest.mark.parametrize("path", ["os-files/gpud/lsblk.1.json", "os-files/gpud/lsblk.5.json"])
def test_lsblk_of_gpu_nodes(path: str) -> None:
    text = read(path)
    rows = parse_lsblk(text)
    mounted = text.count('"mountpoint": "')
    assert mounted
    assert len(rows) == mounted
    assert all(row.source and row.total_bytes for row in rows)


def test_no_recorded_kernel_is_that_of_gvisor() -> None:
    texts = [path.read_text(encoding="utf-8") for path in files("os-files/jc/proc-version-*")]
    assert len(texts) == 3
    for text in texts:
        host = RecordedHost(
            linux({"/proc/version": text}, identity=Identity(system="linux", release="4.4.0", machine="x86_64"))
        )
        assert read_container(host, Log()) == ""
