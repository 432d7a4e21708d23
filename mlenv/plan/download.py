"""What a lock costs to download: of each package the one file that an installer takes."""

from __future__ import annotations

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion

from mlenv.facts.version import numbers
from mlenv.matrix.wheel_tags import parse_platform_tag
from mlenv.plan.lock import Lock, LockedFile, LockedPackage

Closeness = tuple[bool, bool, tuple[int, ...], tuple[int, ...]]
FAR: Closeness = (False, False, (), ())


def download_bytes(lock: Lock) -> int | None:
    """The bytes of all packages, without those that lie in local folders; None where a size is not known.

    The lock must be that of one machine, with no wheel that does not install there.
    """
    sizes = [_size(file) for package in lock.packages if (file := taken_file(package)) is not None]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def taken_file(package: LockedPackage) -> LockedFile | None:
    """The file that an installer takes: of several wheels the one made most closely for the machine."""
    if package.wheels:
        return max(package.wheels, key=lambda wheel: _closeness(wheel.name))
    return package.sdist or package.archive


def _size(file: LockedFile) -> int | None:
    return 0 if not file.url or file.url.startswith("file:") else file.size


def _closeness(filename: str) -> Closeness:
    """Whether it is a wheel's name, and one Python's alone; the newest Python and platform that it names."""
    try:
        tags = parse_wheel_filename(filename)[3]
    except (InvalidWheelFilename, InvalidVersion):
        return FAR
    return max((_tag_closeness(tag) for tag in tags), default=FAR)


def _tag_closeness(tag: Tag) -> Closeness:
    platform = parse_platform_tag(tag.platform)
    series = numbers(tag.interpreter.removeprefix("cp3")) if tag.interpreter.startswith("cp3") else ()
    return True, tag.abi.startswith("cp3"), series, platform.floor if platform else ()
