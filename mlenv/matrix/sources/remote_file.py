"""A file on a server, read in parts like a local one."""

from __future__ import annotations

import io

from mlenv.system.page import WebDoor, WebError

TAIL_BYTES = 32 * 1024
"""What is fetched of a file's end at once: the list of members stands there in a ZIP archive."""
AHEAD_BYTES = 16 * 1024
"""What is fetched at least, for the short reads with which an archive's member begins."""
LARGEST_READ = 64 * 1024 * 1024


class RemoteFile(io.RawIOBase):
    """A remote file as a seekable one to read from.

    A read is at most one request; what is kept is the end of the file and the last block fetched.
    ``boundary`` is where reading ahead ends, ``transferred`` the bytes fetched.  Reading raises
    :class:`WebError`.
    """

    def __init__(self, web: WebDoor, url: str) -> None:
        super().__init__()
        self._web, self._url = web, url
        self.transferred = 0
        self.size = web.size(url)
        self.boundary = self.size
        self._position = 0
        self._start, self._block = 0, b""
        self.tail_start = max(0, self.size - TAIL_BYTES)
        self.tail = self._fetch(self.tail_start, self.size)

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """The position from the start, in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position; nothing is fetched."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise OSError("a position before the start of the file")
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Exactly ``size`` bytes, fewer only at the end of the file."""
        left = self.size - self._position
        wanted = max(0, left if size < 0 else min(size, left))
        if wanted > LARGEST_READ:
            raise WebError(f"{wanted} bytes at once are more than an archive asks for")
        parts = []
        while wanted:
            part = self._at_hand(wanted)
            parts.append(part)
            self._position += len(part)
            wanted -= len(part)
        return b"".join(parts)

    def _at_hand(self, wanted: int) -> bytes:
        if self._position >= self.tail_start:
            offset = self._position - self.tail_start
            return self.tail[offset : offset + wanted]
        offset = self._position - self._start
        if not 0 <= offset < len(self._block):
            self._next_block(wanted)
            offset = 0
        return self._block[offset : offset + wanted]

    def _next_block(self, wanted: int) -> None:
        ahead = min(self._position + AHEAD_BYTES, self.boundary)
        stop = min(max(self._position + wanted, ahead), self.tail_start)
        self._start, self._block = self._position, self._fetch(self._position, stop)

    def _fetch(self, start: int, stop: int) -> bytes:
        if start >= stop:
            return b""
        block = self._web.read_range(self._url, start, stop)
        self.transferred += len(block)
        if len(block) != stop - start:
            raise WebError(f"{len(block)} bytes came where {stop - start} were asked for")
        return block
