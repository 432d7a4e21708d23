"""The GPU code in one shared library, found while its bytes stream past."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from mlenv.matrix.sources import fatbin, hip_bundle
from mlenv.matrix.sources.byte_stream import ByteStream
from mlenv.matrix.sources.fatbin import UnreadableCodeError
from mlenv.matrix.sources.object_file import (
    HEAD_BYTES,
    Section,
    SectionTable,
    parse_elf,
    parse_elf_sections,
    parse_pe_sections,
)

_READERS: dict[bytes, Callable[[ByteStream], frozenset[str] | None]] = {
    fatbin.MAGIC: fatbin.read_fat_binary,
    hip_bundle.PLAIN: hip_bundle.read_bundle,
    hip_bundle.PACKED: hip_bundle.read_bundle,
}
_STARTS = re.compile(b"|".join(re.escape(start) for start in _READERS), re.DOTALL)
_NAMES = re.compile(rb"\.(?:nv|hip)_fatbin\0")
_STARTS_AND_NAMES = re.compile(_STARTS.pattern + b"|" + _NAMES.pattern, re.DOTALL)
_NVIDIA, _AMD = (".nv_fatbin", ".nv_fatb"), (".hip_fatbin", ".hip_fat")
"""The sections whose code is loaded at run time; PE cuts names to 8 letters.  Code that is there to
be linked (``__nv_relfatbin``) is never loaded and stands elsewhere."""
_PADDING = 256
"""The most bytes seen between two fat binaries (Linux on ARM)."""


class Binary(msgspec.Struct, frozen=True, kw_only=True):
    """A fat binary or bundle from ``start`` to ``stop``; ``codes`` is what it holds, a text why
    that cannot be read.
    """

    start: int
    stop: int
    codes: frozenset[str] | str


class LibraryCode(msgspec.Struct, frozen=True, kw_only=True):
    """The code in a library: ``codes`` are ``sm_90a`` (SASS), ``compute_120`` (PTX) and ``gfx90a``.

    ``binaries`` is the number of fat binaries; ``partial`` are the codes that only some have.
    """

    name: str
    codes: frozenset[str]
    binaries: int
    partial: frozenset[str] = frozenset()


def read_library(name: str, chunks: Iterator[bytes]) -> LibraryCode:
    """All GPU code of a library that the driver loads.

    :class:`UnreadableCodeError` where a part of it cannot be read.
    """
    stream = ByteStream(chunks)
    head = stream.peek(HEAD_BYTES)
    sections = parse_pe_sections(head)
    if sections is not None:
        return _library_code(name, [_in_section(stream, section) for section in _wanted(sections)])
    table = parse_elf(head)
    if table is None:
        return LibraryCode(name=name, codes=frozenset(), binaries=0)
    return _read_elf(name, stream, table)


def _wanted(sections: tuple[Section, ...]) -> list[Section]:
    wanted = [section for section in sections if section.name in (*_NVIDIA, *_AMD)]
    return sorted(wanted, key=lambda section: section.start)


def _in_section(stream: ByteStream, section: Section) -> tuple[Section, list[Binary]]:
    """The binaries of a section that the stream has not passed."""
    stream.skip(section.start - stream.position)
    found = []
    while start := stream.find(_STARTS, section.stop):
        found += _read_binary(stream, start)
    return section, found


def _read_elf(name: str, stream: ByteStream, table: SectionTable) -> LibraryCode:
    """An ELF file says late where its sections are: what looks like a binary or a section's name is
    kept until then.
    """
    found: list[Binary] = []
    names: dict[int, str] = {}
    content = b""
    while True:
        mark = stream.find(_STARTS_AND_NAMES, None if content else table.start or None)
        if mark in _READERS:
            found += _read_binary(stream, mark)
        elif mark:
            names[stream.position] = mark[:-1].decode()
            stream.skip(len(mark))
        elif content or stream.position != table.start or not (content := stream.peek(table.bytes)):
            break
    return _library_code(name, _by_section(table, content, names, found))


def _by_section(
    table: SectionTable, content: bytes, names: dict[int, str], found: list[Binary]
) -> list[tuple[Section, list[Binary]]]:
    if len(content) < table.bytes or (found and not table.count):
        raise UnreadableCodeError("its list of sections is missing")
    if not table.count:
        return []
    sections = _wanted(parse_elf_sections(table, content, names))
    return [
        (section, [binary for binary in found if section.start <= binary.start < section.stop]) for section in sections
    ]


def _read_binary(stream: ByteStream, mark: bytes) -> list[Binary]:
    start = stream.position
    codes: frozenset[str] | str | None
    try:
        codes = _READERS[mark](stream)
    except UnreadableCodeError as error:
        codes = str(error)
    if stream.position == start:
        stream.skip(len(mark))
    return [] if codes is None else [Binary(start=start, stop=stream.position, codes=codes)]


def _library_code(name: str, sections: list[tuple[Section, list[Binary]]]) -> LibraryCode:
    lists = []
    for section, binaries in sections:
        lists += [_checked(binary) for binary in binaries]
        _check_whole(section, binaries)
    everything = frozenset[str]().union(*lists)
    common = everything.intersection(*lists)
    return LibraryCode(name=name, codes=everything, binaries=len(lists), partial=everything - common)


def _checked(binary: Binary) -> frozenset[str]:
    if isinstance(binary.codes, str):
        raise UnreadableCodeError(binary.codes)
    return binary.codes


def _check_whole(section: Section, binaries: list[Binary]) -> None:
    """NVIDIA's binaries fill their section; AMD's lie on pages of their own."""
    starts = [*(binary.start for binary in binaries), section.stop]
    stops = [section.start, *(binary.stop for binary in binaries)]
    widest = max(start - stop for start, stop in zip(starts, stops, strict=True))
    if section.start < section.stop and (not binaries or (section.name in _NVIDIA and widest > _PADDING)):
        raise UnreadableCodeError(f"{section.name} holds more than was understood")
