"""The mount table of a Linux machine."""

from __future__ import annotations

import re

import msgspec

from mlenv.probe.log import peek
from mlenv.system.host import Host

MOUNT_TABLE = "/proc/self/mountinfo"
_OCTAL = re.compile(r"\\([0-7]{3})")


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """One mount: the folder ``root`` of a file system is seen at ``point``.

    ``options`` are those of the file system itself (for a cgroup: its controllers).
    """

    root: str
    point: str
    filesystem: str
    options: tuple[str, ...] = ()


def read_mounts(host: Host) -> tuple[Mount, ...]:
    """All mounts, later ones above earlier ones; empty where the table cannot be read."""
    return parse_mounts(peek(host, MOUNT_TABLE) or "")


# 27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
# 35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
def parse_mounts(text: str) -> tuple[Mount, ...]:
    """The mounts of a mountinfo table; lines that are not of its form are left out."""
    found = (_parse_line(line) for line in text.splitlines())
    return tuple(mount for mount in found if mount)


def _parse_line(line: str) -> Mount | None:
    before, dash, after = line.partition(" - ")
    left, right = before.split(), after.split()
    if not dash or len(left) < 6 or not right:
        return None
    options = tuple(right[2].split(",")) if len(right) > 2 else ()
    return Mount(root=_unescape(left[3]), point=_unescape(left[4]), filesystem=right[0], options=options)


def _unescape(path: str) -> str:
    r"""A blank in a path is written ``\040``."""
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), path)


def find_mount(mounts: tuple[Mount, ...], path: str) -> Mount | None:
    """The mount that holds a path: the longest mount point above it, the last of equals."""
    holding = [mount for mount in mounts if path == mount.point or path.startswith(mount.point.rstrip("/") + "/")]
    return max(reversed(holding), key=lambda mount: len(mount.point), default=None)
