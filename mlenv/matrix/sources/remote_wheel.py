"""A published wheel, read without downloading it: the list of its members, and single members."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import msgspec

from mlenv.matrix.sources.remote_file import RemoteFile
from mlenv.system.page import WebDoor, WebError

METADATA = re.compile(r"[^/]+\.dist-info/METADATA")
LARGEST_METADATA = 8 * 1024 * 1024
BLOCK_BYTES = 1024 * 1024
_END_RECORD = struct.Struct("<4s4H2LH")
"""The end of a ZIP archive: signature, two disk and two entry counts, length and offset of the
directory, length of the comment."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A file in a wheel: ``bytes`` is its length, ``packed`` what must be fetched to read it all.

    ``checksum`` is the CRC-32 of its content.
    """

    name: str
    bytes: int
    packed: int
    checksum: int


class RemoteWheel:
    """A wheel on a server; ``transferred`` counts what was fetched of it."""

    def __init__(self, file: RemoteFile, archive: zipfile.ZipFile, name: str) -> None:
        self.name = name
        self._file = file
        self._archive = archive

    @property
    def transferred(self) -> int:
        """The bytes fetched so far."""
        return self._file.transferred

    def members(self) -> tuple[Member, ...]:
        """The files in the wheel, in its order."""
        return tuple(
            Member(name=info.filename, bytes=info.file_size, packed=info.compress_size, checksum=info.CRC)
            for info in self._archive.infolist()
            if not info.is_dir()
        )

    def chunks(self, name: str) -> Iterator[bytes]:
        """A member's content in pieces of at most 1 MiB; what is not asked for is not fetched."""
        with _named(self.name):
            info = self._archive.getinfo(name)
            self._file.boundary = self._end_of(info)
            with self._archive.open(info) as stream:
                while chunk := stream.read(BLOCK_BYTES):
                    yield chunk

    def read(self, name: str, *, limit: int) -> bytes:
        """A member whole; :class:`WebError` for one of more than ``limit`` bytes."""
        with _named(self.name):
            if self._archive.getinfo(name).file_size > limit:
                raise WebError(f"{name} has more than {limit} bytes")
        return b"".join(self.chunks(name))

    def _end_of(self, info: zipfile.ZipInfo) -> int:
        starts = (other.header_offset for other in self._archive.infolist())
        return min((start for start in starts if start > info.header_offset), default=self._file.size)


def open_wheel(web: WebDoor, url: str) -> RemoteWheel:
    """The wheel at an address; its list of members is fetched, nothing else.

    :class:`WebError` where there is no wheel or the server knows no ranges.
    """
    return _open(RemoteFile(web, url), url)


def read_metadata(web: WebDoor, url: str) -> str:
    """The core metadata of the wheel at an address; some tens of KiB are fetched, seldom more.

    :class:`WebError` where it cannot be had.
    """
    file = RemoteFile(web, url)
    whole, shorter = file.tail, _end_of_directory(file.tail)
    if shorter != whole:
        file.tail = shorter
        with suppress(WebError):  # the metadata is not among the last members: look at all of them
            return _metadata(_open(file, url))
        file.tail = whole
    return _metadata(_open(file, url))


def _open(file: RemoteFile, url: str) -> RemoteWheel:
    name = _file_name(url)
    with _named(name):
        return RemoteWheel(file, zipfile.ZipFile(file), name)


def _metadata(wheel: RemoteWheel) -> str:
    found = [member.name for member in wheel.members() if METADATA.fullmatch(member.name)]
    if len(found) != 1:
        raise WebError(f"{wheel.name} has {len(found)} METADATA files, a wheel has one")
    return wheel.read(found[0], limit=LARGEST_METADATA).decode("utf-8", "replace")


def _end_of_directory(tail: bytes) -> bytes:
    """The file's end with an end record that lists only the last members, those at hand.

    The metadata stands among the last members, and the whole list of a large wheel takes more
    than a megabyte.
    """
    at, first = tail.rfind(b"PK\x05\x06"), tail.find(b"PK\x01\x02")
    if first < 0 or at < first or len(tail) - at < _END_RECORD.size:
        return tail
    *counts, length, offset, comment = _END_RECORD.unpack_from(tail, at)
    skipped = length - (at - first)
    if skipped <= 0 or 0xFFFFFFFF in (length, offset):
        return tail
    record = _END_RECORD.pack(*counts, length - skipped, offset + skipped, comment)
    return tail[:at] + record + tail[at + _END_RECORD.size :]


@contextmanager
def _named(name: str) -> Iterator[None]:
    """What goes wrong in an archive as one :class:`WebError` that names the wheel."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error) as error:
        raise WebError(f"{name} is not a whole ZIP archive ({error})") from error
    except (RuntimeError, ValueError, OSError, KeyError) as error:
        raise WebError(f"{name} cannot be unpacked ({error})") from error


def _file_name(url: str) -> str:
    return re.split(r"[?#]", url)[0].rstrip("/").rpartition("/")[2]
