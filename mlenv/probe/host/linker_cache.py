"""The dynamic linker's cache: which file it takes for the name of a shared library.

The form is that of glibc's ``sysdeps/generic/dl-cache.h``
(https://sourceware.org/git/?p=glibc.git;a=blob;f=sysdeps/generic/dl-cache.h); musl has no cache.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

from mlenv.system.host import Host

LINKER_CACHE = "/etc/ld.so.cache"
MOST_BYTES = 16 * 1024 * 1024
MAGIC = b"glibc-ld.so.cache1.1"
_ENTRIES_AT = 48
_ENTRY = "iIIIQ"
_ENTRY_BYTES = struct.calcsize(f"<{_ENTRY}")
_BIG_ENDIAN = 3
# A library of glibc, and what it needs of the processor, by what `uname -m` says.
_GLIBC = 3
_FLAGS = {
    "x86_64": 0x0303,
    "aarch64": 0x0A03,
    "ppc64le": 0x0503,
    "s390x": 0x0403,
    "armv7l": 0x0903,
    "riscv64": 0x1003,
    "i386": 0x0003,
    "i686": 0x0003,
}


class CacheEntry(msgspec.Struct, frozen=True):
    """A library in the cache: the name that programs ask for, and its file.

    ``flags`` tell its kind and architecture; ``features`` is not 0 where it needs a processor that has more.
    """

    name: str
    path: str
    flags: int
    features: int = 0


class LinkerCache:
    """What the cache holds for one architecture.

    A name that is nowhere in the file is answered by one search; only then is the table read.
    """

    def __init__(self, data: bytes = b"", machine: str = "") -> None:
        self._data = data
        self._flags = _FLAGS.get(machine)
        self._paths: dict[str, tuple[str, ...]] | None = None

    def __bool__(self) -> bool:
        return bool(self._data)

    def mentions(self, name: str) -> bool:
        """Whether the name, or a beginning of one, is anywhere in the cache."""
        return name.encode("utf-8", "replace") in self._data

    def find(self, name: str) -> str | None:
        """The file that the linker takes for a library such as ``libcudart.so.12``; None for none."""
        paths = self.find_all(name)
        return paths[0] if paths else None

    def find_all(self, name: str) -> tuple[str, ...]:
        """Every file of that name, in the linker's order."""
        return self.paths.get(name, ()) if self.mentions(name) else ()

    def starting(self, starts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """The files by the names of the libraries, of those whose names begin with one of the starts."""
        if not any(self.mentions(start) for start in starts):
            return {}
        return _gather(parse_linker_cache(self._data, starts), self._flags)

    @property
    def paths(self) -> dict[str, tuple[str, ...]]:
        """The files by the names of the libraries."""
        if self._paths is None:
            self._paths = _gather(parse_linker_cache(self._data), self._flags)
        return self._paths


def read_linker_cache(host: Host) -> LinkerCache:
    """The cache of this machine; one that holds nothing where there is none or it cannot be read."""
    if host.identity.system != "linux":
        return LinkerCache()
    try:
        return LinkerCache(host.read_bytes(LINKER_CACHE, MOST_BYTES), host.identity.machine)
    except OSError:
        return LinkerCache()


def _gather(entries: tuple[CacheEntry, ...], flags: int | None) -> dict[str, tuple[str, ...]]:
    """Files for a better processor come last: whether this one is good enough is the linker's secret."""
    paths: dict[str, list[str]] = {}
    for entry in sorted(entries, key=lambda entry: entry.features != 0):
        if entry.flags == flags or (flags is None and entry.flags & 0xFF == _GLIBC):
            paths.setdefault(entry.name, []).append(entry.path)
    return {name: tuple(files) for name, files in paths.items()}


# Header: magic (20 bytes), number of entries, length of the strings, byte order, 15 bytes more.
# Entry: flags, place of the name, place of the path, version of the kernel, processor features.
# Places are counted from the header, which an older table of another form may precede.
def parse_linker_cache(data: bytes, starts: tuple[str, ...] = ("",)) -> tuple[CacheEntry, ...]:
    """The entries in their order whose names begin so.

    None for bytes of another form, and those that lead nowhere are left out.
    """
    start = data.find(MAGIC)
    if start < 0 or len(data) < start + _ENTRIES_AT:
        return ()
    data = data[start:]
    order = ">" if data[28] & 3 == _BIG_ENDIAN else "<"
    (count,) = struct.unpack_from(f"{order}I", data, len(MAGIC))
    count = min(count, (len(data) - _ENTRIES_AT) // _ENTRY_BYTES)
    table = data[_ENTRIES_AT : _ENTRIES_AT + count * _ENTRY_BYTES]
    wanted = tuple(start.encode() for start in starts)
    return tuple(_read_entries(data, struct.iter_unpack(order + _ENTRY, table), wanted))


def _read_entries(data: bytes, rows: Iterator[tuple[int, ...]], wanted: tuple[bytes, ...]) -> Iterator[CacheEntry]:
    for flags, name_at, path_at, _, features in rows:
        if not data.startswith(wanted, name_at):
            continue
        name, path = _text(data, name_at), _text(data, path_at)
        if name and path.startswith("/"):
            yield CacheEntry(name, path, flags, features)


def _text(data: bytes, start: int) -> str:
    """The text at a place up to its zero byte; a path is at most 4096 bytes long."""
    end = data.find(b"\0", start, start + 4096)
    return data[start:end].decode("utf-8", "replace") if end > start else ""
