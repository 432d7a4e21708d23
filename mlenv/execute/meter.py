"""Progress by package and bytes, from what the installer says and what the lock knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock as ThreadLock

from mlenv.formats.install_progress import parse_progress
from mlenv.plan.download import taken_file
from mlenv.plan.lock import Lock

MEGABYTE = 1e6


class Meter:
    """Turns an installer's lines into one line that grows.

    ``sizes`` are the bytes of each package, by its name as the lock has it; 0 where nobody knows.
    """

    def __init__(self, sizes: Mapping[str, int], say: Callable[[str], None]) -> None:
        self._sizes = {_key(name): size for name, size in sizes.items()}
        self._say = say
        self._begun: dict[str, None] = {}
        self._fetched: set[str] = set()
        self._guard = ThreadLock()  # both streams of a child are read at once

    def hear(self, line: str) -> None:
        """A line of the installer."""
        progress = parse_progress(line)
        if progress is None:
            self._say(line)
            return
        with self._guard:
            name = _key(progress.subject)
            if progress.kind == "began":
                self._begun.setdefault(name)
            elif progress.kind in ("fetched", "built"):
                self._begun.setdefault(name)
                self._fetched.add(name)
            self._say(self._tell() if progress.kind in ("began", "fetched", "built") else line)

    def _tell(self) -> str:
        """``3 of 29 packages, 812 of 2,100 MB; torch, numpy``."""
        done = sum(self._sizes.get(name, 0) for name in self._fetched)
        whole = sum(self._sizes.values())
        running = ", ".join(name for name in self._begun if name not in self._fetched)
        bytes_told = f", {done / MEGABYTE:,.0f} of {whole / MEGABYTE:,.0f} MB" if whole else ""
        return f"{len(self._fetched)} of {len(self._sizes)} packages{bytes_told}{f'; {running}' if running else ''}"


def sizes_of(lock: Lock) -> dict[str, int]:
    """The bytes of the file that an installer takes, for each package of a lock."""
    return {package.name: _size(taken_file(package)) for package in lock.packages}


def _size(file: object) -> int:
    return getattr(file, "size", None) or 0


def _key(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
