"""Lists of file systems, as df, findmnt and lsblk print them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from mlenv.facts.pattern import lazy

# > Filesystem     1K-blocks    Used Available Use% Mounted on
_HEADER = lazy(r"Filesystem +(1K|1024|512|1M)-blocks +Used +Avail(?:able)? +(?:Use%|Capacity)")
_UNITS = {"512": 512, "1K": 1024, "1024": 1024, "1M": 1024**2}
_LONGEST_NUMBER = 18
_SIZE = lazy(r"([0-9]{1,18}(?:\.[0-9]{1,6})?)([BKMGTPE]?)")
_LETTERS = "BKMGTPE"


class FileSystem(msgspec.Struct, frozen=True, kw_only=True):
    """A mounted file system: ``point`` is where; sizes in bytes, None where the list has none."""

    point: str
    source: str = ""
    filesystem: str | None = None
    total_bytes: int | None = None
    free_bytes: int | None = None


# > Filesystem     1K-blocks    Used Available Use% Mounted on
# > /dev/sda2       20508240 5748028  13695408  30% /
def parse_df(text: str) -> tuple[FileSystem, ...]:
    """The table of df; that of macOS counts blocks of 512 bytes and the files besides."""
    found: list[FileSystem] = []
    unit = 1024
    for line in text.splitlines():
        header = _HEADER.match(line)
        unit = _UNITS[header[1]] if header else unit
        row = _parse_row(line.split(), unit)
        if row:
            found.append(row)
    return tuple(found)


def _parse_row(words: list[str], unit: int) -> FileSystem | None:
    """The sizes are the first three numbers before a percentage: a source may hold blanks, as a point may."""
    for place in range(4, len(words)):
        if words[place].endswith("%") and all(_is_number(word) for word in words[place - 3 : place]):
            rest = words[place + 1 :]
            counts_files = len(rest) > 3 and rest[2].endswith("%")
            return FileSystem(
                point=" ".join(rest[3:] if counts_files else rest),
                source=" ".join(words[: place - 3]),
                total_bytes=int(words[place - 3]) * unit,
                free_bytes=int(words[place - 1]) * unit,
            )
    return None


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= _LONGEST_NUMBER


# > {"filesystems": [{"source": "/dev/sda2", "fstype": "ext4", "size": "1.7T", "avail": "1.2T", "target": "/"}]}
def parse_findmnt(text: str) -> tuple[FileSystem, ...]:
    """The answer of ``findmnt --json``, with the mounts below mounts."""
    return tuple(
        FileSystem(
            point=row["target"],
            source=_word(row.get("source")) or "",
            filesystem=_word(row.get("fstype")),
            total_bytes=parse_size(row.get("size")),
            free_bytes=parse_size(row.get("avail")),
        )
        for row in _walk(text, "filesystems")
        if isinstance(row.get("target"), str)
    )


# > {"blockdevices": [{"name": "/dev/sda", "size": 480103981056, "fstype": "ext4", "mountpoint": "/"}]}
def parse_lsblk(text: str) -> tuple[FileSystem, ...]:
    """The mounted devices of ``lsblk --json``; ``--bytes`` gives numbers, else sizes such as ``1.7T``."""
    return tuple(
        FileSystem(
            point=row["mountpoint"],
            source=_word(row.get("name")) or "",
            filesystem=_word(row.get("fstype")),
            total_bytes=parse_size(row.get("size")),
        )
        for row in _walk(text, "blockdevices")
        if isinstance(row.get("mountpoint"), str)
    )


# 1.7T ; 427.1G ; 67080192
def parse_size(value: object) -> int | None:
    """A size in bytes; letters are multiples of 1024."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    return round(float(match[1]) * 1024 ** _LETTERS.index(match[2] or "B")) if match else None


def _walk(text: str, name: str) -> Iterator[dict[str, Any]]:
    """The rows of a list and those of their children, each once, parents first."""
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return
    waiting = [document.get(name)] if isinstance(document, dict) else []
    while waiting:
        rows = waiting.pop()
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict):
                yield row
                waiting.append(row.get("children"))


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
