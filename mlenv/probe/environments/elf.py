"""What a shared library of Linux asks the dynamic loader for.

Only the headers, the dynamic section and single names are read: some libraries are larger than a
gigabyte.  The form is that of the System V ABI (https://refspecs.linuxfoundation.org/elf/elf.pdf).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import msgspec

Read = Callable[[int, int], bytes]

HEAD_BYTES = 4096
MAX_SEGMENTS = 256
MAX_DYNAMIC_BYTES = 65536
MAX_NEEDED = 512
MAX_NAME_BYTES = 4096
# Names that lie this near to each other are read at once.
NEAR_BYTES = 4096
_MAX_OFFSET = 2**48
_LOAD, _DYNAMIC = 1, 2
_NEEDED, _STRING_TABLE, _STRING_BYTES, _SONAME, _RPATH, _RUNPATH = 1, 5, 10, 14, 15, 29


class Dynamic(msgspec.Struct, frozen=True, kw_only=True):
    """A library's own name, the libraries that it needs, and where it wants them looked for.

    ``rpath`` and ``runpath`` are the texts of the file, folders separated by colons.
    ``machine`` is the processor's number in ELF.
    """

    bits: int
    machine: int
    soname: str | None = None
    needed: tuple[str, ...] = ()
    rpath: str | None = None
    runpath: str | None = None


class _Form(msgspec.Struct, frozen=True, kw_only=True):
    """Byte order, word size and table of segments of a file."""

    order: str
    bits: int
    machine: int
    segments_at: int
    segment_bytes: int
    segments: int

    @property
    def word(self) -> str:
        return "Q" if self.bits == 64 else "I"


class _Segment(msgspec.Struct, frozen=True, kw_only=True):
    kind: int
    offset: int
    address: int
    size: int


def parse_dynamic(read: Read) -> Dynamic | None:
    """What the loader would read; None for what is no ELF file, or one without a dynamic section.

    ``read`` gives bytes of the file from an offset on, at most so many, fewer beyond its end.
    """
    head = read(0, HEAD_BYTES)
    form = parse_form(head)
    if form is None:
        return None
    segments = _read_segments(read, head, form)
    dynamic = next((segment for segment in segments if segment.kind == _DYNAMIC), None)
    if dynamic is None or dynamic.offset > _MAX_OFFSET:
        return None
    data = read(dynamic.offset, min(dynamic.size, MAX_DYNAMIC_BYTES))
    return _interpret(read, form, segments, _parse_entries(data, form))


def parse_form(head: bytes) -> _Form | None:
    """The header of an ELF file; None for any other bytes."""
    if head[:4] != b"\x7fELF" or len(head) < 52 or head[4] not in (1, 2) or head[5] not in (1, 2):
        return None
    order, wide = "<" if head[5] == 1 else ">", head[4] == 2
    if wide and len(head) < 64:
        return None
    (machine,) = struct.unpack_from(f"{order}H", head, 18)
    (start,) = struct.unpack_from(order + ("Q" if wide else "I"), head, 32 if wide else 28)
    size, count = struct.unpack_from(f"{order}HH", head, 54 if wide else 42)
    return _Form(
        order=order,
        bits=64 if wide else 32,
        machine=machine,
        segments_at=start,
        segment_bytes=size,
        segments=min(count, MAX_SEGMENTS),
    )


def _read_segments(read: Read, head: bytes, form: _Form) -> list[_Segment]:
    """The table of segments, which tools that edit libraries move to the file's end."""
    least = 56 if form.bits == 64 else 32
    size = form.segment_bytes * form.segments
    if form.segment_bytes < least or form.segments_at > _MAX_OFFSET:
        return []
    inside = form.segments_at + size <= len(head)
    table = head[form.segments_at : form.segments_at + size] if inside else read(form.segments_at, size)
    starts = range(0, len(table) - least + 1, form.segment_bytes)
    return [_parse_segment(table, start, form) for start in starts]


def _parse_segment(table: bytes, start: int, form: _Form) -> _Segment:
    if form.bits == 64:
        kind, _, offset, address, _, size = struct.unpack_from(f"{form.order}IIQQQQ", table, start)
    else:
        kind, offset, address, _, size = struct.unpack_from(f"{form.order}IIIII", table, start)
    return _Segment(kind=kind, offset=offset, address=address, size=size)


def _parse_entries(data: bytes, form: _Form) -> list[tuple[int, int]]:
    """Tags and values up to the entry that ends them."""
    pair = f"{form.order}{form.word}{form.word}"
    size = struct.calcsize(pair)
    entries = []
    for tag, value in struct.iter_unpack(pair, data[: len(data) // size * size]):
        if tag == 0:
            break
        entries.append((tag, value))
    return entries


def _interpret(read: Read, form: _Form, segments: list[_Segment], entries: list[tuple[int, int]]) -> Dynamic:
    values = dict(reversed(entries))
    table = _find_offset(segments, values.get(_STRING_TABLE, 0))
    limit = values.get(_STRING_BYTES, 0)
    wanted = [value for tag, value in entries if tag == _NEEDED][:MAX_NEEDED]
    single = [values[tag] for tag in (_SONAME, _RPATH, _RUNPATH) if tag in values]
    names = _read_names(read, table, limit, [*wanted, *single]) if table is not None else {}
    soname, rpath, runpath = (names.get(values.get(tag, -1)) for tag in (_SONAME, _RPATH, _RUNPATH))
    return Dynamic(
        bits=form.bits,
        machine=form.machine,
        soname=soname or None,
        needed=tuple(names[place] for place in wanted if names.get(place)),
        rpath=rpath or None,
        runpath=runpath or None,
    )


def _find_offset(segments: list[_Segment], address: int) -> int | None:
    """Where in the file an address of the loaded library lies."""
    for segment in segments:
        if segment.kind == _LOAD and segment.address <= address < segment.address + segment.size:
            offset = segment.offset + address - segment.address
            return offset if offset <= _MAX_OFFSET else None
    return None


def _read_names(read: Read, table: int, limit: int, places: list[int]) -> dict[int, str]:
    """The names at some places of the table of strings, with few reads."""
    names: dict[int, str] = {}
    window, start = b"", -1
    for place in sorted({place for place in places if place < min(limit, _MAX_OFFSET)}):
        if start < 0 or place - start + MAX_NAME_BYTES > len(window):
            start, window = place, read(table + place, NEAR_BYTES + MAX_NAME_BYTES)
        end = window.find(b"\0", place - start)
        if end >= 0:
            names[place] = window[place - start : end].decode("utf-8", "replace")
    return names
