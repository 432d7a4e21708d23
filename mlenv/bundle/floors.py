"""The lowest system that every wheel of a bundle runs on, told from their names."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.utils import parse_wheel_filename

from mlenv.facts.machine import Machine
from mlenv.facts.system import Libc
from mlenv.facts.version import numbers
from mlenv.matrix.wheel_tags import PlatformTag, parse_platform_tag


def lowest_libc(filenames: Iterable[str], machine: Machine) -> Libc | None:
    """The lowest C library for all of them on machines like this one; None where no wheel asks for any.

    A wheel that was built here names none, and is taken to ask for the one of this machine.
    """
    if machine.os.family != "linux":
        return None
    own = machine.os.libc
    family = own.family if own else "glibc"
    floors = []
    for tags in map(_platforms, filenames):
        named = [tag.floor for tag in tags if tag.libc == family]
        if named:
            floors.append(".".join(map(str, min(named))))
        elif own is not None and any(tag.system == "linux" and not tag.libc for tag in tags):
            floors.append(own.version)
    return Libc(family=family, version=max(floors, key=numbers)) if floors else None


def lowest_macos(filenames: Iterable[str], machine: Machine) -> str | None:
    """The lowest macOS for all of them; None on other systems, and where no wheel asks for any."""
    if machine.os.family != "macos":
        return None
    floors = [min(tag.floor for tag in tags if tag.floor) for tags in map(_platforms, filenames) if _has_floor(tags)]
    return ".".join(map(str, max(floors))) if floors else None


def _platforms(filename: str) -> list[PlatformTag]:
    tags = (parse_platform_tag(tag.platform) for tag in parse_wheel_filename(filename)[3])
    return [tag for tag in tags if tag is not None]


def _has_floor(tags: list[PlatformTag]) -> bool:
    return any(tag.floor for tag in tags)
