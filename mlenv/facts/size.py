"""Sizes in bytes, for reading."""

from __future__ import annotations

GIB = 1024**3


def gib(size: int) -> str:
    """A size in bytes for reading: ``7.6 GiB``, ``64 GiB``."""
    amount = size / GIB
    return f"{amount:.0f} GiB" if amount >= 10 else f"{amount:.1f} GiB"
