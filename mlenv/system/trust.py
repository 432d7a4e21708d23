"""Whom the user trusts, as one file: programs take one bundle of authorities each, and users name several."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from mlenv.system.durable import write_durably


def join_bundles(named: Iterable[str], folder: Path) -> str | None:
    """One file (PEM) with the authorities of all that are named; None where none of them can be read.

    Where they are one file, or one of them is a folder of certificates, the first is given as it is.
    A joint one lies in ``folder``; where that cannot be written to, the first serves alone.
    """
    paths = list(dict.fromkeys(path for path in named if os.path.exists(path)))
    if len(paths) < 2 or not all(os.path.isfile(path) for path in paths):
        return paths[0] if paths else None
    try:
        contents = dict.fromkeys(Path(path).read_bytes().strip() for path in paths)
        return paths[0] if len(contents) == 1 else _write(b"\n".join([*contents, b""]), folder)
    except OSError:
        return paths[0]


def _write(content: bytes, folder: Path) -> str:
    place = folder / f"{hashlib.sha256(content).hexdigest()[:32]}.pem"
    if not place.is_file() or place.read_bytes() != content:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(place, content)
    return str(place)
