"""Where the sections of a shared library stand: ELF (Linux) and PE (Windows), 64 bits."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import msgspec

HEAD_BYTES = 4096
"""As much of a library's start as :func:`parse_elf` and :func:`parse_pe_sections` want to see."""
MOST_SECTIONS = 0xFF00
_SECTION = struct.Struct("<II4QIIQQ")
"""An ELF section header: name, type, flags, address, offset, size, link, info, alignment, entry."""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a file: ``start`` and ``stop`` are positions in it."""

    name: str
    start: int
    stop: int


class SectionTable(msgspec.Struct, frozen=True, kw_only=True):
    """Where an ELF file lists its sections (often at its end), and which one holds their names."""

    start: int
    count: int
    names: int

    @property
    def bytes(self) -> int:
        """The length of the table."""
        return self.count * _SECTION.size


# 7f 45 4c 46 02 01 01 ...: class 2 is 64 bits, data 1 is little-endian; the table's offset at 0x28,
# length of an entry, number of entries and index of the names' section from 0x3a
def parse_elf(head: bytes) -> SectionTable | None:
    """The table of sections that the start of an ELF file names; None for another kind of file."""
    if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":
        return None
    (start,) = struct.unpack_from("<Q", head, 0x28)
    length, count, names = struct.unpack_from("<3H", head, 0x3A)
    if not start or length != _SECTION.size or not names < count < MOST_SECTIONS:
        return SectionTable(start=0, count=0, names=0)
    return SectionTable(start=start, count=count, names=names)


def parse_elf_sections(table: SectionTable, content: bytes, names: Mapping[int, str]) -> tuple[Section, ...]:
    """The sections of an ELF file whose names are known.

    ``content`` is the table; ``names`` gives by their position in the file the texts that may be
    names: a text is one where the table points to it.
    """
    rows = [_SECTION.unpack_from(content, index * _SECTION.size) for index in range(table.count)]
    base = rows[table.names][4]
    return tuple(
        Section(name=names[base + name], start=start, stop=start + size)
        for name, _, _, _, start, size, *_ in rows
        if base + name in names
    )


# 4d 5a ... offset of "PE\0\0" at 0x3c; there the number of sections at 6, the length of the optional
# header at 20; then 40 bytes a section: name (8), virtual size, address, size in the file, offset
def parse_pe_sections(head: bytes) -> tuple[Section, ...] | None:
    """The sections that the start of a PE file lists, names cut to 8 letters; None for another kind."""
    if len(head) < 64 or head[:2] != b"MZ":
        return None
    (at,) = struct.unpack_from("<I", head, 0x3C)
    if head[at : at + 4] != b"PE\0\0" or len(head) < at + 24:
        return None
    count, optional = struct.unpack_from("<H12xH", head, at + 6)
    first = at + 24 + optional
    if len(head) < first + 40 * count:
        return None
    return tuple(_pe_section(head, first + 40 * index) for index in range(count))


def _pe_section(head: bytes, at: int) -> Section:
    name, virtual, _, size, start = struct.unpack_from("<8s4I", head, at)
    text = name.rstrip(b"\0").decode("ascii", "replace")
    return Section(name=text, start=start, stop=start + min(virtual or size, size))
