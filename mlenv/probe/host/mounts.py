"""The mount table of this Linux machine."""

from __future__ import annotations

from mlenv.formats.mounts import Mount, find_mount, parse_mounts
from mlenv.probe.log import peek
from mlenv.system.host import Host

MOUNT_TABLE = "/proc/self/mountinfo"


def read_cgroup_mounts(host: Host) -> tuple[Mount, ...]:
    """Where the control groups are mounted; empty where the table cannot be read.

    The other lines are passed over: a node of a cluster has thousands.
    """
    lines = (peek(host, MOUNT_TABLE) or "").split("\n")
    mounts = parse_mounts("\n".join(line for line in lines if " - cgroup" in line))
    return tuple(mount for mount in mounts if mount.filesystem in ("cgroup", "cgroup2"))


def read_mount(host: Host, path: str) -> Mount | None:
    """The mount that holds a path; None where the table cannot be read."""
    text = peek(host, MOUNT_TABLE)
    return find_mount(text, path) if text else None
