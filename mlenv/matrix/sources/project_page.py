"""A project's page on a package index (PEP 691 JSON, PEP 503 HTML) as what it has published."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from mlenv.facts.version import numbers
from mlenv.matrix.rows import Platform
from mlenv.matrix.sources.conditions import normalise_conditions
from mlenv.matrix.sources.published import PublishedProject, PublishedRelease, PublishedWheel
from mlenv.matrix.wheel_tags import PlatformTag, parse_platform_tag, series_of

if TYPE_CHECKING:
    from pypi_simple import DistributionPackage

PLATFORMS: dict[tuple[str, str], tuple[Platform, ...]] = {
    ("linux", "x86_64"): ("linux-x86_64",),
    ("linux", "aarch64"): ("linux-aarch64",),
    ("windows", "x86_64"): ("windows-x86_64",),
    ("macos", "arm64"): ("macos-arm64",),
    ("macos", "x86_64"): ("macos-x86_64",),
    ("macos", "intel"): ("macos-x86_64",),
    ("macos", "universal2"): ("macos-arm64", "macos-x86_64"),
    ("any", ""): ("linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64", "macos-x86_64"),
}
"""The matrix's platforms that the systems and architectures of tags stand for."""
FIRST_ARM_MACOS = (11, 0)


class _File(NamedTuple):
    """A listed file; ``tags`` are empty for what is no wheel."""

    package: DistributionPackage
    tags: frozenset[Tag]


def parse_project(
    body: bytes, content_type: str, *, url: str, distribution: str, newest_python: str
) -> PublishedProject:
    """What a page lists of a distribution; ``ValueError`` for what is no such page.

    ``newest_python`` is the newest series that wheels with the stable ABI are taken to run on.
    """
    newest = numbers(newest_python)[1]
    files: dict[Version, list[_File]] = defaultdict(list)
    for package in read_packages(body, content_type, url, distribution):
        version, tags = _identify(package, distribution)
        if version is not None:
            files[version].append(_File(package, tags))
    releases = (_release(version, files[version], newest) for version in sorted(files, reverse=True))
    return PublishedProject(distribution=distribution, releases=tuple(releases))


def read_packages(body: bytes, content_type: str, url: str, distribution: str) -> list[DistributionPackage]:
    """The files that a simple-index page lists (PEP 691 or PEP 503); ``ValueError`` for what is no such page."""
    from pypi_simple import ProjectPage
    from pypi_simple.errors import UnsupportedRepoVersionError

    try:
        if "json" in content_type:
            return ProjectPage.from_json_data(msgspec.json.decode(body), url).packages
        return ProjectPage.from_html(distribution, body, base_url=url, from_encoding="utf-8").packages
    except (KeyError, TypeError, UnsupportedRepoVersionError, msgspec.DecodeError) as error:
        raise ValueError(str(error)) from error


def _identify(package: DistributionPackage, distribution: str) -> tuple[Version | None, frozenset[Tag]]:
    """The version of a file and, for a wheel, its tags; no version for what is none of the project's."""
    try:
        if package.filename.endswith(".whl"):
            name, version, _, tags = parse_wheel_filename(package.filename)
            return (version if name == distribution else None), tags
        if package.version is None or canonicalize_name(package.project or "") != distribution:
            return None, frozenset()
        return Version(package.version), frozenset()
    except (InvalidWheelFilename, InvalidVersion):
        return None, frozenset()


def _release(version: Version, files: Sequence[_File], newest: int) -> PublishedRelease:
    yanked = all(file.package.is_yanked for file in files)
    usable = [file for file in files if yanked or not file.package.is_yanked]
    sources = [file.package for file in usable if file.package.package_type == "sdist"]
    days = [day for file in files if (day := _day(file.package)) is not None]
    return PublishedRelease(
        version=str(version),
        released=min(days, default=None),
        requires_python=_most_common(normalise_conditions(file.package.requires_python or "") for file in usable),
        yanked=yanked,
        yanked_reason=_most_common(file.package.yanked_reason or "" for file in files) if yanked else "",
        prerelease=version.is_prerelease,
        wheels=tuple(wheel for file in usable for wheel in _wheels(file, newest)),
        has_sdist=bool(sources),
        sdist_bytes=sources[0].size if sources else None,
        sdist_url=sources[0].url if sources else "",
    )


def _most_common(texts: Iterable[str]) -> str:
    return Counter(texts).most_common(1)[0][0]


def _day(package: DistributionPackage) -> dt.date | None:
    return package.upload_time.date() if package.upload_time else None


def _wheels(file: _File, newest: int) -> list[PublishedWheel]:
    """A wheel file once for each platform that its tags name."""
    found: dict[Platform, list[tuple[PlatformTag, tuple[str, ...]]]] = defaultdict(list)
    for tag in file.tags:
        place = parse_platform_tag(tag.platform)
        series = series_of(tag.interpreter, tag.abi, newest)
        if place is not None and series:
            for platform in PLATFORMS.get((place.system, place.architecture), ()):
                found[platform].append((place, series))
    return [_wheel(file.package, platform, found[platform]) for platform in sorted(found)]


def _wheel(
    package: DistributionPackage, platform: Platform, tags: Collection[tuple[PlatformTag, tuple[str, ...]]]
) -> PublishedWheel:
    places = [place for place, _ in tags]
    pythons = {series for _, several in tags for series in several}
    return PublishedWheel(
        filename=package.filename,
        url=package.url,
        platform=platform,
        pythons=("any",) if "any" in pythons else tuple(sorted(pythons, key=lambda one: (numbers(one), one))),
        glibc=_lowest(place.floor for place in places if place.libc == "glibc"),
        musl=_lowest(place.floor for place in places if place.libc == "musl"),
        macos=_lowest(_macos_floor(place, platform) for place in places if place.system == "macos"),
        requires_python=normalise_conditions(package.requires_python or ""),
        bytes=package.size,
        uploaded=_day(package),
        metadata_url=package.metadata_url if package.has_metadata else "",
    )


def _lowest(floors: Iterable[tuple[int, ...]]) -> str:
    return ".".join(map(str, min(floors, default=())))


def _macos_floor(place: PlatformTag, platform: Platform) -> tuple[int, ...]:
    """A file for both architectures may name a macOS from before the ARM ones."""
    return max(place.floor, FIRST_ARM_MACOS) if platform == "macos-arm64" else place.floor
