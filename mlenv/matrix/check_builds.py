"""Checks of the matrix that concern releases and their builds."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from mlenv.facts.version import numbers
from mlenv.matrix.files import Files
from mlenv.matrix.hardware import Drivers
from mlenv.matrix.rows import Build, Framework, Indexes

Problems = Iterator[str]
_PYTHON = re.compile(r"3\.\d{1,2}t?")


def check_order(files: Files) -> Problems:
    """Releases stand newest first by PEP 440."""
    for path, framework in files.of(Framework).items():
        try:
            versions = [Version(release.version) for release in framework.release]
        except InvalidVersion as error:
            yield f"{path}: {error}"
            continue
        for one, two in itertools.pairwise(versions):
            if one < two:
                yield f"{path}: {two}: stands after the older {one}"


def check_project(files: Files) -> Problems:
    """A floor is a version that leaves something to choose; who has ended names a successor."""
    for path, framework in files.of(Framework).items():
        if framework.floor:
            try:
                lowest = Version(framework.floor)
            except InvalidVersion:
                yield f"{path}: floor {framework.floor!r} is no version"
                continue
            if all(_version(release.version) < lowest for release in framework.release):
                yield f"{path}: no release reaches the floor {framework.floor}"
        if framework.status == "dead" and not framework.successor:
            yield f"{path}: is dead and names no successor"


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def check_runtime(files: Files) -> Problems:
    """The CUDA libraries of a build are of the major that it was built with."""
    for place, build in files.builds():
        major = build.cuda.split(".")[0]
        if build.runtime and major and build.runtime != f"cu{major}":
            yield f"{place}: runtime {build.runtime} with CUDA {build.cuda}"
        for name in build.requires:
            found = re.search(r"-cu(\d+)$", name)
            if found and build.runtime and build.runtime != f"cu{found[1]}":
                yield f"{place}: runtime {build.runtime} with {name}"


def check_places(files: Files) -> Problems:
    """A build is for some platform and Python, and its indexes exist."""
    indexes = files.one(Indexes)
    known = {row.id for row in indexes.index} if indexes else set()
    for place, build in files.builds():
        if not build.platforms or not build.indexes:
            yield f"{place}: names no platform or no index"
        if not build.pythons or not all(_PYTHON.fullmatch(python) for python in build.pythons):
            yield f"{place}: pythons must be series such as 3.12 or 3.14t"
        if indexes is not None:
            yield from (f"{place}: no index is called {name!r}" for name in build.indexes if name not in known)


def check_overlap(files: Files) -> Problems:
    """One build of a variant for a platform and Python, not two."""
    for path, framework in files.of(Framework).items():
        for release in framework.release:
            seen: Counter[tuple[str, str, str, str]] = Counter(
                (build.variant, build.distribution, platform, python)
                for build in release.builds
                for platform in build.platforms
                for python in build.pythons
            )
            for (variant, distribution, platform, python), count in seen.items():
                if count > 1:
                    name = f"{distribution} {variant}".strip()
                    yield f"{path}: {release.version}: {count} builds {name} for {platform}, Python {python}"


def check_gpu_code(files: Files) -> Problems:
    """CUDA releases have a family, code has a rule, and a build of unknown code says so."""
    drivers = files.one(Drivers)
    if drivers is None:
        return
    majors = {row.major for row in drivers.cuda_family}
    codes = {row.code for row in drivers.code_rule}
    for place, build in files.builds():
        if build.cuda and (numbers(build.cuda) or (0,))[0] not in majors:
            yield f"{place}: drivers.toml has no cuda_family for CUDA {build.cuda}"
        for code in (*build.sass, *build.ptx):
            if code.rstrip("af") not in codes:
                yield f"{place}: drivers.toml has no code_rule for {code}"
        if not _tells_code(build) and build.evidence != "unknown":
            yield f"{place}: does not say which GPUs it has code for, so its evidence must be unknown"


def _tells_code(build: Build) -> bool:
    if build.variant == "any":
        return True
    if "cuda" in build.accelerators:
        return bool(build.cuda and (build.sass or build.ptx or build.capability_floor))
    return bool(build.gfx) or "rocm" not in build.accelerators


# ---------------------------------------------------------------- conditions on neighbours


def check_requirements(files: Files) -> Problems:
    """Conditions can be read, and one on a known framework fits a release that the matrix has."""
    frameworks = {framework.id: framework for framework in files.of(Framework).values()}
    for path, framework in files.of(Framework).items():
        for release in framework.release:
            for name, text in [*release.requires.items(), *release.constraints.items()]:
                yield from _bad_condition(f"{path}: {release.version}", name, text, frameworks.get(name))
    for place, build in files.builds():
        for name, text in build.requires.items():
            yield from _bad_condition(place, name, text, None)


def _bad_condition(place: str, name: str, text: str, known: Framework | None) -> Problems:
    if name != canonicalize_name(name):
        yield f"{place}: {name!r} is not a normalised distribution name"
    try:
        specifier = SpecifierSet(text)
    except InvalidSpecifier:
        yield f"{place}: {name} {text!r} is not a PEP 440 condition"
        return
    if known is not None and not any(specifier.contains(release.version) for release in known.release):
        yield f"{place}: no release of {name} in the matrix is {text}"
