"""The conda route of a release: which builds a channel has for each platform, and what picks them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

import msgspec

from mlenv.facts.version import numbers
from mlenv.matrix.rows import Accelerator, Platform
from mlenv.matrix.sources.conda_build import KIND_WORD, CondaBuild
from mlenv.matrix.sources.conda_channel import CondaPackage, CondaRelease

# Virtual packages that only some systems have; CUDA has left macOS.
_SYSTEMS_OF = {
    "__linux": ("linux",),
    "__glibc": ("linux",),
    "__osx": ("macos",),
    "__win": ("windows",),
    "__unix": ("linux", "macos"),
    "__cuda": ("linux", "windows"),
}
_NAME = re.compile(r"\w+")


class RouteBuild(msgspec.Struct, frozen=True, kw_only=True):
    """The builds of one kind on one platform, as one; fields as in :class:`CondaBuild`.

    ``selector`` is the glob over build strings that picks this kind alone, empty where none does.
    ``virtual_packages``, ``virtual_limits`` and ``cpu_level`` are those of the least demanding
    build, ``bytes`` is the size of the largest file.
    """

    kind: str
    accelerator: Accelerator
    platform: Platform
    selector: str
    cuda: str = ""
    pythons: tuple[str, ...] = ()
    virtual_packages: tuple[str, ...] = ()
    virtual_limits: tuple[str, ...] = ()
    cpu_level: int | None = None
    bytes: int | None = None


class ChannelRoute(msgspec.Struct, frozen=True, kw_only=True):
    """How a release is had from a channel: facts for the conda route of a row.

    ``selectors`` maps an accelerator to the glob over build strings that picks all its kinds and
    no other; an accelerator that no glob picks is not among them.
    """

    channel: str
    package: str
    version: str
    released: dt.date | None
    platforms: tuple[Platform, ...]
    selectors: dict[str, str]
    builds: tuple[RouteBuild, ...]


def route_of(package: CondaPackage, *, version: str = "") -> ChannelRoute | None:
    """The conda route of a release, by default the newest that is no pre-release.

    None where the package has no such release.  ``noarch`` builds count for the platforms of the
    release's other builds, and for every platform that was asked about where there are no others:
    what their dependencies are built for is not looked at.
    """
    release = _chosen(package.releases, version)
    if release is None:
        return None
    groups = _grouped(release.builds, package.platforms)
    kinds = _strings((build.kind, build.build) for build in release.builds)
    accelerators = _strings((build.accelerator, build.build) for build in release.builds)
    globs = {name: _selector(name, accelerators) for name in accelerators}
    return ChannelRoute(
        channel=package.channel,
        package=package.package,
        version=release.version,
        released=release.released,
        platforms=tuple(name for name in package.platforms if any(name == place for _, place in groups)),
        selectors={name: glob for name, glob in sorted(globs.items()) if glob},
        builds=tuple(
            _folded(platform, builds, _selector(kind, kinds)) for (kind, platform), builds in sorted(groups.items())
        ),
    )


def _chosen(releases: Sequence[CondaRelease], version: str) -> CondaRelease | None:
    if version:
        return next((release for release in releases if release.version == version), None)
    finals = [release for release in releases if not _is_prerelease(release.version)]
    return next(iter([*finals, *releases]), None)


def _is_prerelease(version: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version).is_prerelease
    except InvalidVersion:
        return False  # conda admits more spellings, such as 9e and 2024b


def _grouped(builds: Sequence[CondaBuild], asked: Sequence[Platform]) -> dict[tuple[str, Platform], list[CondaBuild]]:
    own = [name for name in asked if any(build.platform == name for build in builds)]
    groups: dict[tuple[str, Platform], list[CondaBuild]] = {}
    for build in builds:
        places = _noarch_places(build, own or asked) if build.platform == "noarch" else [build.platform]
        for platform in places:
            groups.setdefault((build.kind, platform), []).append(build)
    return groups


def _noarch_places(build: CondaBuild, places: Sequence[Platform]) -> list[Platform]:
    systems = [_SYSTEMS_OF[name] for name in _by_name(build.virtual_packages) if name in _SYSTEMS_OF]
    return [name for name in places if all(name.split("-")[0] in admitted for admitted in systems)]


def _folded(platform: Platform, builds: Sequence[CondaBuild], selector: str) -> RouteBuild:
    levels = [build.cpu_level for build in builds if build.cpu_level is not None]
    pythons = {text for build in builds for text in build.pythons}
    return RouteBuild(
        kind=builds[0].kind,
        accelerator=builds[0].accelerator,
        platform=platform,
        selector=selector,
        cuda=builds[0].cuda,
        pythons=tuple(sorted(pythons, key=lambda text: (numbers(text), text))),
        virtual_packages=_least([build.virtual_packages for build in builds]),
        virtual_limits=_least([build.virtual_limits for build in builds]),
        cpu_level=min(levels) if len(levels) == len(builds) else None,
        bytes=max((build.bytes for build in builds if build.bytes is not None), default=None),
    )


def _least(demands: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """What all builds demand, each as low as the lowest of them: ``__glibc >=2.17`` beside 2.28."""
    named = [_by_name(texts) for texts in demands]
    shared = set(named[0]).intersection(*named[1:])
    return tuple(sorted(min((texts[name] for texts in named), key=_height) for name in shared))


def _by_name(demands: Iterable[str]) -> dict[str, str]:
    """The demands by virtual package; of two on the same one the higher, which covers both."""
    return {_NAME.match(text).group(): text for text in sorted(demands, key=_height)}  # type: ignore[union-attr]


def _height(demand: str) -> tuple[tuple[int, ...], str]:
    return numbers(demand), demand


def _strings(named: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    strings: dict[str, list[str]] = {}
    for name, text in named:
        strings.setdefault(name, []).append(text)
    return strings


def _selector(name: str, strings: Mapping[str, Sequence[str]]) -> str:
    """The glob that matches every build string of one group and none of the others, else empty."""
    mine = strings[name]
    others = [text for group, texts in strings.items() if group != name for text in texts]
    words = dict.fromkeys(found.group() for text in mine if (found := KIND_WORD.search(text)))
    for glob in (f"*{word}*" for word in (name, *words)):
        if all(fnmatchcase(text, glob) for text in mine) and not any(fnmatchcase(text, glob) for text in others):
            return glob
    return ""
