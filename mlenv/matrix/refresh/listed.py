"""Rows that stand already, compared with what the index lists now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace
from packaging.version import Version

from mlenv.facts.version import numbers
from mlenv.matrix.refresh.platforms import (
    LOWEST_GLIBC,
    is_plain,
    published_pythons,
    put_together,
    sort_pythons,
    split_by_floor,
    take_apart,
)
from mlenv.matrix.rows import Build, Framework, Release
from mlenv.matrix.sources.conditions import normalise_conditions
from mlenv.matrix.sources.published import PublishedProject, PublishedRelease, admits

Projects = Mapping[str, PublishedProject]


def distribution_of(framework: Framework, build: Build) -> str:
    """The distribution that carries a build."""
    return build.distribution or framework.distribution


def is_listed(build: Build) -> bool:
    """Whether the default index has a build, so that its listing can be asked about it."""
    return "default" in build.indexes


def refresh_release(framework: Framework, release: Release, projects: Projects, known: Sequence[str]) -> Release:
    """A release as the index lists it now; as it stands where the index says nothing of it.

    Dates, yanking and Requires-Python are the index's; a build loses a Python that has no wheel,
    and gains one that got a wheel of its own since.
    """
    listed = {name: found for name in _carriers(framework, release) if (found := _find(projects, name, release))}
    if not listed:
        return _withdrawn(framework, release, projects)
    main = listed.get(framework.distribution) or next(iter(listed.values()))
    return replace(
        release,
        released=main.released or release.released,
        requires_python=_requires_python(release, main),
        yanked=main.yanked,
        builds=_refresh_builds(framework, release, listed, known),
    )


def _carriers(framework: Framework, release: Release) -> tuple[str, ...]:
    names = (distribution_of(framework, build) for build in release.builds if is_listed(build))
    return tuple(dict.fromkeys(names))


def _find(projects: Projects, name: str, release: Release) -> PublishedRelease | None:
    project = projects.get(name)
    return find_release(project, release.version) if project else None


def find_release(project: PublishedProject, version: str) -> PublishedRelease | None:
    """The release of a version, however either side writes it (``2.0`` and ``2.0.0`` are the same)."""
    wanted = Version(version)
    return project.release(str(wanted)) or next(
        (release for release in project.releases if Version(release.version) == wanted), None
    )


def _withdrawn(framework: Framework, release: Release, projects: Projects) -> Release:
    """A release that a listing which was read no longer has cannot be installed."""
    carriers = _carriers(framework, release)
    gone = bool(carriers) and all(name in projects for name in carriers)
    return replace(release, yanked=True) if gone else release


def _requires_python(release: Release, listed: PublishedRelease) -> str:
    """The text that stands, where it means the same."""
    same = normalise_conditions(release.requires_python) == listed.requires_python
    return release.requires_python if same else listed.requires_python


def _refresh_builds(
    framework: Framework, release: Release, listed: Mapping[str, PublishedRelease], known: Sequence[str]
) -> tuple[Build, ...]:
    before = take_apart(release.builds)
    fresh: dict[int, list[Build]] = {}
    # A series that is new goes to the wheels with the newest ones, and to those alone.
    for place in sorted(range(len(before)), key=lambda place: _newest(before[place]), reverse=True):
        others = [build for number, build in enumerate(before) if number != place and not build.source_only]
        others += [build for number in fresh for build in fresh[number]]
        key = twin_key(before[place])
        taken = {series for build in others if twin_key(build) == key for series in build.pythons}
        fresh[place] = _refresh_build(framework, before[place], listed, known, taken)
    after = [build for place in range(len(before)) for build in fresh[place]]
    return release.builds if after == before else put_together(after)


def _newest(build: Build) -> tuple[bool, tuple[int, ...]]:
    return not build.source_only, max(map(numbers, build.pythons), default=())


def twin_key(build: Build) -> tuple[object, ...]:
    """What builds of one platform share that may differ in their Pythons alone."""
    return build.variant, build.distribution, build.platforms


def _refresh_build(
    framework: Framework,
    build: Build,
    listed: Mapping[str, PublishedRelease],
    known: Sequence[str],
    taken: Collection[str],
) -> list[Build]:
    """A build of one platform; nothing where the index has no wheel for it, several where floors differ.

    ``taken`` are the series that another build stands for.
    """
    published = listed.get(distribution_of(framework, build))
    if not is_listed(build) or published is None:
        return [build]
    if build.source_only:
        admitted = (series for series in build.pythons if admits(published.requires_python, series))
        kept = tuple(series for series in admitted if series not in taken)
        return [replace(build, pythons=kept)] if kept and published.has_sdist else []
    fresh = replace(build, pythons=_pythons(build, published, known, taken))
    if not fresh.pythons:
        return []
    if all(wheel.is_pure for wheel in published.on(build.platforms[0])):
        return [fresh]  # its floors are those of what it brings
    return _raise_floors(fresh, split_by_floor(fresh, published))


def _raise_floors(build: Build, parts: Sequence[Build]) -> list[Build]:
    """The build with the floors of its wheels.

    A lower macOS in a file name does not lower what a row says, which may know better; a lower
    glibc does where the name tells it reliably, for plain builds alone (a wheel for an older one
    may lack the device code), and where no pure wheel hides it.  Pythons that need more stand apart.
    """
    kept = [part for part in parts if not _is_above(part.macos, build.macos)]
    apart = [part for part in parts if part not in kept]
    if not kept:
        return list(parts)
    glibc = max((part.glibc for part in kept), key=numbers)
    hidden = any(not (part.glibc or part.musl or part.macos) for part in kept)
    if hidden or glibc == LOWEST_GLIBC or not is_plain(build):
        glibc = max(glibc, build.glibc, key=numbers)
    musl = "" if any(not part.musl for part in kept) else max((part.musl for part in kept), key=numbers)
    if hidden:
        musl = build.musl
    pythons = sort_pythons(series for part in kept for series in part.pythons)
    return [replace(build, pythons=pythons, glibc=glibc, musl=musl), *apart]


def _is_above(floor: str, other: str) -> bool:
    return numbers(floor) > numbers(other)


def _pythons(
    build: Build, published: PublishedRelease, known: Sequence[str], taken: Collection[str]
) -> tuple[str, ...]:
    """What stands and is listed, and what got a wheel of its own, from the oldest of the row up."""
    platform = build.platforms[0]
    served = published_pythons(published, platform, {*known, *build.pythons}, build.pythons)
    own = {series for wheel in published.on(platform) for series in wheel.pythons if _is_own(wheel.filename)}
    lowest = min((numbers(series) for series in build.pythons), default=(3, 0))
    added = {series for series in served if series in own and series not in taken and numbers(series) >= lowest}
    return sort_pythons({*(series for series in build.pythons if series in served), *added})


def _is_own(filename: str) -> bool:
    """Whether a wheel was built for one series: its being there says that the series works."""
    return "-abi3" not in filename and "-none-" not in filename
