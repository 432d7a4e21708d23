"""The file systems that an environment, the package cache and temporary files would use."""

from __future__ import annotations

from mlenv.facts.hardware import Disk, DiskPurpose
from mlenv.probe.log import Log
from mlenv.probe.mounts import find_mount, read_mounts
from mlenv.probe.paths import expand, is_absolute, is_windows, join, parent
from mlenv.system.host import Host


def read_disk(host: Host, log: Log, purpose: DiskPurpose, path: str) -> Disk:
    """The disk below ``path``, which need not exist yet: the nearest folder above it is measured."""
    folder = find_existing(host, path)
    try:
        usage = host.disk_usage(folder)
    except OSError as error:
        log.unreadable(f"disk.{purpose}", folder, type(error).__name__)
        return Disk(purpose=purpose, path=path)
    log.found(f"disk.{purpose}", folder)
    return Disk(
        purpose=purpose,
        path=path,
        free_bytes=usage.free,
        total_bytes=usage.total,
        filesystem=_read_filesystem(host, folder),
        writable=host.writable(folder),
    )


def _read_filesystem(host: Host, folder: str) -> str | None:
    if host.identity.system != "linux":
        return None
    mount = find_mount(read_mounts(host), host.real_path(folder))
    return mount.filesystem if mount else None


def find_existing(host: Host, path: str) -> str:
    """The path itself, or the nearest folder above it that exists."""
    while not host.exists(path):
        above = parent(host, path)
        if above == path:
            break
        path = above
    return path


def environment_folder(host: Host, path: str) -> str:
    """Where the environment would be; a relative path counts from the shell's folder."""
    path = expand(host, path)
    if is_absolute(host, path):
        return path
    return join(host, host.environ.get("PWD") or host.home, path)


def cache_folder(host: Host) -> str:
    """Where uv keeps what it has downloaded and unpacked."""
    environ = host.environ
    if environ.get("UV_CACHE_DIR"):
        return environment_folder(host, environ["UV_CACHE_DIR"])
    if is_windows(host):
        local = environ.get("LOCALAPPDATA") or join(host, host.home, "AppData", "Local")
        return join(host, local, "uv", "cache")
    return join(host, environ.get("XDG_CACHE_HOME") or join(host, host.home, ".cache"), "uv")


def temporary_folder(host: Host) -> str:
    """Where builds and downloads put their temporary files."""
    for name in ("TMPDIR", "TEMP", "TMP"):
        path = host.environ.get(name, "")
        if path and is_absolute(host, path):
            return path
    return join(host, host.home, "AppData", "Local", "Temp") if is_windows(host) else "/tmp"  # noqa: S108
