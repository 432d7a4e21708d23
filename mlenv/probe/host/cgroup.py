"""Limits of the control groups that hold this process, in both versions of the interface."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from mlenv.formats.mounts import Mount
from mlenv.probe.host.mounts import read_cgroup_mounts
from mlenv.probe.log import peek
from mlenv.system.host import Host

OWN_GROUPS = "/proc/self/cgroup"
ROOT = "/sys/fs/cgroup"


def read_limits(host: Host, controller: str, unified: str, legacy: str) -> Iterator[tuple[str, str]]:
    """Each file of a limit and its text, from this process's group up to the root.

    ``unified`` names the file of version 2, ``legacy`` that of version 1.  A group is bound by
    the limits of all groups above it.
    """
    for folder, is_unified in _folders(host, controller):
        path = posixpath.join(folder, unified if is_unified else legacy)
        text = peek(host, path)
        if text is not None:
            yield path, text.strip()


def _folders(host: Host, controller: str) -> Iterator[tuple[str, bool]]:
    groups = parse_groups(peek(host, OWN_GROUPS) or "")
    for mount in _mounts_of(read_cgroup_mounts(host), controller):
        is_unified = mount.filesystem == "cgroup2"
        own = groups.get("" if is_unified else controller, "/")
        for folder in folders_above(mount, own):
            yield folder, is_unified


def _mounts_of(mounts: tuple[Mount, ...], controller: str) -> list[Mount]:
    """The mounts of a controller, else the places where they usually are."""
    found = [mount for mount in mounts if mount.filesystem == "cgroup2" or controller in mount.options]
    usual = [
        Mount(root="/", point=ROOT, filesystem="cgroup2"),
        Mount(root="/", point=f"{ROOT}/{controller}", filesystem="cgroup"),
    ]
    return found or usual


# 4:cpu,cpuacct:/user.slice
# 0::/system.slice/docker.service
def parse_groups(text: str) -> dict[str, str]:
    """The group of this process by controller; the group of version 2 has the empty name."""
    groups: dict[str, str] = {}
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        if colon and path.startswith("/"):
            groups.update(dict.fromkeys(controllers.split(","), path))
    return groups


def folders_above(mount: Mount, group: str) -> list[str]:
    """The folders of a group and of those above it, as this mount shows them.

    A container sees its own group as the root of the mount, and may be told the host's path.
    """
    below = group
    if mount.root != "/" and (group == mount.root or group.startswith(mount.root + "/")):
        below = group[len(mount.root) :]
    parts = [part for part in below.split("/") if part]
    if ".." in parts:
        parts = []
    return [posixpath.join(mount.point, *parts[:length]) for length in range(len(parts), -1, -1)]
