"""Which file of each locked package goes into a bundle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion

from mlenv.bundle.names import is_plain_name
from mlenv.errors import InstallError
from mlenv.plan.download import taken_file
from mlenv.plan.lock import Lock, LockedFile, LockedPackage


class ChosenFile(msgspec.Struct, frozen=True, kw_only=True):
    """The file that a package is taken from; a ``source`` is still to be built."""

    package: str
    version: str
    kind: Literal["wheel", "source"]
    file: LockedFile

    @property
    def filename(self) -> str:
        """The name of the file, without a folder."""
        return self.file.name


def choose_files(lock: Lock) -> tuple[ChosenFile, ...]:
    """One file for each package of a lock of one machine; :class:`InstallError` where one has none that can be."""
    return tuple(_choose(package) for package in lock.packages)


def _choose(package: LockedPackage) -> ChosenFile:
    file = taken_file(package)
    if file is None:
        raise InstallError(f"{package.name}: the lock names no file of it")
    if not is_plain_name(file.name) or "/" in file.name:
        raise InstallError(f"{package.name}: {file.name[:80]!r} is no name for a package's file")
    kind: Literal["wheel", "source"] = "wheel" if file.name.endswith(".whl") else "source"
    version = package.version or _version_of(file.name)
    return ChosenFile(package=package.name, version=version, kind=kind, file=file)


def _version_of(filename: str) -> str:
    try:
        if filename.endswith(".whl"):
            return str(parse_wheel_filename(filename)[1])
        return str(parse_sdist_filename(filename)[1])
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        raise InstallError(f"{filename}: its name says no version") from None


def doubt_hashes(chosen: Iterable[ChosenFile]) -> tuple[str, ...]:
    """What must be said of files without a hash: their server gives none at all.

    :class:`InstallError` where it gives one for others: such a file nobody can tell from a forged one.
    """
    servers: dict[str, list[ChosenFile]] = {}
    for item in chosen:
        servers.setdefault(_server(item.file), []).append(item)
    return tuple(text for server, items in servers.items() for text in _doubt_server(server, items))


def _doubt_server(server: str, items: list[ChosenFile]) -> Iterator[str]:
    bare = [item.package for item in items if not item.file.hashes]
    if bare and len(bare) < len(items):
        raise InstallError(
            f"{bare[0]}: the index names no hash of {_filename(items, bare[0])}, though it does so for other files",
            hint="take the package from another index with --index-url, or put its wheel into a --find-links folder",
        )
    if bare and server:
        yield f"{server} gives no hashes: {', '.join(sorted(bare))} came unproven, and only from now on are they fixed"


def _filename(items: list[ChosenFile], package: str) -> str:
    return next(item.filename for item in items if item.package == package)


def _server(file: LockedFile) -> str:
    """``https://host:port`` of a file, empty for one on this machine."""
    parts = urlsplit(file.url)
    if parts.scheme in ("", "file") or not parts.hostname:
        return ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}"
