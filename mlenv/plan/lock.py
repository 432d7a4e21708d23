"""The lock (PEP 751): what it says, read strictly, and as requirements with hashes.

From a pylock.toml uv fetches by address and asks the server about each file again, which costs a
download wherever an index or mirror sends no cache headers.  By name, version and hash it takes
the file that its cache holds, and the hash proves that it is the locked one.

A lock may come from anywhere, and its texts end up in lines that an installer reads: whatever does
not look exactly as it must is refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import tomli

from mlenv.errors import InstallError, UsageError
from mlenv.plan.index_lines import file_address
from mlenv.typed import convert

MAX_BYTES = 64 * 1024 * 1024
_VERSION = re.compile(r"1(\.\d+)*")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_ADDRESS = re.compile(r"(?:https?|file)://[^\s\x00-\x20\"'#<>\\^`{|}\x7f]+", re.IGNORECASE)
"""Without a fragment: to installers that is a list of options (``#subdirectory=...``)."""
_MARKER = re.compile(r"[A-Za-z0-9 \t_.,'\"()<>=!~*+/:;-]+")
"""What markers are written with; in a line ``#`` begins a comment, and ``${NAME}`` is a variable's value."""
_CONDITION = re.compile(r"[A-Za-z0-9 .,*!=<>~+-]*")
_SUBFOLDER = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]*")
_PATH = re.compile(r"[^\x00-\x1f\x7f]+")
_HASHES = {"sha256": 64, "sha384": 96, "sha512": 128}
"""Algorithms that prove a file, and the length of their hexadecimal values."""
_HEX = re.compile(r"[0-9a-fA-F]+")


class LockedFile(msgspec.Struct):
    """A wheel or source archive of the lock; ``size`` is in bytes where the index says it.

    ``subdirectory`` is where a project lies inside an archive.
    """

    hashes: dict[str, str]
    url: str = ""
    path: str = ""
    size: int | None = None
    subdirectory: str = ""

    @property
    def name(self) -> str:
        """The name of the file."""
        return unquote(re.split(r"[?#]", self.url or self.path)[0].rpartition("/")[2])

    @property
    def address(self) -> str:
        """Where the file is, as an address; a path becomes one of its own kind."""
        return self.url or file_address(self.path)


class LockedPackage(msgspec.Struct, rename="kebab"):
    """One package of the lock: one version, the files that may be taken.

    ``marker`` says on which machines it is wanted.
    """

    name: str
    version: str = ""
    marker: str = ""
    requires_python: str = ""
    wheels: tuple[LockedFile, ...] = ()
    sdist: LockedFile | None = None
    archive: LockedFile | None = None

    @property
    def files(self) -> tuple[LockedFile, ...]:
        """Every file that may be taken, wheels first."""
        return tuple(file for file in (*self.wheels, self.sdist, self.archive) if file is not None)


class Lock(msgspec.Struct, rename="kebab"):
    """The part of a pylock.toml that an installation needs."""

    packages: tuple[LockedPackage, ...] = ()
    requires_python: str = ""


class _DoubtError(Exception):
    """What is wrong with a lock, and at which key."""


def read_lock(text: str) -> Lock:
    """The packages of a pylock.toml that was made a moment ago; :class:`InstallError` where it cannot be read."""
    try:
        return _parse(text)
    except _DoubtError as doubt:
        raise InstallError(f"the lock cannot be read: {doubt}") from None


def load_lock(path: Path) -> tuple[Lock, str]:
    """A lock that somebody names, and its text with every path made absolute.

    :class:`UsageError` that names the file and the key where it cannot be read, or asks for what is
    no locked file: a folder or a repository, whose contents nobody can prove.
    """
    text = _read_text(path)
    try:
        lock = _parse(text)
        _demand_files(lock)
        _demand_hashes(lock)
    except _DoubtError as doubt:
        raise UsageError(f"{path}: {doubt}", hint="`mlenv plan --format pylock` writes a lock") from None
    return lock, _with_absolute_paths(text, lock, path.absolute().parent)


def render_requirements(lock: Lock, tied: Collection[str]) -> str:
    """The lock as requirement lines with hashes.

    ``tied`` are the packages that only an index of their own may supply: they are named by the
    address of their file, so that no other index is asked for them.
    """
    return "".join(f"{line}\n" for package in lock.packages for line in [_line(package, package.name in tied)])


def tied_packages(lock: Lock) -> frozenset[str]:
    """The packages that no general index has: their versions carry the label of a build (``+cu126``)."""
    return frozenset(package.name for package in lock.packages if "+" in package.version)


def _line(package: LockedPackage, tied: bool) -> str:
    files = package.files
    hashes = [f"--hash={algorithm}:{value}" for file in files for algorithm, value in file.hashes.items()]
    first = files[0] if files else None
    by_address = package.archive is not None or tied or not package.version
    head = f"{package.name}=={package.version}"
    if by_address and first is not None:
        head = f"{package.name} @ {first.address}"
        hashes = [f"--hash={algorithm}:{value}" for algorithm, value in first.hashes.items()]
    return " ".join([head, *([f"; {package.marker}"] if package.marker else []), *hashes])


