"""The row of a new release, made from the row nearest to it and what the index lists."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence

import msgspec
from msgspec.structs import replace
from packaging.utils import canonicalize_name
from packaging.version import Version

from mlenv.facts.version import numbers, series
from mlenv.matrix.refresh.listed import distribution_of, is_listed, twin_key
from mlenv.matrix.refresh.platforms import (
    ORDER,
    is_plain,
    published_pythons,
    put_together,
    sort_pythons,
    split_by_floor,
    take_apart,
)
from mlenv.matrix.rows import Build, Framework, Platform, Release
from mlenv.matrix.sources.package_index import Requirements, neighbour_pins
from mlenv.matrix.sources.published import PublishedRelease, PublishedWheel, admits

INDEX = "pypi"
"""The key of the default index in a file's ``[sources]``."""
CARRIED = "device code as in"
"""How the note of a build begins whose device code nobody has read."""
_VARIANT = re.compile(r"cu\d{3}")
_TOOLKIT = ("cuda-toolkit", "nvidia-cuda-runtime", "nvidia-cuda-runtime-cu12", "nvidia-cuda-runtime-cu11")


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A release that has no row yet: what the index lists of each distribution that carries it.

    ``requirements`` is what one of its wheels asks for, by distribution; where it has none, what its
    source does (then also in ``sources``).
    """

    version: str
    listed: dict[str, PublishedRelease]
    requirements: dict[str, Requirements]
    sources: dict[str, Requirements] = {}


def nearest_release(framework: Framework, version: str) -> Release | None:
    """The row to carry over from: the newest one below a version, else the oldest above it."""
    wanted = Version(version)
    below = [row for row in framework.release if Version(row.version) < wanted]
    above = [row for row in framework.release if Version(row.version) > wanted]
    return below[0] if below else (above[-1] if above else None)


def carry_over(
    framework: Framework, arrival: Arrival, *, known: Sequence[str], neighbours: Collection[str], today: dt.date
) -> Release | None:
    """The row of a new release; None where nothing of it can be installed.

    What the file names say (platforms, Pythons, floors) and what its metadata requires is read;
    GPU code and what people found out is carried over from the nearest release and marked as
    inferred.  Builds that only an index of its own has are not in it.
    """
    old = nearest_release(framework, arrival.version)
    main = arrival.listed.get(framework.distribution) or next(iter(arrival.listed.values()))
    if old is None:
        return None
    builds = [new for build in _patterns(old) for new in _carry_build(framework, old, build, arrival, known)]
    builds += _other_platforms(framework, builds, main, known)
    if not builds:
        return None
    return Release(
        version=arrival.version,
        released=main.released or today,
        requires_python=main.requires_python,
        requires=_requires(framework, arrival, builds, neighbours),
        constraints=old.constraints,
        metadata=_metadata(framework, arrival, builds),
        prereleases=old.prereleases,
        builds=put_together(builds),
        source=(INDEX,),
    )


def _metadata(framework: Framework, arrival: Arrival, builds: Sequence[Build]) -> tuple[str, ...] | None:
    """All requirements of a release that comes as source alone, where its archive states them."""
    source = arrival.sources.get(framework.distribution)
    if source is None or source.unreadable or not all(build.source_only for build in builds):
        return None
    return tuple(sorted(str(requirement) for requirement in source.requires))


def _patterns(old: Release) -> list[Build]:
    """One build for each variant and platform, with all Pythons of those that differ in them.

    The one with the newest Pythons stands for the others: how they part is read anew.
    """
    groups: dict[tuple[object, ...], list[Build]] = {}
    for build in take_apart(old.builds):
        if is_listed(build):
            groups.setdefault(twin_key(build), []).append(build)
    return [_join_twins(group) for group in groups.values()]


def _join_twins(group: Sequence[Build]) -> Build:
    newest = max(group, key=lambda build: (not build.source_only, max(map(numbers, build.pythons), default=())))
    return replace(newest, pythons=sort_pythons(series for build in group for series in build.pythons))


def _carry_build(
    framework: Framework, old: Release, build: Build, arrival: Arrival, known: Sequence[str]
) -> list[Build]:
    """A build of one platform as it stands in the new release; nothing where it is not published."""
    name = distribution_of(framework, build)
    published = arrival.listed.get(name)
    if published is None:
        return []
    placed = _place(build, published, known)
    if is_plain(build):
        plain = {"bytes": None, "note": "", "evidence": "measured", "source": _sources(build)}
        return [replace(one, **plain) for one in placed]
    return [_carry_gpu_facts(one, old, arrival.requirements.get(name)) for one in placed]


def _place(build: Build, published: PublishedRelease, known: Sequence[str]) -> list[Build]:
    """The build with the Pythons and floors of the new wheels, or as source where there are none."""
    platform = build.platforms[0]
    wheels = published.on(platform)
    if not wheels:
        return _as_source(build, published)
    pythons = published_pythons(published, platform, known, build.pythons)
    fresh = replace(build, pythons=pythons, source_only=False)
    if not pythons:
        return []
    return [fresh] if all(wheel.is_pure for wheel in wheels) else split_by_floor(fresh, published)


def _as_source(build: Build, published: PublishedRelease) -> list[Build]:
    """The build compiled while it is installed, where a release is published as nothing but source."""
    kept = tuple(series for series in build.pythons if admits(published.requires_python, series))
    if published.wheels or not published.has_sdist or not kept:
        return []
    return [replace(build, pythons=kept, source_only=True, glibc="", musl="", macos="")]


def _carry_gpu_facts(build: Build, old: Release, requirements: Requirements | None) -> Build:
    """The device code of the nearest release, with the libraries that this one pins itself."""
    pins = _library_pins(build, requirements)
    cuda = _toolkit_of(pins) or build.cuda
    moved = series(cuda) != series(build.cuda)
    variant = build.variant
    if moved and _VARIANT.fullmatch(variant):
        variant = "cu" + "".join(cuda.split(".")[:2])
    return replace(
        build,
        variant=variant,
        cuda=cuda,
        cudnn=_exact(pins, "nvidia-cudnn") if build.cudnn else "",
        nccl=_exact(pins, "nvidia-nccl") if build.nccl else "",
        requires={name: pins[name] for name in build.requires if name in pins},
        runtime=f"cu{cuda.split('.')[0]}" if build.runtime else "",
        bytes=None,
        evidence="unknown" if moved else "inferred",
        source=_sources(build),
        note=f"{CARRIED} {old.version}" + (f", which had CUDA {build.cuda}" if moved else "") + "; not read",
    )


def _library_pins(build: Build, requirements: Requirements | None) -> dict[str, str]:
    if requirements is None:
        return dict(build.requires)
    names = ("nvidia-*", "cuda-toolkit")
    extra = build.extra.split(",")[0]
    python = next((python for python in reversed(build.pythons) if not python.endswith("t")), build.pythons[-1])
    return neighbour_pins(requirements, python=python, platform=build.platforms[0], names=names, extra=extra)


def _toolkit_of(pins: Mapping[str, str]) -> str:
    """``cuda-toolkit==13.2.1`` gives ``13.2.1``; empty where nothing is pinned exactly."""
    exact = (pins[name].removeprefix("==") for name in _TOOLKIT if pins.get(name, "").startswith("=="))
    return next((version.removesuffix(".*") for version in exact), "")


def _exact(pins: Mapping[str, str], library: str) -> str:
    found = (text for name, text in pins.items() if name.startswith(library) and text.startswith("=="))
    return next((text.removeprefix("==") for text in found), "")


def _other_platforms(
    framework: Framework, builds: Sequence[Build], main: PublishedRelease, known: Sequence[str]
) -> list[Build]:
    """Plain builds for platforms that got wheels since the nearest release."""
    pattern = next((build for build in builds if is_plain(build) and not build.source_only), None)
    covered = {build.platforms[0] for build in builds}
    if pattern is None or distribution_of(framework, pattern) != framework.distribution:
        return []
    fresh = [replace(pattern, platforms=(platform,)) for platform in ORDER if platform not in covered]
    return [placed for build in fresh for placed in _place(build, main, known)]


def _requires(
    framework: Framework, arrival: Arrival, builds: Sequence[Build], neighbours: Collection[str]
) -> dict[str, str]:
    """What the metadata asks of neighbours on the first build's platform and newest Python."""
    first = builds[0]
    requirements = arrival.requirements.get(distribution_of(framework, first))
    if requirements is None:
        return {}
    wanted = set(neighbours) - {canonicalize_name(framework.distribution)}
    pins = neighbour_pins(requirements, python=first.pythons[-1], platform=first.platforms[0], names=wanted)
    return {name: text for name, text in pins.items() if text}


def _sources(build: Build) -> tuple[str, ...]:
    return tuple(dict.fromkeys((INDEX, *build.source)))


def wheel_to_read(published: PublishedRelease, platform: Platform = "linux-x86_64") -> PublishedWheel | None:
    """The wheel whose metadata stands for the release: one for Linux, of the newest Python."""
    wheels = published.on(platform) or published.wheels
    return max(wheels, key=lambda wheel: (not wheel.pythons[-1].endswith("t"), wheel.filename), default=None)
