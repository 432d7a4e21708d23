"""One framework brought up to date with the package index."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec
from msgspec.structs import replace
from packaging.version import Version

from mlenv.matrix.refresh.carry import INDEX, Arrival, carry_over, wheel_to_read
from mlenv.matrix.refresh.listed import distribution_of, is_listed, refresh_release
from mlenv.matrix.refresh.releases import find_new
from mlenv.matrix.refresh.sources import name_source
from mlenv.matrix.rows import Framework
from mlenv.matrix.sources.package_index import Requirements
from mlenv.matrix.sources.published import PublishedProject, PublishedRelease, PublishedWheel, SourceTrouble

ReadRequirements = Callable[[PublishedWheel], Requirements]
ReadSource = Callable[[str], Requirements | None]
"""Reads what a source archive requires, by its address; None where that cannot be known without building it."""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What the package index lists, and what is needed to lay it into rows.

    ``pythons`` are the series that are out, ``neighbours`` the distributions whose conditions are
    kept, ``today`` the day of the listing.
    """

    projects: Mapping[str, PublishedProject]
    pythons: tuple[str, ...]
    neighbours: Collection[str]
    today: dt.date


def distributions_of(framework: Framework) -> tuple[str, ...]:
    """The distributions that the default index is asked for, the framework's own first."""
    listed = [
        distribution_of(framework, build)
        for release in framework.release
        for build in release.builds
        if is_listed(build)
    ]
    return tuple(dict.fromkeys([*(name for name in listed if name == framework.distribution), *listed]))


def refresh_framework(
    framework: Framework, listing: Listing, read: ReadRequirements, read_source: ReadSource = lambda _: None
) -> tuple[Framework, tuple[SourceTrouble, ...]]:
    """A framework with its rows as the index lists them, and those of new releases.

    ``read`` reads what a wheel requires, ``read_source`` what a release without wheels does.  A new
    release whose metadata cannot be read is left for the next time and told of.
    """
    rows = [refresh_release(framework, release, listing.projects, listing.pythons) for release in framework.release]
    refreshed = replace(framework, release=tuple(rows))
    arrivals, troubles = _read_arrivals(framework, _new_releases(framework, listing), listing, read, read_source)
    return _with_source(_add_rows(refreshed, arrivals, listing), framework), troubles


def _new_releases(framework: Framework, listing: Listing) -> Sequence[PublishedRelease]:
    """From the project whose releases the rows are: the framework's own, where it is listed."""
    name = next(iter(_current_distributions(framework)), "")
    project = listing.projects.get(name)
    if project is None or framework.status == "dead":
        return ()
    return find_new(framework, project, listing.today)


def _current_distributions(framework: Framework) -> tuple[str, ...]:
    """Those of the newest row: older rows may name distributions that have ended."""
    return distributions_of(replace(framework, release=framework.release[:1]))


def _read_arrivals(
    framework: Framework,
    releases: Sequence[PublishedRelease],
    listing: Listing,
    read: ReadRequirements,
    read_source: ReadSource,
) -> tuple[list[Arrival], tuple[SourceTrouble, ...]]:
    """The new releases whose metadata could be read, and why others could not."""
    found = [_read_arrival(framework, release, listing, read, read_source) for release in releases]
    arrivals = [one for one in found if isinstance(one, Arrival)]
    return arrivals, tuple(one for one in found if isinstance(one, SourceTrouble))


def _read_arrival(
    framework: Framework, new: PublishedRelease, listing: Listing, read: ReadRequirements, read_source: ReadSource
) -> Arrival | SourceTrouble:
    listed = {
        name: found
        for name in _current_distributions(framework)
        if name in listing.projects and (found := listing.projects[name].release(new.version)) is not None
    }
    wheels = {name: wheel for name, found in listed.items() if (wheel := wheel_to_read(found)) is not None}
    try:
        requirements = {name: read(wheel) for name, wheel in wheels.items()}
        sources = {
            name: source
            for name, found in listed.items()
            if not found.wheels and found.sdist_url and (source := read_source(found.sdist_url)) is not None
        }
    except SourceTrouble as trouble:
        return trouble
    return Arrival(version=new.version, listed=listed, requirements={**sources, **requirements}, sources=sources)


def _add_rows(framework: Framework, arrivals: Sequence[Arrival], listing: Listing) -> Framework:
    """A framework with the rows of new releases, each made from the one nearest to it.

    A row may make another one possible (it knows more platforms), so what found none is tried again.
    """
    waiting = sorted(arrivals, key=lambda arrival: Version(arrival.version))
    while waiting:
        left = []
        for arrival in waiting:
            row = carry_over(
                framework, arrival, known=listing.pythons, neighbours=listing.neighbours, today=listing.today
            )
            if row is None:
                left.append(arrival)
                continue
            rows = sorted((*framework.release, row), key=lambda row: Version(row.version), reverse=True)
            framework = replace(framework, release=tuple(rows))
        if left == waiting:
            break
        waiting = left
    return framework


def _with_source(framework: Framework, before: Framework) -> Framework:
    """The file's ``[sources]`` names the index where a row does."""
    if framework.release == before.release:
        return framework
    return name_source(framework, INDEX, f"PyPI: {framework.distribution} listing and METADATA")
