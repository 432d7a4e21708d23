"""The files that hold reports: names, folders, globs, lists; and the documents in a file."""

from __future__ import annotations

import glob
import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, cast

import msgspec

from mlenv.fleet.document import UnreadableError
from mlenv.typed import decode_json

ENDINGS = (".json", ".jsonl", ".ndjson")
LARGEST = 64 * 2**20
"""Bytes of one document; a report has some ten thousand, so what is larger is something else."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One JSON text: ``line`` is its number in a file of JSON lines, 0 for a whole file."""

    path: str
    line: int = 0
    data: bytes

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.path}:{self.line}" if self.line else self.path


def find_files(names: Iterable[str]) -> Iterator[str]:
    """The files that names stand for, each once; a folder stands for the reports in and below it.

    A name that stands for nothing is given as it is: opening it says what is wrong.
    """
    seen: set[str] = set()
    for name in names:
        for path in _expand(name):
            absolute = os.path.abspath(path)
            if absolute not in seen:
                seen.add(absolute)
                yield path


def _expand(name: str) -> Iterable[str]:
    if os.path.isdir(name):
        return _walk(name)
    if glob.has_magic(name) and not os.path.lexists(name):
        found = sorted(glob.glob(name, recursive=True))
        return [path for match in found for path in (_walk(match) if os.path.isdir(match) else (match,))] or (name,)
    return (name,)


def _walk(folder: str) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and name.lower().removesuffix(".gz").endswith(ENDINGS):
                yield os.path.join(parent, name)


def read_documents(path: str) -> Iterator[Document]:
    """The documents of a file; :class:`UnreadableError` says why there are none, or no more."""
    try:
        with _open(path) as file:
            if path.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson")):
                yield from _number(path, iter(lambda: file.readline(LARGEST), b""))
            else:
                yield from _split(path, _read(file))
    except FileNotFoundError:
        what = "no file matches it" if glob.has_magic(path) else "there is no such file"
        raise UnreadableError(what) from None
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableError(f"it cannot be read ({getattr(error, 'strerror', None) or error})") from None


def _open(path: str) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if path.lower().endswith(".gz") else open(path, "rb")


def _read(file: IO[bytes]) -> bytes:
    """A whole file; one that is too large is not read to its end."""
    plain = not isinstance(file, gzip.GzipFile)
    # A size that is asked for is set aside at once, so a plain file is asked how large it is.
    data = file.read() if plain and os.fstat(file.fileno()).st_size <= LARGEST else file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UnreadableError(f"it is larger than {LARGEST >> 20} MiB")
    return data


def _split(path: str, data: bytes) -> Iterator[Document]:
    """One document, or a line each where the first line is a whole document by itself."""
    head, _, rest = data.partition(b"\n")
    if head.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{") and _is_object(head):
        return _number(path, data.split(b"\n"))
    return iter((Document(path=path, data=data.removeprefix(b"\xef\xbb\xbf")),))


def _is_object(line: bytes) -> bool:
    try:
        decode_json(line, dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _number(path: str, lines: Iterable[bytes]) -> Iterator[Document]:
    return (Document(path=path, line=number, data=line) for number, line in enumerate(lines, 1) if line.strip())
