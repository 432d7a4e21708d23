"""Caches of the dynamic linker of our own making."""

from __future__ import annotations

import struct

X86_64, I386, ARM = 0x0303, 0x0003, 0x0A03
Row = tuple[str, str, int, int]


def linker_cache(rows: list[Row], *, order: str = "<") -> bytes:
    """A cache as glibc 2.32 and later write it; a row is name, path, flags and processor features."""
    strings, entries = b"", b""
    start = 48 + 24 * len(rows)
    for name, path, flags, features in rows:
        path_at = start + len(strings)
        strings += path.encode() + b"\0"
        name_at = start + len(strings)
        strings += name.encode() + b"\0"
        entries += struct.pack(f"{order}iIIIQ", flags, name_at, path_at, 0, features)
    head = struct.pack(f"{order}IIB15x", len(rows), len(strings), 3 if order == ">" else 2)
    return b"glibc-ld.so.cache1.1" + head + b"\0" * 4 + entries + strings


def old_linker_cache(rows: list[Row]) -> bytes:
    """The same behind a table of the form before glibc 2.2, as ldconfig wrote both for a long time."""
    table = b"".join(struct.pack("<iII", 3, 0, 0) for _ in rows)
    return b"ld.so-1.7.0\0" + struct.pack("<I", len(rows)) + table + linker_cache(rows)
