"""What makes one choice better than another: costs of a build, compared level by level.

The levels and their order are the law of the resolver (docs/resolver.md): a device that works,
proven builds, no libraries that nothing uses, the newest releases, the newest builds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mlenv.facts.version import numbers
from mlenv.matrix.query import newest_first
from mlenv.matrix.rows import Accelerator, Build, Framework, Release


class Costs(NamedTuple):
    """What speaks against a build, the gravest first; smaller is better.

    ``unproven``: nobody has confirmed that it exists or runs.
    ``idle``: it runs on the CPU although its project has builds for the wanted device.
    ``heavy``: it carries GPU libraries that nothing would use.
    ``staleness``: days by which the newest release is newer.
    ``older_build``: how many builds of the same release are for a newer CUDA or ROCm.
    """

    unproven: int
    idle: int
    heavy: int
    staleness: int
    older_build: int


def is_heavy(build: Build, accelerator: Accelerator) -> bool:
    """Whether a build carries GPU libraries that nothing would use."""
    return accelerator == "cpu" and build.variant.startswith(("cu", "rocm", "xpu"))


def serves(framework: Framework, accelerator: Accelerator) -> bool:
    """Whether any build of any release of a framework is for an accelerator."""
    return any(accelerator in build.accelerators for release in framework.release for build in release.builds)


def staleness_of(framework: Framework) -> dict[str, int]:
    """Days by which the newest release is newer than each, by version.

    Later releases of older lines do not count as newer than their line: the figure grows strictly
    along the releases, newest version first.  Withdrawn and broken ones are not the newest.
    """
    table: dict[str, int] = {}
    newest: Release | None = None
    last = -1
    for release in newest_first(framework):
        if release.yanked or release.broken:
            table[release.version] = max(last, 0)
            continue
        newest = newest or release
        last = max(last + 1, (newest.released - release.released).days)
        table[release.version] = last
    return table


def older_builds(builds: Sequence[Build], device: Accelerator) -> dict[str, int]:
    """How many builds for a device are for a newer CUDA or ROCm, by variant."""
    ages = {build.variant: toolkit_of(build) for build in builds if device in build.accelerators}
    known = sorted(set(ages.values()), reverse=True)
    return {variant: known.index(age) for variant, age in ages.items()}


def toolkit_of(build: Build) -> tuple[int, int]:
    """The CUDA or ROCm release that a build is for, to sort by; ``cu13`` names a major alone."""
    version = (*numbers(build.cuda or build.variant), 0, 0)
    if not build.cuda and build.variant.startswith("cu"):
        return 0, version[0]
    return version[0], version[1]
