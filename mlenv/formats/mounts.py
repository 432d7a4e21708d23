"""The mount table of Linux, and what the names of file systems stand for."""

from __future__ import annotations

import msgspec

from mlenv.facts.pattern import lazy

_OCTAL = lazy(r"\\([0-7]{3})")
# The marks that the kernel writes as numbers; the backslash comes first, for it begins the others.
_ESCAPES = (("\\", r"\134"), (" ", r"\040"), ("\t", r"\011"), ("\n", r"\012"), ("#", r"\043"))
# File systems whose files lie on other machines, as the mount table names them.
_NETWORK_NAMES = """
    9p acfs afs auristorfs beegfs ceph cifs coda davfs glusterfs gpfs kafs lustre ncpfs nfs nfs4 orangefs panfs pvfs2
    smb3 smbfs wekafs
    fuse.afs fuse.alluxio-fuse fuse.blobfuse fuse.blobfuse2 fuse.ceph-fuse fuse.curlftpfs fuse.cvmfs2 fuse.davfs2
    fuse.dfuse fuse.gcsfuse fuse.glusterfs fuse.goofys fuse.juicefs fuse.mfsmount fuse.moosefs fuse.mountpoint-s3
    fuse.quobyte fuse.rclone fuse.s3fs fuse.seaweedfs fuse.smbnetfs fuse.sshfs fuse.tigrisfs fuse.weed
"""
_NETWORK = frozenset(_NETWORK_NAMES.split())
# Programs that mount under the plain name fuse and give themselves as the source.
_NETWORK_SOURCES = frozenset({"blobfuse", "blobfuse2", "cvmfs2", "gcsfuse", "goofys", "mountpoint-s3", "s3fs"})


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """One mount: the folder ``root`` of a file system is seen at ``point``.

    ``flags`` hold for this mount (``ro``, ``noexec``), ``options`` for the file system itself (of a
    cgroup: its controllers); ``source`` is the device or what stands in its place.
    """

    root: str
    point: str
    filesystem: str
    source: str = ""
    flags: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def noexec(self) -> bool:
        """Whether no program can be run from there."""
        return "noexec" in self.flags or "noexec" in self.options

    @property
    def network(self) -> bool:
        """Whether its files lie on another machine."""
        plain_fuse = self.filesystem == "fuse" and self.source in _NETWORK_SOURCES
        return plain_fuse or self.filesystem in _NETWORK


# 27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
# 35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
def parse_mounts(text: str) -> tuple[Mount, ...]:
    """The mounts of a mountinfo table, later ones above earlier ones; other lines are left out."""
    found = (_parse_line(line) for line in text.split("\n"))
    return tuple(mount for mount in found if mount)


def _parse_line(line: str) -> Mount | None:
    before, dash, after = line.partition(" - ")
    left, right = before.split(), after.split()
    if not dash or len(left) < 6 or not right:
        return None
    return Mount(
        root=_unescape(left[3]),
        point=_unescape(left[4]),
        filesystem=right[0],
        source=_unescape(right[1]) if len(right) > 1 else "",
        flags=tuple(left[5].split(",")),
        options=tuple(right[2].split(",")) if len(right) > 2 else (),
    )


def _unescape(path: str) -> str:
    r"""A blank in a path is written ``\040``."""
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), path) if "\\" in path else path


def _escape(path: str) -> str:
    for mark, written in _ESCAPES:
        path = path.replace(mark, written)
    return path


def find_mount(text: str, path: str) -> Mount | None:
    """The mount that holds an absolute path: the longest mount point above it, the last of equals.

    A node of a cluster has thousands of mounts, of which this looks only at the likely ones.
    """
    while path.startswith("/"):
        mount = _find_point(text, path)
        if mount or path == "/":
            return mount
        path = path[: path.rfind("/")] or "/"
    return None


def _find_point(text: str, point: str) -> Mount | None:
    # The flags follow the mount point, and they begin with ro or rw.
    words = f" {_escape(point)} r"
    end = len(text)
    while (place := text.rfind(words, 0, end)) >= 0:
        start = text.rfind("\n", 0, place) + 1
        stop = text.find("\n", place)
        mount = _parse_line(text[start : stop if stop >= 0 else len(text)])
        if mount and mount.point == point:
            return mount
        end = start
    return None
