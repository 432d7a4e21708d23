"""Where the bytes of one file go while they come: a temporary name beside the target, and its hashes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO


class Sink:
    """A file that is being fetched to ``target``; it takes that name only when it is whole and right."""

    def __init__(self, target: Path, hashes: Mapping[str, str], size: int | None) -> None:
        self.size = 0
        self._target = target
        self._part = target.with_name(f".{target.name}.{os.getpid()}.part")
        self._wanted = {name: value.lower() for name, value in hashes.items()}
        self._wanted_size = size
        self._version = ""
        self._stream: IO[bytes] | None = None
        self._open_hashes()

    def _open_hashes(self) -> None:
        self._hashes = {name: hashlib.new(name) for name in {"sha256", *self._wanted}}

    @property
    def sha256(self) -> str:
        """The hash of what came so far, in hexadecimal."""
        return self._hashes["sha256"].hexdigest()

    @property
    def too_long(self) -> bool:
        """Whether more came than the file is said to hold."""
        return self._wanted_size is not None and self.size > self._wanted_size

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if self._stream is None:
            self._stream = open(self._part, "wb")  # noqa: SIM115 - it stays open over several answers
        self._stream.write(chunk)
        self.size += len(chunk)
        for digest in self._hashes.values():
            digest.update(chunk)

    def note_version(self, headers: Mapping[str, str]) -> None:
        """Remember which version of the file this is, so that no other is taken for its rest."""
        tag = headers.get("ETag", "")
        self._version = tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")

    def resumption(self) -> dict[str, str]:
        """The headers that ask for what is missing, none where nothing came yet."""
        if not self.size or not (self._version or self._wanted):
            return {}
        only = {"If-Range": self._version} if self._version else {}
        return {"Range": f"bytes={self.size}-", **only}

    def trouble(self) -> str:
        """What is wrong with what came; empty where it is the file."""
        if self.too_long:
            return f"is longer than the {self._wanted_size} bytes that the lock says"
        if self._wanted_size is not None and self.size != self._wanted_size:
            return f"has {self.size} bytes where the lock says {self._wanted_size}"
        wrong = [name for name, value in self._wanted.items() if self._hashes[name].hexdigest() != value]
        return f"is not the locked file: its {wrong[0]} is {self._hashes[wrong[0]].hexdigest()}" if wrong else ""

    def restart(self) -> None:
        """Forget what came so far."""
        self.size, self._version = 0, ""
        self._open_hashes()
        if self._stream is not None:
            self._stream.seek(0)
            self._stream.truncate()

    def finish(self) -> None:
        """Give the file its name."""
        if self._stream is None:
            self.write(b"")
        assert self._stream is not None
        self._stream.close()
        os.replace(self._part, self._target)

    def discard(self) -> None:
        """Remove what is half; what is finished stays."""
        if self._stream is not None:
            self._stream.close()
            self._part.unlink(missing_ok=True)
