"""How fast downloads have been here, so that the next one's time can be told beforehand."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from mlenv.typed import decode_json

FILE = "pace.json"
WORTH_BYTES = 5_000_000
"""A download of less says more about waiting than about the line."""


class Pace(msgspec.Struct, frozen=True):
    """A download: its bytes and the seconds that it took, installation included."""

    bytes: int
    seconds: float


def recall_pace(folder: Path) -> float | None:
    """The bytes a second of the last download; None where there was none."""
    try:
        pace = decode_json((folder / FILE).read_bytes(), Pace)
    except (OSError, msgspec.DecodeError):
        return None
    return pace.bytes / pace.seconds if pace.seconds > 0 and pace.bytes > 0 else None


def remember_pace(folder: Path, pace: Pace) -> None:
    """Keep a download that was large enough; a folder that cannot be written to is no trouble."""
    if pace.bytes < WORTH_BYTES or pace.seconds <= 0:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = folder / f".{FILE}.{os.getpid()}"
        fresh.write_bytes(msgspec.json.encode(pace))
        os.replace(fresh, folder / FILE)
    except OSError:
        return
