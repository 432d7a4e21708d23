"""Files of the matrix in a form that loads in a millisecond.

TOML is for people: reading the largest file takes twenty times as long as reading the same rows
from MessagePack.  So what was read and found sound is kept in the user's cache folder, with a
stamp of where it came from.  A stamp that differs means that it is made anew; a cache that cannot
be read or written only costs time.
"""

from __future__ import annotations

import contextlib
import functools
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from mlenv import __version__
from mlenv.matrix import hardware, health, images, rows
from mlenv.typed import decode_msgpack

VALUE = TypeVar("VALUE")


class Entry(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A kept value and the stamp of what it was made from."""

    stamp: str
    value: msgspec.Raw


class Store:
    """Kept values in a folder; ``None`` as folder keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def get(self, key: str, stamp: str | None, kind: type[VALUE], make: Callable[[], VALUE]) -> VALUE:
        """The value kept under a key if its stamp is this one, else made anew (and kept).

        ``stamp`` is None for what cannot be told apart and is never kept.  Whatever ``make``
        raises is passed on.
        """
        if self.folder is None or stamp is None:
            return make()
        path = self.folder / f"{key}.mp"
        stamp = f"{__version__} {kind.__name__} {_form_of_rows()} {stamp}"
        found = _read(path, stamp, kind)
        if found is not None:
            return found
        made = make()
        _write(path, Entry(stamp=stamp, value=msgspec.Raw(msgspec.msgpack.encode(made))))
        return made


def key_of(path: Path) -> str:
    """A file name for what is kept about a path.

    Two paths that share one (the checksum is a cheap one) take turns: the stamp names the path.
    """
    return f"{path.stem}-{zlib.crc32(os.fsencode(os.path.abspath(path))):08x}"


def stamp_of(path: Path) -> str | None:
    """What tells one state of a file from another; None where the file cannot be looked at."""
    try:
        return f"{os.path.abspath(path)} {describe_state(os.stat(path))}"
    except OSError:
        return None


def describe_state(state: os.stat_result) -> str:
    """Size, times and inode: one of them differs after every change."""
    return f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}"


@functools.cache
def _form_of_rows() -> str:
    """Tells the row types of this program from those of another state of it (a checkout changes)."""
    return " ".join(str(stamp_of(Path(module.__file__ or ""))) for module in (rows, hardware, health, images))


def _read(path: Path, stamp: str, kind: type[VALUE]) -> VALUE | None:
    try:
        with open(path, "rb") as file:
            entry = decode_msgpack(file.read(), Entry)
        return decode_msgpack(entry.value, kind) if entry.stamp == stamp else None
    except (OSError, RecursionError, UnicodeDecodeError, msgspec.DecodeError):
        return None


def _write(path: Path, entry: Entry) -> None:
    """Write beside and rename, so that a reader never sees half an entry."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A site's rows may hold the login of a mirror.
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.msgpack.encode(entry))
        os.replace(part, path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
