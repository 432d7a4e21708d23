"""An archive of a bundle, unpacked as if somebody meant harm: only what its manifest lists, and no more.

Every name, kind and size is looked at before a byte is written; links, devices and names that lead
elsewhere are refused, and so is what is longer than the manifest says.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol, cast

import msgspec

from mlenv.bundle.archive import kind_of
from mlenv.bundle.manifest import MANIFEST, SUMS, BundledFile, BundleManifest
from mlenv.bundle.names import is_plain_name
from mlenv.bundle.reading import MAX_MANIFEST, demand, parse_manifest
from mlenv.errors import UsageError

MAX_SUMS = 8 * 1024 * 1024
MAX_READ = 16 * 1024 * 1024
"""No reader of archives needs more in one piece; a head that claims to be longer is a trap."""
MAX_MEMBERS = 20_000
CHUNK = 1024 * 1024
DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile, NotImplementedError)
"""What the libraries raise for archives that are no such thing, or are cut off."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of an archive: ``odd`` says what it is where it is no plain file and no folder."""

    name: str
    size: int
    folder: bool = False
    odd: str = ""


class Box(Protocol):
    """An archive of either kind."""

    def members(self) -> Iterator[tuple[Member, IO[bytes] | None]]:
        """Every entry in order, with its contents where it is a plain file."""


def unpack(path: Path, folder: Path) -> None:
    """Unpack an archive's bundle into ``folder``, an empty one; :class:`UsageError` where anything is odd."""
    try:
        with _open(path) as box:
            _unpack(path, box, folder)
    except DAMAGE as error:
        raise UsageError(f"{path}: is damaged or no archive ({str(error)[:120] or type(error).__name__})") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be unpacked ({error.strerror or error})") from None


def _unpack(path: Path, box: Box, folder: Path) -> None:
    top, allowed, seen = "", dict[str, BundledFile](), set[str]()
    for number, (member, stream) in enumerate(box.members()):
        demand(number < MAX_MEMBERS, path, "has more entries than any bundle")
        parts = member.name.rstrip("/").split("/", 1)
        demand(not member.odd, path, f"{member.name[:120]!r} is {member.odd}, which no bundle holds")
        demand(is_plain_name(member.name.rstrip("/")), path, f"{member.name[:120]!r} is no name for a file of a bundle")
        if stream is None:
            continue
        name = parts[-1]
        if not allowed:
            top = _check_first(path, parts)
            manifest = _take_manifest(path, member, stream, folder)
            allowed = {file.path: file for file in manifest.files}
            continue
        demand(len(parts) == 2 and parts[0] == top, path, f"{member.name!r} lies outside its folder {top}")
        demand(name not in seen, path, f"{member.name!r} is there twice")
        seen.add(name)
        if name == SUMS:
            demand(member.size <= MAX_SUMS, path, f"{SUMS} is larger than any")
            (folder / SUMS).write_bytes(_read(stream, MAX_SUMS))
            continue
        known = allowed.get(name)
        if known is None:
            raise UsageError(f"{path}: {member.name!r} is not in its manifest")
        _write(path, known, member, stream, folder)
    demand(bool(allowed), path, f"holds no {MANIFEST}, so it is no bundle of mlenv")


def _check_first(path: Path, parts: list[str]) -> str:
    demand(parts[1:] == [MANIFEST], path, f"does not begin with {MANIFEST}, so it is no bundle of mlenv")
    return parts[0]


def _take_manifest(path: Path, member: Member, stream: IO[bytes], folder: Path) -> BundleManifest:
    demand(member.size <= MAX_MANIFEST, path, f"{MANIFEST} is larger than any")
    data = _read(stream, MAX_MANIFEST)
    manifest = parse_manifest(path, data)
    free = shutil.disk_usage(folder).free
    demand(
        manifest.bytes <= free, path, f"holds {manifest.bytes / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB are free here"
    )
    (folder / MANIFEST).write_bytes(data)
    return manifest


def _write(path: Path, known: BundledFile, member: Member, stream: IO[bytes], folder: Path) -> None:
    """One file, with the size and hash that the manifest says."""
    demand(
        member.size == known.size, path, f"{known.path} has {member.size} bytes where the manifest says {known.size}"
    )
    target = folder / known.path
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as file:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            demand(size <= known.size, path, f"{known.path} is longer than the manifest says")
            digest.update(chunk)
            file.write(chunk)
    demand(digest.hexdigest() == known.sha256, path, f"{known.path} is damaged: its sha256 is {digest.hexdigest()}")


def _read(stream: IO[bytes], most: int) -> bytes:
    data = stream.read(most + 1)
    return data[:most]


@contextmanager
def _open(path: Path) -> Iterator[Box]:
    kind = kind_of(path)
    if kind == "zip":
        with zipfile.ZipFile(path) as archive:
            yield _Zip(archive)
        return
    with path.open("rb") as file:
        stream = cast("IO[bytes]", gzip.GzipFile(fileobj=file) if kind == "tar.gz" else file)
        with tarfile.open(fileobj=cast("IO[bytes]", _Bounded(stream)), mode="r:") as tar:
            yield _Tar(tar)


class _Tar:
    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def members(self) -> Iterator[tuple[Member, IO[bytes] | None]]:
        while (entry := self._tar.next()) is not None:
            self._tar.members = []  # type: ignore[attr-defined]  # or a long archive fills the memory
            odd = "" if (entry.isreg() and not entry.issparse()) or entry.isdir() else _tar_kind(entry)
            member = Member(name=entry.name, size=entry.size, folder=entry.isdir(), odd=odd)
            yield member, None if odd or entry.isdir() else self._tar.extractfile(entry)


def _tar_kind(entry: tarfile.TarInfo) -> str:
    if entry.issym() or entry.islnk():
        return "a link"
    return "a sparse file" if entry.issparse() else "a device or the like"


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def members(self) -> Iterator[tuple[Member, IO[bytes] | None]]:
        for entry in self._archive.infolist():
            member = Member(name=entry.filename, size=entry.file_size, folder=entry.is_dir(), odd=_zip_kind(entry))
            if member.odd or member.folder:
                yield member, None
                continue
            with self._archive.open(entry) as stream:
                yield member, stream


def _zip_kind(entry: zipfile.ZipInfo) -> str:
    mode = entry.external_attr >> 16
    if entry.flag_bits & 1:
        return "encrypted"
    if stat.S_ISLNK(mode):
        return "a link"
    kind = stat.S_IFMT(mode)
    return "" if kind in (0, stat.S_IFREG, stat.S_IFDIR) else "a device or the like"


class _Bounded:
    """A stream that never gives more than :data:`MAX_READ` bytes in one piece."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > MAX_READ:
            raise tarfile.ReadError("an entry's head is longer than any")
        return self._stream.read(size)

    def seek(self, place: int, whence: int = 0) -> int:
        return self._stream.seek(place, whence)

    def tell(self) -> int:
        return self._stream.tell()
