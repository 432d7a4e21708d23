"""A bundle, opened for use: every file is compared with the manifest before any is used."""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mlenv.bundle.archive import kind_of
from mlenv.bundle.manifest import LOCK, MANIFEST, PYTHONS, SUMS, WHEELS, BundleManifest
from mlenv.bundle.reading import MAX_MANIFEST, demand, parse_manifest
from mlenv.bundle.unpacking import unpack
from mlenv.bundle.writing import expected_sums, measure
from mlenv.errors import UsageError
from mlenv.plan.lock import Lock, load_lock

GUARDED = (f"{WHEELS}/", f"{PYTHONS}/")
"""Folders that installers search: what is not in the manifest may not lie there."""
HEAD_BYTES = 4096


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle whose every file was checked.

    ``lock_text`` is the pylock.toml with absolute paths; ``wheels`` a folder of wheels for
    ``--find-links``, ``pythons`` the mirror of Python archives (None where the bundle brings none).
    ``ignored`` are files beside it that its manifest does not name.
    """

    path: Path
    folder: Path
    manifest: BundleManifest
    lock: Lock
    lock_text: str
    wheels: Path
    pythons: Path | None = None
    ignored: tuple[str, ...] = ()


def is_bundle(path: Path) -> bool:
    """Whether a folder or file looks like a bundle; cheap, nothing of it is checked."""
    if path.is_dir():
        return (path / MANIFEST).is_file()
    return path.is_file() and kind_of(path) != "folder" and _names_manifest(path)


def _names_manifest(path: Path) -> bool:
    """Whether the manifest's name stands at the very start of an archive, where the writer puts it."""
    import gzip
    import zlib

    try:
        with path.open("rb") as file:
            stream = gzip.GzipFile(fileobj=file) if kind_of(path) == "tar.gz" else file
            return f"/{MANIFEST}".encode() in stream.read(HEAD_BYTES)
    except (OSError, EOFError, zlib.error):
        return False


def open_bundle(path: Path, scratch: Path | None = None) -> Bundle:
    """Open the folder or archive at ``path`` and check all of it; :class:`UsageError` where anything is wrong.

    An archive is unpacked into ``scratch``, an empty folder of the caller's; without one, into a
    temporary folder that goes when this process ends.
    """
    if not path.exists():
        raise UsageError(f"{path}: there is no such bundle")
    if path.is_dir():
        folder = path.absolute()
    else:
        if kind_of(path) == "folder":
            raise UsageError(f"{path}: is no bundle: a folder, .tar, .tar.gz, .tgz or .zip is")
        folder = (scratch or _make_scratch()).absolute()
        unpack(path, folder)
    manifest = _read_manifest(path, folder)
    found = set(_list(path, folder))
    _check_files(path, folder, manifest, found)
    lock, text = load_lock(folder / LOCK)
    _check_lock(path, folder, manifest, lock)
    listed = {file.path for file in manifest.files} | {MANIFEST, SUMS}
    return Bundle(
        path=path,
        folder=folder,
        manifest=manifest,
        lock=lock,
        lock_text=text,
        wheels=folder / WHEELS,
        pythons=folder / PYTHONS if manifest.python else None,
        ignored=tuple(sorted(found - listed)),
    )


def _make_scratch() -> Path:
    folder = tempfile.mkdtemp(prefix="mlenv-bundle-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _read_manifest(path: Path, folder: Path) -> BundleManifest:
    try:
        info = (folder / MANIFEST).lstat()
        demand(stat.S_ISREG(info.st_mode), path, f"{MANIFEST} is no plain file")
        demand(info.st_size <= MAX_MANIFEST, path, f"{MANIFEST} is larger than any")
        return parse_manifest(path, (folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise UsageError(f"{path}: holds no {MANIFEST}, so it is no bundle of mlenv") from None
    except OSError as error:
        raise UsageError(f"{path}: {MANIFEST}: cannot be read ({error.strerror or error})") from None


def _list(path: Path, folder: Path) -> Iterator[str]:
    """Every file below the folder; links are not followed, and none may stand in a folder that is searched."""
    for place, folders, names in os.walk(folder):
        for name in (*names, *(name for name in folders if os.path.islink(os.path.join(place, name)))):
            full = os.path.join(place, name)
            relative = os.path.relpath(full, folder).replace(os.sep, "/")
            plain = stat.S_ISREG(os.lstat(full).st_mode)
            demand(plain or not relative.startswith(GUARDED), path, f"{relative} is a link or no plain file")
            yield relative


def _check_files(path: Path, folder: Path, manifest: BundleManifest, found: set[str]) -> None:
    listed = {file.path: file for file in manifest.files}
    for name in sorted(found - set(listed)):
        demand(not name.startswith(GUARDED), path, f"{name} is not in its manifest, and would be searched for packages")
    for name, file in listed.items():
        demand(name in found and not (folder / name).is_symlink(), path, f"{name} is missing")
        size = (folder / name).lstat().st_size
        demand(size == file.size, path, f"{name} has {size} bytes where the manifest says {file.size}")
        actual = measure(folder, name).sha256
        demand(actual == file.sha256, path, f"{name} is damaged: its sha256 is {actual}")
    try:
        sums = (folder / SUMS).read_text(encoding="ascii") if SUMS in found else ""
    except (OSError, UnicodeDecodeError):
        sums = ""
    demand(sums == expected_sums(folder, manifest), path, f"{SUMS} and {MANIFEST} do not belong together")


def _check_lock(path: Path, folder: Path, manifest: BundleManifest, lock: Lock) -> None:
    """The lock takes nothing from elsewhere, and each file with the hash that was checked."""
    hashes = {str(folder / file.path): file.sha256 for file in manifest.files}
    for number, package in enumerate(lock.packages):
        for file in package.files:
            key = f"{LOCK}: packages[{number}] ({package.name})"
            known = hashes.get(os.path.normpath(file.path)) if file.path and not file.url else None
            demand(known is not None, path, f"{key}: {(file.url or file.path)[:120]!r} is not in the bundle")
            demand(file.hashes.get("sha256") == known, path, f"{key}: its hash is not that of the bundle's file")
