"""The environments that mlenv made for this user, wherever they lie.

One small file for each, named by the digest of its path, so that two installers never write the
same one.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

FOLDER = "environments"
MAX_BYTES = 8192
"""More than the longest path of any system."""
_BREAK = re.compile(r"[\x00-\x1f\x7f]")


def remember_environment(data: Path, path: Path) -> None:
    """Note that mlenv made the environment at ``path``; a folder that cannot be written to is no trouble."""
    place = _place(data, path)
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = place.with_suffix(f".{os.getpid()}")
        fresh.write_text(f"{path}\n", encoding="utf-8", errors="surrogateescape")
        os.replace(fresh, place)
    except OSError:
        return


def forget_environment(data: Path, path: Path) -> None:
    """The environment at ``path`` is gone, or no longer mlenv's."""
    try:
        _place(data, path).unlink(missing_ok=True)
    except OSError:
        return


def known_environments(data: Path) -> tuple[Path, ...]:
    """The paths of the environments that were noted, sorted; some may be gone by now."""
    try:
        files = sorted((data / FOLDER).glob("*.path"))
    except OSError:
        return ()
    return tuple(sorted(path for file in files if (path := _read(file)) is not None))


def _read(file: Path) -> Path | None:
    """The path in a note; None for one that holds anything else."""
    try:
        if not file.is_file() or file.stat().st_size > MAX_BYTES:
            return None
        text = file.read_text(encoding="utf-8", errors="surrogateescape").rstrip("\n")
    except OSError:
        return None
    return Path(text) if os.path.isabs(text) and not _BREAK.search(text) else None


def _place(data: Path, path: Path) -> Path:
    return data / FOLDER / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:32]}.path"
