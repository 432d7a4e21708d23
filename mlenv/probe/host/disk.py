"""The file systems that an environment, the caches and temporary files would use."""

from __future__ import annotations

from mlenv.facts.hardware import Disk, DiskPurpose
from mlenv.formats.mounts import Mount
from mlenv.probe.host.mounts import read_mount
from mlenv.probe.log import Log
from mlenv.probe.paths import expand, is_absolute, is_windows, join, parent
from mlenv.system.host import Host

SHARED_MEMORY = "/dev/shm"  # noqa: S108 - it is measured; nothing is written there


def read_disk(host: Host, log: Log, purpose: DiskPurpose, path: str) -> Disk:
    """The disk below ``path``, which need not exist yet: the nearest folder above it is measured."""
    if purpose == "shared-memory" and not host.exists(path):
        # Nobody makes this folder later: without it there is no shared memory.
        log.absent(f"disk.{purpose}", path)
        return Disk(purpose=purpose, path=path)
    folder = find_existing(host, path)
    mount = _read_mount(host, folder)
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
        filesystem=mount.filesystem if mount else None,
        writable=host.writable(folder),
        noexec=mount.noexec if mount else None,
        network=mount.network if mount else _is_share(host, folder),
        files_free=usage.files_free,
    )


def _read_mount(host: Host, folder: str) -> Mount | None:
    return read_mount(host, host.real_path(folder)) if host.identity.system == "linux" else None


def _is_share(host: Host, folder: str) -> bool | None:
    r"""Whether a folder of Windows lies on another machine by its name, ``\\server\share``.

    A drive letter may stand for a share as well, so that it tells nothing.
    """
    return True if is_windows(host) and folder[:2] in ("\\\\", "//") else None


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
    first = join(host, host.home, "Library", "Caches", "uv")
    if host.identity.system == "macos" and host.exists(first):
        return first  # the place of uv's first versions, which it stays with
    return join(host, environ.get("XDG_CACHE_HOME") or join(host, host.home, ".cache"), "uv")


def huggingface_folder(host: Host) -> str:
    """Where Hugging Face's library keeps models.

    https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
    """
    environ = host.environ
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if environ.get(name):
            return environment_folder(host, environ[name])
    if environ.get("HF_HOME"):
        return join(host, environment_folder(host, environ["HF_HOME"]), "hub")
    cache = environ.get("XDG_CACHE_HOME") or join(host, host.home, ".cache")
    return join(host, cache, "huggingface", "hub")


def temporary_folder(host: Host) -> str:
    """Where builds and downloads put their temporary files."""
    for name in ("TMPDIR", "TEMP", "TMP"):
        path = host.environ.get(name, "")
        if path and is_absolute(host, path):
            return path
    return join(host, host.home, "AppData", "Local", "Temp") if is_windows(host) else "/tmp"  # noqa: S108


def shared_memory_folder(host: Host) -> str | None:
    """Where processes share memory by files: the workers of data loaders, and NCCL; only Linux has it."""
    return SHARED_MEMORY if host.identity.system == "linux" else None
