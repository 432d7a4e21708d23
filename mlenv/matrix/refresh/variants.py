"""Builds on indexes of their own (PyTorch's and its kind), compared with what those indexes list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace
from packaging.version import Version

from mlenv.facts.version import numbers
from mlenv.matrix.refresh.carry import CARRIED
from mlenv.matrix.refresh.listed import distribution_of
from mlenv.matrix.refresh.platforms import put_together, sort_pythons, split_by_floor, take_apart
from mlenv.matrix.rows import Build, Framework, Index, Platform, Release
from mlenv.matrix.sources.published import PublishedRelease
from mlenv.matrix.sources.variant_index import Answer, VariantBuild, published_builds

Listed = dict[tuple[str, str, Platform], VariantBuild]


def variants_of(framework: Framework, index: Index) -> dict[str, tuple[str, ...]]:
    """The variants that a framework's rows have on an index, by distribution."""
    found: dict[str, dict[str, None]] = {}
    for release in framework.release:
        for build in release.builds:
            if index.id in build.indexes:
                found.setdefault(distribution_of(framework, build), {})[build.variant] = None
    return {name: tuple(variants) for name, variants in found.items()}


def lay_variants(
    framework: Framework, index: Index, distribution: str, answers: Mapping[str, Answer], known: Sequence[str]
) -> Framework:
    """A framework with its builds on an index as the index lists them.

    Variants whose page could not be read stay as they are.  A build that is listed no more loses
    the index; one that is listed and has no row gets one, with the device code of the same variant
    in the nearest release, or unknown code.
    """
    read = {variant: answer for variant, answer in answers.items() if isinstance(answer, tuple)}
    listed: Listed = {
        (row.release, row.variant, row.platform): row
        for row in published_builds(read, pythons=[*known, *(f"{series}t" for series in known)])
    }
    rows = [
        _lay_release(framework, position, index, distribution, read, listed)
        for position in range(len(framework.release))
    ]
    return replace(framework, release=tuple(rows))


def _lay_release(
    framework: Framework,
    position: int,
    index: Index,
    distribution: str,
    read: Mapping[str, tuple[PublishedRelease, ...]],
    listed: Listed,
) -> Release:
    release = framework.release[position]
    version = str(Version(release.version))
    before = take_apart(release.builds)
    after: list[Build] = []
    covered: dict[tuple[str, Platform], set[str]] = defaultdict(set)
    for build in before:
        concerned = distribution_of(framework, build) == distribution and build.variant in read
        if index.id not in build.indexes or not concerned:
            after.append(build)
            continue
        covered[build.variant, build.platforms[0]].update(build.pythons)
        after += _lay_build(build, index, listed.get((version, build.variant, build.platforms[0])))
    for (_, variant, platform), row in listed.items():
        missing = _missing(row.pythons, covered.get((variant, platform), set()))
        if row.release == version and missing:
            for build in _new_build(framework, position, index, replace(row, pythons=missing), read[variant]):
                _add(after, build)
    return release if after == before else replace(release, builds=put_together(after))


def _add(builds: list[Build], new: Build) -> None:
    """Add a build, as further Pythons of one that is there where they differ in nothing else."""
    for place, build in enumerate(builds):
        if replace(build, pythons=()) == replace(new, pythons=()):
            builds[place] = replace(build, pythons=sort_pythons((*build.pythons, *new.pythons)))
            return
    builds.append(new)


def _missing(listed: Sequence[str], covered: Collection[str]) -> tuple[str, ...]:
    """The listed Pythons that no row has, from the oldest that one has up: older ones were left out on purpose."""
    oldest = min((numbers(series) for series in covered), default=(3, 0))
    return tuple(series for series in listed if series not in covered and numbers(series) >= oldest)


def _lay_build(build: Build, index: Index, row: VariantBuild | None) -> list[Build]:
    """A build with the Pythons that its index has; without the index where it has none of them."""
    kept = tuple(series for series in build.pythons if row is not None and series in row.pythons)
    others = tuple(name for name in build.indexes if name != index.id)
    if kept == build.pythons:
        return [build]
    parts = [replace(build, pythons=kept)] if kept else []
    gone = tuple(series for series in build.pythons if series not in kept)
    return parts + ([replace(build, pythons=gone, indexes=others)] if others else [])


def _new_build(
    framework: Framework, position: int, index: Index, row: VariantBuild, releases: Sequence[PublishedRelease]
) -> list[Build]:
    """Builds for what an index lists and no row has; nothing where no row of the variant was ever there."""
    pattern = _pattern(framework, position, row)
    published = next((one for one in releases if Version(one.version).public == row.release), None)
    if pattern is None or published is None:
        return []
    older, build = pattern
    fresh = replace(build, pythons=sort_pythons(row.pythons), indexes=(index.id,), local=bool(row.local))
    if older is not framework.release[position]:
        fresh = replace(
            fresh,
            bytes=None,
            evidence="unknown" if build.evidence == "unknown" else "inferred",
            note=f"{CARRIED} {older.version}; listed by its index, not read",
        )
    return split_by_floor(fresh, published)


def _pattern(framework: Framework, position: int, row: VariantBuild) -> tuple[Release, Build] | None:
    """The build of the same variant and platform in the nearest release, older ones first."""
    nearest = [*framework.release[position:], *reversed(framework.release[:position])]
    for release in nearest:
        for build in take_apart(release.builds):
            if build.variant == row.variant and build.platforms[0] == row.platform:
                return release, build
    return None
