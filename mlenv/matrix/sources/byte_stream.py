"""A stream of bytes that is looked through once, forward, with bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_MARK = 1024


class ByteStream:
    """Pieces of a file as one stream; ``position`` is counted from its start."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = b""
        self._offset = 0
        self.position = 0

    def peek(self, size: int) -> bytes:
        """The next ``size`` bytes, which stay in the stream; fewer at its end."""
        while len(self._buffer) - self._offset < size and self._load():
            pass
        return self._buffer[self._offset : self._offset + size]

    def skip(self, size: int) -> None:
        """Move forward, at most to the end."""
        while size > 0:
            step = min(size, len(self._buffer) - self._offset)
            self._move(step)
            size -= step
            if size and not self._load():
                return

    def find(self, pattern: re.Pattern[bytes], stop: int | None = None) -> bytes:
        """Move to the next match and return it; it stays in the stream.

        ``stop`` is a position from which nothing is looked for; there, or at the end of the
        stream, the answer is empty.  A match may have up to 1024 bytes.
        """
        while True:
            match = pattern.search(self._buffer, self._offset)
            if match and (stop is None or self.position + match.start() - self._offset < stop):
                self._move(match.start() - self._offset)
                return match.group()
            if stop is not None and self.position + len(self._buffer) - self._offset >= stop + LONGEST_MARK:
                self._move(max(0, stop - self.position))
                return b""
            self._move(max(0, len(self._buffer) - self._offset - LONGEST_MARK))
            if not self._load():
                rest = len(self._buffer) - self._offset
                self._move(rest if stop is None else max(0, min(rest, stop - self.position)))
                return b""

    def _move(self, size: int) -> None:
        self._offset += size
        self.position += size

    def _load(self) -> bool:
        chunk = next(self._chunks, b"")
        self._buffer = self._buffer[self._offset :] + chunk
        self._offset = 0
        return bool(chunk)
