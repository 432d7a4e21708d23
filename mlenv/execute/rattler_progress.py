"""What py-rattler tells while it installs, as lines; and whether it still moves."""

from __future__ import annotations

import time
from collections.abc import Callable

LINE_BYTES = 32 * 1024 * 1024
"""A large download is told of each time that so many bytes more are there."""


class RattlerProgress:
    """Hears rattler's callbacks (see :class:`rattler.install.InstallerReporter`) for ``total`` packages.

    ``say`` gets a line for each package that is there: ``numpy 3/12 7340032 bytes``, with 0 bytes for
    one of the cache.  ``clock`` counts seconds.
    """

    def __init__(self, total: int, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.done = 0
        self._say = say
        self._clock = clock
        self._names: dict[int, str] = {}
        self._bytes: dict[int, int] = {}
        self._told: dict[int, int] = {}
        self._moved = clock()

    def idle_seconds(self) -> float:
        """How long nothing has been heard."""
        return self._clock() - self._moved

    def on_populate_cache_start(self, operation: int, package_name: str) -> int:
        """A package is looked for; the number stands for it in what follows."""
        self._moved = self._clock()
        self._names[operation] = package_name
        return operation

    def on_download_start(self, cache_entry: int) -> int:
        """Its download begins, perhaps not for the first time."""
        self._moved = self._clock()
        self._told[cache_entry] = 0
        return cache_entry

    def on_download_progress(self, download_idx: int, progress: int, total: int | None) -> None:
        """So many bytes are there."""
        self._moved = self._clock()
        self._bytes[download_idx] = progress
        if progress - self._told.get(download_idx, 0) >= LINE_BYTES and progress != total:
            self._told[download_idx] = progress
            whole = f" of {total}" if total else ""
            self._say(f"{self._names.get(download_idx, '')} {self.done + 1}/{self.total} {progress}{whole} bytes")

    def on_populate_cache_complete(self, cache_entry: int) -> None:
        """It is there, and its hash is the one of the lock."""
        self._moved = self._clock()
        self.done += 1
        name = self._names.get(cache_entry, "")
        self._say(f"{name} {self.done}/{self.total} {self._bytes.get(cache_entry, 0)} bytes")

    def on_link_start(self, operation: int, _package_name: str) -> int:
        """It is put into the environment."""
        self._moved = self._clock()
        return operation

    def on_link_complete(self, _index: int) -> None:
        """It is in the environment."""
        self._moved = self._clock()
