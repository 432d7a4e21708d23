"""The mount table, and lists of file systems."""

from __future__ import annotations

import pytest

from mlenv.formats.file_systems import FileSystem, parse_df, parse_findmnt, parse_lsblk, parse_size
from mlenv.formats.mounts import Mount, find_mount, parse_mounts

TABLE = (
    "25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "30 25 0:50 / /home rw,nosuid - nfs4 server:/home rw,vers=4.2\n"
    "31 25 8:2 / /home rw - xfs /dev/sdb1 rw\n"
    "32 25 0:51 / /homes ro - btrfs /dev/sdc1 rw\n"
    "33 31 0:52 / /home/ada/my\\040disk\\134x rw,noexec - tmpfs tmpfs rw\n"
)


def test_mounts_with_blanks_and_nonsense() -> None:
    text = "27 1 254:0 /sub /mnt/my\\040disk rw,relatime shared:1 master:2 - xfs /dev/vda1 rw\nnonsense\n1 2 - 3\n"
    assert parse_mounts(text) == (
        Mount(
            root="/sub",
            point="/mnt/my disk",
            filesystem="xfs",
            source="/dev/vda1",
            flags=("rw", "relatime"),
            options=("rw",),
        ),
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/ada", "xfs"),
        ("/home", "xfs"),
        ("/home/", "xfs"),
        ("/homestead", "ext4"),
        ("/homes/x/y", "btrfs"),
        ("/home/ada/my disk\\x/z", "tmpfs"),
        ("/home/ada/my", "xfs"),
        ("/", "ext4"),
    ],
)
def test_the_deepest_and_latest_mount_holds_a_path(path: str, expected: str) -> None:
    mount = find_mount(TABLE, path)
    assert mount is not None
    assert mount.filesystem == expected
    assert mount.noexec is (expected == "tmpfs")


def test_a_source_that_looks_like_a_mount_point() -> None:
    text = "1 0 0:1 / / rw - ext4 /dev/a rw\n2 1 0:2 / /mnt rw - fuse /data rw\n3 1 0:3 / /data rw - zfs pool rw\n"
    found = [find_mount(text, path) for path in ("/data/x", "/mnt/x")]
    assert [mount.filesystem if mount else None for mount in found] == ["zfs", "fuse"]


@pytest.mark.parametrize(("text", "path"), [("", "/home"), ("nonsense / rw\n", "/"), (TABLE, "relative"), (TABLE, "")])
def test_no_mount(text: str, path: str) -> None:
    assert find_mount(text, path) is None


@pytest.mark.parametrize(
    ("filesystem", "source", "expected"),
    [
        ("nfs4", "server:/x", True),
        ("lustre", "10.0.0.1@tcp:/fs", True),
        ("fuse.sshfs", "ada@host:", True),
        ("fuse", "mountpoint-s3", True),
        ("fuse", "squashfuse", False),
        ("fuse.lxcfs", "lxcfs", False),
        ("virtiofs", "share", False),
        ("ext4", "/dev/sda1", False),
    ],
)
def test_network_file_systems(filesystem: str, source: str, expected: bool) -> None:
    assert Mount(root="/", point="/x", filesystem=filesystem, source=source).network is expected


def test_df_of_linux() -> None:
    text = (
        "Filesystem     1K-blocks    Used Available Use% Mounted on\n"
        "/dev/nvme0n1p2    1000     400       600  40% /\n"
        "server:/my share   200     100       100  50% /mnt/my data\n"
        "overlay               -       -         -    - /x\n"
    )
    assert parse_df(text) == (
        FileSystem(point="/", source="/dev/nvme0n1p2", total_bytes=1024000, free_bytes=614400),
        FileSystem(point="/mnt/my data", source="server:/my share", total_bytes=204800, free_bytes=102400),
    )


def test_df_of_macos_counts_files() -> None:
    text = (
        "Filesystem 512-blocks Used Available Capacity iused ifree %iused  Mounted on\n"
        "map auto_home 0 0 0 100% 0 0 100%   /home\n/dev/disk1s1 20 8 12 40% 5 9223372036854775807 0%   /Volumes/A B\n"
    )
    assert [(row.point, row.source, row.free_bytes) for row in parse_df(text)] == [
        ("/home", "map auto_home", 0),
        ("/Volumes/A B", "/dev/disk1s1", 6144),
    ]


def test_findmnt_with_mounts_below_mounts() -> None:
    text = (
        '{"filesystems": [{"target": "/", "source": "/dev/sda1", "fstype": "ext4", "size": "2K", "avail": "1.5K", '
        '"children": [{"target": "/home", "size": null}, {"fstype": "tmpfs"}, 3]}]}'
    )
    assert parse_findmnt(text) == (
        FileSystem(point="/", source="/dev/sda1", filesystem="ext4", total_bytes=2048, free_bytes=1536),
        FileSystem(point="/home"),
    )


def test_lsblk_names_what_is_mounted() -> None:
    text = (
        '{"blockdevices": [{"name": "sda", "mountpoint": null, "size": 4096, '
        '"children": [{"name": "sda1", "mountpoint": "/", "size": 2048, "fstype": "xfs"}]}]}'
    )
    assert parse_lsblk(text) == (FileSystem(point="/", source="sda1", filesystem="xfs", total_bytes=2048),)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"filesystems": 1, "blockdevices": {}}', "\ud800"])
def test_no_list(text: str) -> None:
    assert (parse_df(text), parse_findmnt(text), parse_lsblk(text)) == ((), (), ())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1.5T", 1649267441664),
        ("512", 512),
        (7, 7),
        (-1, None),
        (True, None),
        (None, None),
        ("1.5 T", None),
        ("", None),
    ],
)
def test_sizes(value: object, expected: int | None) -> None:
    assert parse_size(value) == expected
