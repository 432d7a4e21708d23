"""Installed distributions: what the names of their metadata say, and where they came from."""

from __future__ import annotations

import msgspec

from mlenv.facts.environment import Distribution
from mlenv.facts.pattern import lazy
from mlenv.probe.environments.builds import read_build
from mlenv.probe.environments.search_path import PackageFolder, SearchPath
from mlenv.probe.log import Log, peek
from mlenv.probe.paths import join
from mlenv.system.host import Host
from mlenv.typed import decode_json

MAX_LEFTOVERS = 20
_DIST_INFO = lazy(r"(?P<name>[^~].*)-(?P<version>\d[^-]*)\.dist-info")
_EGG_INFO = lazy(r"(?P<name>[^~].*?)-(?P<version>\d[^-]*)(?:-py\d[\d.]*)?\.egg(?:-info)?")
_SEPARATORS = lazy(r"[-_.]+")
_VERSION = lazy(r"(?m)^Version:[ \t]*(\S+)")


class _DirectoryInfo(msgspec.Struct, frozen=True, kw_only=True):
    editable: bool = False


class _DirectUrl(msgspec.Struct, frozen=True, kw_only=True):
    """direct_url.json (https://packaging.python.org/en/latest/specifications/direct-url/)."""

    url: str = ""
    dir_info: _DirectoryInfo = _DirectoryInfo()


def read_distributions(host: Host, log: Log, search: SearchPath, *, thorough: bool) -> tuple[Distribution, ...]:
    """The distributions, sorted by name; of equal names the one that Python finds first comes first.

    One that is there twice is listed twice.  ``thorough`` also tells who installed each, and from where.
    """
    found: dict[str, tuple[int, Distribution]] = {}
    for position, folder in enumerate(search.folders):
        _note_leftovers(host, log, folder)
        for dist in _read_folder(host, folder, thorough=thorough):
            found.setdefault(dist.path or "", (position, dist))
    named = {dist.name for _, dist in found.values() if (dist.path or "").endswith(".dist-info")}
    kept = [(place, dist) for place, dist in found.values() if not _is_source(dist) or dist.name not in named]
    return tuple(dist for _, dist in sorted(kept, key=lambda item: (item[1].name, item[0], item[1].version)))


def _is_source(dist: Distribution) -> bool:
    """Whether this is the metadata that a build leaves beside the sources of an editable installation."""
    return dist.editable and not (dist.path or "").endswith(".dist-info")


def _note_leftovers(host: Host, log: Log, folder: PackageFolder) -> None:
    """What pip was removing when it was interrupted: it renames what it removes."""
    left = [name for name in folder.names if name.startswith("~")]
    for name in left[:MAX_LEFTOVERS]:
        log.found("environment.leftover", join(host, folder.path, name))


def _read_folder(host: Host, folder: PackageFolder, *, thorough: bool) -> list[Distribution]:
    found = []
    for name in folder.names:
        if not name.endswith((".dist-info", ".egg-info", ".egg")):
            continue
        path = join(host, folder.path, name)
        dist = parse_metadata_name(name) or (_read_unversioned(host, path, name) if thorough else None)
        if dist:
            dist = msgspec.structs.replace(dist, path=path, build=read_build(host, folder.path, dist.name))
            found.append(_with_origin(host, folder, dist) if thorough else dist)
    return found


def _with_origin(host: Host, folder: PackageFolder, dist: Distribution) -> Distribution:
    """The distribution with who installed it and from where, if from no index."""
    path = dist.path or ""
    if not path.endswith(".dist-info"):
        linked = folder.origin == "path-file"
        return msgspec.structs.replace(dist, source=folder.path if linked else None, editable=linked)
    installer = (peek(host, join(host, path, "INSTALLER")) or "").strip()[:64]
    source, editable = parse_direct_url(peek(host, join(host, path, "direct_url.json")) or "")
    return msgspec.structs.replace(dist, installer=installer or None, source=source, editable=editable)


def _read_unversioned(host: Host, path: str, name: str) -> Distribution | None:
    """Metadata beside sources, named after the distribution alone."""
    if not name.endswith(".egg-info") or name.startswith(("~", ".")):
        return None
    match = _VERSION.search((peek(host, join(host, path, "PKG-INFO")) or "")[:4096])
    return Distribution(name=normalise(name.removesuffix(".egg-info")), version=match[1]) if match else None


# nvidia_cublas_cu12-12.8.4.1.dist-info ; torch-2.9.1+cu128.dist-info ; PyYAML-5.1-py3.8.egg-info
def parse_metadata_name(name: str) -> Distribution | None:
    """The distribution that a metadata folder is named after; None for any other name."""
    match = _DIST_INFO.fullmatch(name) or _EGG_INFO.fullmatch(name)
    return Distribution(name=normalise(match["name"]), version=match["version"]) if match else None


def normalise(name: str) -> str:
    """A distribution's name as PEP 503 compares it: lower case, hyphens."""
    return _SEPARATORS.sub("-", name).lower()


# > {"url": "file:///home/ada/project", "dir_info": {"editable": true}}
def parse_direct_url(text: str) -> tuple[str | None, bool]:
    """Where a distribution came from, without any user and password, and whether it runs from there."""
    if not text:
        return None, False
    try:
        direct = decode_json(text, _DirectUrl)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None, False
    return plain_url(direct.url) or None, direct.dir_info.editable


# https://ada:secret@git.example.org/team/model.git?token=1#egg=model
def plain_url(url: str) -> str:
    """An address without its user, password, query and fragment."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url.partition("?")[0].partition("#")[0]
    rest = rest.partition("?")[0].partition("#")[0]
    host, slash, path = rest.partition("/")
    return scheme + mark + host.rpartition("@")[2] + slash + path
