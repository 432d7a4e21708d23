"""Builds platform by platform: taken apart to be compared with wheels, and put together again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from mlenv.facts.version import numbers
from mlenv.matrix.rows import Build, Platform
from mlenv.matrix.sources.published import Floor, PublishedRelease, admits, floor_of

ORDER: tuple[Platform, ...] = ("linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64", "macos-x86_64")


def published_pythons(
    release: PublishedRelease, platform: Platform, known: Collection[str], believed: Sequence[str]
) -> tuple[str, ...]:
    """The series of Python that a release serves on a platform, oldest first.

    Wheels for one series each say it themselves; of wheels for any Python only those of
    ``believed`` count that Requires-Python admits.  ``known`` are the series that are out.
    """
    found: set[str] = set()
    for wheel in release.on(platform):
        named = believed if "any" in wheel.pythons else wheel.pythons
        required = wheel.requires_python or release.requires_python
        found |= {series for series in named if admits(required, series) and series.rstrip("t") in known}
    return sort_pythons(found)


def sort_pythons(pythons: Iterable[str]) -> tuple[str, ...]:
    """``3.9`` before ``3.10``, each free-threaded one after its own."""
    return tuple(sorted(set(pythons), key=lambda series: (numbers(series), series)))


LOWEST_GLIBC = "2.17"
"""The oldest tags (manylinux1, manylinux2010) promise more than such wheels keep."""


def floor_on(release: PublishedRelease, platform: Platform, series: str) -> Floor:
    """The lowest C library or macOS for one series of Python on a platform."""
    wheels = [wheel for wheel in release.on(platform) if wheel.fits(series)]
    floor = floor_of(replace(wheel, pythons=("any",)) for wheel in wheels)
    understated = floor.glibc and numbers(floor.glibc) < numbers(LOWEST_GLIBC)
    return replace(floor, glibc=LOWEST_GLIBC) if understated else floor


def split_by_floor(build: Build, published: PublishedRelease) -> list[Build]:
    """A build of one platform as one for each floor that its Pythons have, lowest first."""
    platform, groups = build.platforms[0], defaultdict[Floor, list[str]](list)
    for series in build.pythons:
        groups[floor_on(published, platform, series)].append(series)
    ordered = sorted(groups.items(), key=lambda item: (numbers(item[0].glibc), numbers(item[0].macos)))
    return [
        replace(build, pythons=tuple(pythons), glibc=floor.glibc, musl=floor.musl, macos=floor.macos)
        for floor, pythons in ordered
    ]


def is_plain(build: Build) -> bool:
    """Whether the file names say all that there is to know of a build: it has no code for a device."""
    code = build.sass or build.ptx or build.gfx or build.cuda or build.capability_floor or build.runtime
    return build.variant in ("any", "cpu") and not code


def take_apart(builds: Iterable[Build]) -> list[Build]:
    """One build for each platform, with the floors that concern it."""
    return [_on(build, platform) for build in builds for platform in build.platforms]


def _on(build: Build, platform: Platform) -> Build:
    linux, macos = platform.startswith("linux"), platform.startswith("macos")
    return replace(
        build,
        platforms=(platform,),
        glibc=build.glibc if linux else "",
        musl=build.musl if linux else "",
        macos=build.macos if macos else "",
        mps_macos=build.mps_macos if macos else "",
    )


def put_together(builds: Iterable[Build]) -> tuple[Build, ...]:
    """Builds of one platform each as few lines: those that differ in nothing else share one."""
    groups: list[list[Build]] = []
    for build in builds:
        group = next((group for group in groups if _may_share(build, group)), None)
        if group is None:
            groups.append([build])
        else:
            group.append(build)
    return tuple(_join(group) for group in groups)


def _may_share(build: Build, group: Sequence[Build]) -> bool:
    if _bare(build) != _bare(group[0]):
        return False
    alike = [other for other in group if _system(other) == _system(build)]
    return all(_floors(other) == _floors(build) for other in alike)


def _bare(build: Build) -> Build:
    return replace(build, platforms=(), glibc="", musl="", macos="", mps_macos="")


def _system(build: Build) -> str:
    return build.platforms[0].split("-")[0]


def _floors(build: Build) -> tuple[str, ...]:
    return build.glibc, build.musl, build.macos, build.mps_macos


def _join(group: Sequence[Build]) -> Build:
    merged: dict[str, str] = defaultdict(str)
    for build in group:
        for name in ("glibc", "musl", "macos", "mps_macos"):
            merged[name] = merged[name] or getattr(build, name)
    platforms = sorted((build.platforms[0] for build in group), key=ORDER.index)
    return replace(group[0], platforms=tuple(platforms), **merged)