def _parse(text: str) -> Lock:
    try:
        table = tomli.loads(text)
    except (tomli.TOMLDecodeError, RecursionError) as error:
        raise _DoubtError(f"is no TOML ({error})") from None
    version = table.get("lock-version", "1.0")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise _DoubtError(f"lock-version: {version!r} is not one that this mlenv reads (1.x)")
    _refuse_unlocked(table)
    try:
        lock = convert(table, Lock)
    except msgspec.ValidationError as error:
        raise _DoubtError(str(error)) from None
    _demand(_CONDITION.fullmatch(lock.requires_python), "requires-python", lock.requires_python)
    for number, package in enumerate(lock.packages):
        _check_package(package, f"packages[{number}]")
    return lock


def _refuse_unlocked(table: dict[str, Any]) -> None:
    packages = table.get("packages")
    for number, row in enumerate(packages if isinstance(packages, list) else []):
        for kind in ("vcs", "directory"):
            if isinstance(row, dict) and kind in row:
                raise _DoubtError(f"packages[{number}].{kind}: {row.get('name')} is not locked to a file")


def _demand_files(lock: Lock) -> None:
    for number, package in enumerate(lock.packages):
        if not package.files:
            raise _DoubtError(f"packages[{number}]: names no file of {package.name}")


def _demand_hashes(lock: Lock) -> None:
    """A lock of somebody's proves its files (PEP 751 asks for it): without a hash any file would do."""
    for number, package in enumerate(lock.packages):
        for file in package.files:
            if not file.hashes:
                raise _DoubtError(f"packages[{number}] ({package.name}): {file.name or 'a file'} has no hash")


def _check_package(package: LockedPackage, place: str) -> None:
    _demand(_NAME.fullmatch(package.name), f"{place}.name", package.name)
    _demand(not package.version or _RELEASE.fullmatch(package.version), f"{place}.version", package.version)
    _demand(not package.marker or _is_marker(package.marker), f"{place}.marker", package.marker)
    _demand(_CONDITION.fullmatch(package.requires_python), f"{place}.requires-python", package.requires_python)
    for file in package.files:
        _check_file(file, f"{place} ({package.name})")


def _check_file(file: LockedFile, place: str) -> None:
    _demand(not file.url or _ADDRESS.fullmatch(file.url), f"{place} url", file.url)
    _demand(file.url or _PATH.fullmatch(file.path), f"{place} path", file.path)
    _demand(
        not file.subdirectory or _SUBFOLDER.fullmatch(file.subdirectory), f"{place} subdirectory", file.subdirectory
    )
    _demand(file.size is None or file.size >= 0, f"{place} size", str(file.size))
    for algorithm, value in file.hashes.items():
        right = len(value) == _HASHES.get(algorithm) and _HEX.fullmatch(value)
        _demand(right, f"{place} hashes", f"{algorithm}:{value}")


def _demand(right: object, key: str, value: str) -> None:
    if not right:
        raise _DoubtError(f"{key}: {value[:80]!r} is none")


def _is_marker(text: str) -> bool:
    from packaging.markers import InvalidMarker, Marker

    try:
        Marker(text)
    except (InvalidMarker, RecursionError):
        return False
    return "--" not in text and _MARKER.fullmatch(text) is not None


_MAKE = "`mlenv plan --profile NAME --output pylock.toml` writes a lock"


def _read_text(path: Path) -> str:
    try:
        if not path.is_file():
            raise UsageError(f"{path}: there is no such lock file", hint=_MAKE)
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path}: is larger than any lock ({MAX_BYTES // 1024**2} MiB)")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no UTF-8"
        raise UsageError(f"{path}: cannot be read ({reason})", hint=_MAKE) from None


def _with_absolute_paths(text: str, lock: Lock, folder: Path) -> str:
    """The same lock for use in another folder; its files' paths count from where it lies."""
    files = list(_local_files(lock, folder))
    if not files:
        return text
    import tomli_w

    table = tomli.loads(text)
    for file in _file_tables(table):
        if file.get("path") and not file.get("url"):
            file["path"] = os.path.normpath(os.path.join(folder, file["path"]))
    return tomli_w.dumps(table)


def _local_files(lock: Lock, folder: Path) -> Iterator[LockedFile]:
    """The files that are named by a path, which becomes absolute."""
    for package in lock.packages:
        for file in package.files:
            if file.path and not file.url:
                file.path = os.path.normpath(os.path.join(folder, file.path))
                yield file


def _file_tables(table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for package in table.get("packages", []):
        yield from package.get("wheels", [])
        yield from (package[kind] for kind in ("sdist", "archive") if kind in package)
