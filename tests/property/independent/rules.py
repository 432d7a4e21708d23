"""The hard rules about one build, written anew from what the rows say of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from packaging.version import Version

from tests.property.independent.computer import Computer, at_least
from tests.property.independent.device_rules import of_device
from tests.property.independent.use import Use


def broken_rules(use: Use) -> list[str]:
    """The names of the rules that a use breaks; none where it may be."""
    return [*_of_release(use), *_of_system(use), *of_device(use)]


# ---------------------------------------------------------------- the release


def _of_release(use: Use) -> Iterator[str]:
    project = use.data.projects[use.offer.framework].row
    release, version = use.offer.release, use.offer.version
    if use.optional and project.get("status") == "dead":
        yield "dead"
    if use.optional and project.get("solitary"):
        yield "solitary"
    if release.get("yanked"):
        yield "yanked"
    if release.get("broken"):
        yield "broken"
    if project.get("floor") and version < Version(project["floor"]):
        yield "floor"
    if not use.condition.contains(version, prereleases=True):
        yield "condition"
    if use.named and not _is_named(use):
        yield "named build"


def _is_named(use: Use) -> bool:
    """Whether a build is the one asked for, or of the same CUDA major where its project has no such name."""
    variant = use.offer.build["variant"]
    if use.device == "cpu" or variant in (use.named, "any"):
        return True
    if any(other.build["variant"] == use.named for other in use.data.projects[use.offer.framework].offers):
        return False
    runtime = use.offer.build.get("runtime", "")
    return bool(runtime) and use.named.startswith(runtime)


# ---------------------------------------------------------------- the system


def _of_system(use: Use) -> Iterator[str]:
    build, computer = use.offer.build, use.computer
    if computer.platform not in build["platforms"]:
        yield "platform"
    if computer.system == "linux":
        yield from _of_libc(build, computer)
    if computer.system == "macos":
        floors = [build.get("macos", ""), build.get("mps_macos", "") if use.device == "mps" else ""]
        if any(floor and not (computer.version and at_least(computer.version, floor)) for floor in floors):
            yield "macos"
    if computer.flags and not computer.flags.issuperset(build.get("cpu_flags", ())):
        yield "cpu flags"


def _of_libc(build: dict[str, Any], computer: Computer) -> Iterator[str]:
    floors = {kind: build[kind] for kind in ("glibc", "musl") if build.get(kind)}
    if not floors:
        return  # pure Python
    kind, version = computer.libc or ("", "")
    if kind not in floors or not at_least(version, floors[kind]):
        yield "libc"
