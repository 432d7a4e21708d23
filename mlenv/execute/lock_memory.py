"""Locks of the last ten minutes, so that the same request is not resolved twice in a row.

Package indexes let their pages be reused for ten minutes; within that time the same project on
the same machine would be locked to the same files.  A retry, the second of two environments and a
whole classroom behind one home folder start from the remembered lock.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

FOLDER = "locks"
"""Where they lie in mlenv's cache."""
FRESH_SECONDS = 600.0
SKEW_SECONDS = 60.0
"""File systems and clocks may differ by this much; a lock from further in the future is not believed."""


class LockMemory:
    """The remembered lock of one request, in a folder of such locks.

    ``key`` comes from :func:`lock_key`; ``now`` is the time in seconds since the epoch.
    """

    def __init__(self, folder: Path, key: str, *, now: float | None = None) -> None:
        self.folder = folder
        self.path = folder / f"{key}.toml"
        self.now = time.time() if now is None else now

    def recall(self) -> str | None:
        """The lock, if it was made less than ten minutes ago."""
        path = self.path
        try:
            if not -SKEW_SECONDS <= self.now - path.stat().st_mtime < FRESH_SECONDS:
                return None
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def remember(self, text: str) -> None:
        """Keep the lock unless it is kept already, and forget those that are no longer fresh.

        A folder that cannot be written to is no trouble.
        """
        if self.recall() == text:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._forget()
            fresh = self.path.with_suffix(f".{os.getpid()}")
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(fresh, self.path)
        except OSError:
            return

    def _forget(self) -> None:
        for path in self.folder.iterdir():
            if self.now - path.stat().st_mtime >= FRESH_SECONDS:
                path.unlink(missing_ok=True)


def forget_locks(folder: Path) -> None:
    """Forget every lock: one of them names a hash that no file has."""
    try:
        for path in folder.glob("*.toml"):
            path.unlink(missing_ok=True)
    except OSError:
        return


def lock_key(project: str, python: str, environ: Mapping[str, str], folders: Iterable[str]) -> str:
    """What a lock depends on, as a digest.

    ``project`` is the project file, ``python`` the interpreter; of the environment uv's own
    variables count, of the local ``folders`` of wheels the time of their last change.
    """
    parts = [project, python]
    parts += [f"{name}={value}" for name, value in sorted(environ.items()) if name.startswith("UV_")]
    parts += [f"{folder} {_changed(folder)}" for folder in folders]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _changed(folder: str) -> float:
    try:
        return os.stat(folder).st_mtime
    except OSError:
        return 0.0
