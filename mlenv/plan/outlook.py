"""What an installation will take, and what stands in its way: told before the first byte is fetched."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.facts.hardware import Disk
from mlenv.facts.machine import Machine
from mlenv.plan.download import taken_file
from mlenv.plan.lock import read_lock
from mlenv.plan.plan import Plan

MB = 10**6
GB = 10**9
BARE_BYTES = 64 * MB
"""An environment before anything is in it, with some air."""
LEAST_RATIO = 1.2
"""A wheel takes at least so many times its own size when it is unpacked; NVIDIA's libraries hardly shrink."""
LIKELY_RATIO = 3.0
"""And often so many times: PyTorch's for the CPU."""
SCARCE_MEMORY = GB
"""With less an installer that unpacks several wheels at once may be killed."""


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What lies ahead.

    ``packages`` are to be installed, at most ``download_bytes`` fetched (None where nobody knows) and
    about ``disk_bytes`` written; ``seconds`` is the expected time of the download, None where no
    earlier one tells.  ``obstacles`` are reasons why it cannot succeed, each with its remedy,
    ``doubts`` why it may not.
    """

    packages: int
    download_bytes: int | None = None
    disk_bytes: int | None = None
    seconds: float | None = None
    obstacles: tuple[tuple[str, str], ...] = ()
    doubts: tuple[str, ...] = ()

    def describe(self) -> str:
        """``12 packages, 136 MB to download (about 20 s), about 400 MB on the disk``."""
        parts = [f"{self.packages} packages"]
        if self.download_bytes:
            parts.append(f"{say_bytes(self.download_bytes)} to download{_say_time(self.seconds)}")
        if self.disk_bytes:
            parts.append(f"about {say_bytes(self.disk_bytes)} on the disk")
        return ", ".join(parts)


def look_ahead(plan: Plan, machine: Machine, *, fetched: int | None = None, pace: float | None = None) -> Outlook:
    """What the plan takes on the machine.

    ``fetched`` is how many packages the installer says it must download (None: perhaps none),
    ``pace`` the bytes a second of earlier downloads.
    """
    sizes = _sizes(plan)
    count = len(sizes) if sizes else len(plan.packages)
    known = [size for size in sizes if size is not None]
    exact = sizes and len(known) == len(sizes) and fetched is not None
    least = sum(sorted(known)[:fetched]) if exact else 0
    most = sum(sorted(known, reverse=True)[:fetched]) if exact else plan.download_bytes
    return Outlook(
        packages=count if fetched is None else fetched,
        download_bytes=most,
        disk_bytes=round(most * LIKELY_RATIO) if most else None,
        seconds=most / pace if most and pace else None,
        obstacles=tuple(_obstacles(machine, round(least * LEAST_RATIO), plan.manager)),
        doubts=tuple(_doubts(machine, round((most or 0) * LIKELY_RATIO) if exact else 0)),
    )


def say_bytes(size: int) -> str:
    """``136 MB`` or ``2.1 GB``."""
    return f"{size / GB:.1f} GB" if size >= GB else f"{max(1, round(size / MB))} MB"


def _sizes(plan: Plan) -> list[int | None]:
    """The bytes of each file that the lock has an installer fetch; empty for locks of another kind."""
    if plan.lock is None or plan.manager not in ("uv", "pip"):
        return []
    files = (taken_file(package) for package in read_lock(plan.lock).packages)
    return [_size(file.url, file.size) for file in files if file is not None]


def _size(url: str, size: int | None) -> int | None:
    return 0 if not url or url.startswith("file:") else size


def _obstacles(machine: Machine, least: int, manager: str) -> Iterator[tuple[str, str]]:
    environment, cache = machine.disk("environment"), machine.disk("cache")
    if environment is not None and environment.writable is False:
        yield f"{environment.path}: cannot be written to", "name a folder of your own with --env"
    for disk, need in _needs(environment, cache, machine.disk("temporary"), least, manager):
        # A file system of no size at all (/proc) says nothing: writing will tell.
        if disk.free_bytes is not None and disk.total_bytes != 0 and disk.free_bytes < need:
            free = f"{disk.path}: has {say_bytes(disk.free_bytes)} free, and at least {say_bytes(need)} are needed"
            yield free, _make_room(disk)


def _needs(
    environment: Disk | None, cache: Disk | None, temporary: Disk | None, least: int, manager: str
) -> Iterator[tuple[Disk, int]]:
    """What each disk must have room for; where the cache and the environment share one, links take none twice."""
    if environment is not None:
        yield environment, BARE_BYTES + least
    if cache is not None and manager == "uv" and not _is_same(cache, environment):
        yield cache, max(BARE_BYTES // 8, least)
    if temporary is not None and not _is_same(temporary, environment):
        yield temporary, BARE_BYTES // 8


def _doubts(machine: Machine, likely: int) -> Iterator[str]:
    for purpose in ("environment", "cache"):
        disk = machine.disk(purpose)
        if disk is not None and disk.free_bytes is not None and disk.free_bytes < likely:
            yield (
                f"{disk.path} has {say_bytes(disk.free_bytes)} free; what is downloaded may take "
                f"{say_bytes(likely)} when it is unpacked"
            )
    memory = machine.memory.available_bytes
    if memory is not None and memory < SCARCE_MEMORY:
        yield f"only {say_bytes(memory)} of memory are free: if the installer is killed, close other programs"


def _is_same(first: Disk, second: Disk | None) -> bool:
    return second is not None and (first.free_bytes, first.total_bytes) == (second.free_bytes, second.total_bytes)


def _make_room(disk: Disk) -> str:
    if disk.purpose == "cache":
        return "free some space there (`uv cache prune`), or let UV_CACHE_DIR name a folder on a larger disk"
    if disk.purpose == "temporary":
        return "free some space there, or let TMPDIR (on Windows TEMP) name a folder on a larger disk"
    return "free some space there (`uv cache prune` forgets old downloads), or name a larger disk with --env"


def _say_time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f" (about {max(1, round(seconds))} s)" if seconds < 90 else f" (about {round(seconds / 60)} min)"
