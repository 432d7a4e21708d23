"""What a package source has published, as values that any source of packages can fill."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec

from mlenv.facts.version import numbers
from mlenv.matrix.rows import Platform


class SourceTrouble(Exception):  # noqa: N818 - a value as often as it is raised
    """A public source could not be read: ``source`` names it, ``phrase`` says why.

    ``url`` is the address without user name and password, empty where there is none.
    """

    def __init__(self, *, source: str, phrase: str, url: str = "") -> None:
        self.source = source
        self.url = bare_url(url)
        self.phrase = phrase
        super().__init__(f"{source}: {phrase}" + (f" ({self.url})" if url else ""))


def bare_url(url: str) -> str:
    """An address without what stands before the last ``@``: user name, password, token."""
    scheme, found, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if found else url


class PublishedWheel(msgspec.Struct, frozen=True, kw_only=True):
    """A wheel on one platform; a file for several platforms is there once for each.

    ``pythons`` are series (``3.12``, ``3.14t`` for a free-threaded one); ``("any",)`` stands for
    every Python 3.  ``glibc``, ``musl`` and ``macos`` are the lowest versions, empty where the
    file name asks for none.  ``bytes`` and ``uploaded`` are None where the source does not say.
    ``metadata_url`` is the address of the core metadata alone, where the source announces it.
    """

    filename: str
    url: str
    platform: Platform
    pythons: tuple[str, ...]
    glibc: str = ""
    musl: str = ""
    macos: str = ""
    requires_python: str = ""
    bytes: int | None = None
    uploaded: dt.date | None = None
    metadata_url: str = ""

    @property
    def is_pure(self) -> bool:
        """Whether it is for any platform."""
        return self.filename.endswith("-any.whl")

    def fits(self, series: str) -> bool:
        """Whether its tags admit a series of Python; ``requires_python`` is not looked at."""
        return "any" in self.pythons or series in self.pythons


class PublishedRelease(msgspec.Struct, frozen=True, kw_only=True):
    """A release and its files: ``released`` is the day of the first one.

    ``requires_python`` is what most of its files say.  A release is ``yanked`` where all its files
    are; single yanked files of another are left out of ``wheels``.
    """

    version: str
    released: dt.date | None = None
    requires_python: str = ""
    yanked: bool = False
    yanked_reason: str = ""
    prerelease: bool = False
    wheels: tuple[PublishedWheel, ...] = ()
    has_sdist: bool = False
    sdist_bytes: int | None = None
    sdist_url: str = ""

    def on(self, platform: Platform) -> tuple[PublishedWheel, ...]:
        """The wheels for one platform."""
        return tuple(wheel for wheel in self.wheels if wheel.platform == platform)


class PublishedProject(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution (normalised name) and its releases, newest first by PEP 440."""

    distribution: str
    releases: tuple[PublishedRelease, ...]

    def release(self, version: str) -> PublishedRelease | None:
        """The release of that version (normalised), None where there is none."""
        return next((release for release in self.releases if release.version == version), None)


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """The lowest C libraries and macOS; empty where nothing is asked for or nothing is published."""

    glibc: str = ""
    musl: str = ""
    macos: str = ""


def floor_of(wheels: Iterable[PublishedWheel]) -> Floor:
    """What a machine must have so that every Python that the wheels name finds one that installs.

    Of several wheels for one Python the least demanding counts, over the Pythons the most
    demanding.  Give the wheels of one platform, and those of some Pythons alone to know theirs.
    """
    group = tuple(wheels)
    lowest = [_floor_for(group, series) for series in named_series(group) or ("any",)]
    return Floor(
        glibc=max((floor.glibc for floor in lowest), key=numbers, default=""),
        musl=max((floor.musl for floor in lowest), key=numbers, default=""),
        macos=max((floor.macos for floor in lowest), key=numbers, default=""),
    )


def _floor_for(wheels: tuple[PublishedWheel, ...], series: str) -> Floor:
    fitting = [wheel for wheel in wheels if wheel.fits(series)]
    if any(not (wheel.glibc or wheel.musl or wheel.macos) for wheel in fitting):
        return Floor()
    return Floor(
        glibc=min((wheel.glibc for wheel in fitting if wheel.glibc), key=numbers, default=""),
        musl=min((wheel.musl for wheel in fitting if wheel.musl), key=numbers, default=""),
        macos=min((wheel.macos for wheel in fitting if wheel.macos), key=numbers, default=""),
    )


def named_series(wheels: Iterable[PublishedWheel]) -> tuple[str, ...]:
    """The series that the tags of wheels name, oldest first, each free-threaded one after its own."""
    found = {series for wheel in wheels for series in wheel.pythons if series != "any"}
    return tuple(sorted(found, key=lambda series: (numbers(series), series)))


def pythons_on(release: PublishedRelease, platform: Platform, pythons: Iterable[str]) -> tuple[str, ...]:
    """Those of some series on which a wheel of the release installs, by its tags and Requires-Python."""
    wheels = release.on(platform)
    return tuple(
        series
        for series in pythons
        if any(wheel.fits(series) and admits(wheel.requires_python, series) for wheel in wheels)
    )


def admits(requires_python: str, series: str) -> bool:
    """Whether Requires-Python (normalised) admits the later patch releases of a series."""
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(requires_python).contains(series.rstrip("t") + ".99")
