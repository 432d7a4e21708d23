"""Libraries for NVIDIA's GPUs in a lock: which they are, and what they cost to download."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mlenv.plan.download import taken_file
from mlenv.plan.lock import LockedPackage
from mlenv.plan.outlook import say_bytes

PREFIXES = ("nvidia-", "cuda-")
COMPILER = "triton"
"""PyTorch's compiler for GPUs; its builds for other makers have names of their own."""
LEAST_BYTES = 100 * 10**6
"""Less is not worth a word."""
NAMED = 5
"""So many are named."""


class GpuLibraries(msgspec.Struct, frozen=True, kw_only=True):
    """Packages, the largest first; ``bytes`` of those whose size is known, ``complete`` where all are."""

    names: tuple[str, ...]
    bytes: int
    complete: bool


def find_gpu_libraries(packages: Iterable[LockedPackage]) -> GpuLibraries | None:
    """The libraries for NVIDIA's GPUs; None where there are none, or they are small.

    A wheel for any platform holds no library: ``nvidia-ml-py`` only asks the driver.
    """
    sizes = dict(_sizes(packages))
    known = [size for size in sizes.values() if size is not None]
    complete = len(known) == len(sizes)
    if complete and sum(known) < LEAST_BYTES:
        return None
    names = sorted(sizes, key=lambda name: (-(sizes[name] or 0), name))
    return GpuLibraries(names=tuple(names), bytes=sum(known), complete=complete)


def describe_libraries(libraries: GpuLibraries) -> str:
    """``17 GPU libraries (2.5 GB to download: nvidia-cudnn-cu13, triton and 15 more)``."""
    count = len(libraries.names)
    more = f" and {count - NAMED} more" if count > NAMED else ""
    size = ""
    if libraries.bytes:
        size = f"{'' if libraries.complete else 'at least '}{say_bytes(libraries.bytes)} to download: "
    return f"{count} GPU {'library' if count == 1 else 'libraries'} ({size}{', '.join(libraries.names[:NAMED])}{more})"


def _sizes(packages: Iterable[LockedPackage]) -> Iterable[tuple[str, int | None]]:
    for package in packages:
        file = taken_file(package) if package.name.startswith(PREFIXES) or package.name == COMPILER else None
        if file is not None and file.name.endswith(".whl") and not file.name.endswith("-any.whl"):
            yield package.name, file.size
