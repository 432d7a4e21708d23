"""An environment of another's making, in the place where mlenv is to put its own."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

from mlenv.system.process import run

from .world import World

FOREIGN = "0.9"
"""The release of ``lower`` that it has."""
SECONDS = 120.0


def make_foreign(world: World) -> dict[str, tuple[int, bytes]]:
    """Put one there, and give what it holds."""
    shutil.rmtree(world.work)
    world.work.mkdir()
    done = run((sys.executable, "-m", "venv", "--without-pip", str(world.environment)), timeout=SECONDS)
    if not done.ok:
        raise OSError(f"no environment can be made: {done.stderr}")
    (packages,) = world.environment.glob("lib/python3*/site-packages")
    (packages / "lower.py").write_text(f'__version__ = "{FOREIGN}"\n')
    (world.environment / "notes.txt").write_text("of the user's own hand\n")
    (world.environment / "notes.txt").chmod(0o640)
    return contents(world.environment)


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Mode and bytes (of a link: where it leads) of everything below a folder."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            found[str(path.relative_to(folder))] = _content(path)
    return found


def _content(path: Path) -> tuple[int, bytes]:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return stat.S_IFLNK, os.fsencode(os.readlink(path))
    return mode, path.read_bytes() if path.is_file() else b""
