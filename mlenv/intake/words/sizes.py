"""Sizes of memory and disks in words."""

from __future__ import annotations

from mlenv.facts.pattern import lazy

_SIZE = lazy(r"(?i)(?<![\w.])(?P<number>\d{1,9}(?:[.,]\d{1,3})?)\s?(?P<unit>[KMGTP])(?:i?B|B|igs?)?\b")
_SHIFT = {"k": 10, "m": 20, "g": 30, "t": 40, "p": 50}


# 15109MiB ; 24GB ; 7.98 GB ; 29.39 GB
def size_in(text: str) -> int | None:
    """The first size in a text in bytes, 1024 to the step; None where there is none."""
    match = _SIZE.search(text[:400])
    return as_bytes(match["number"], match["unit"]) if match else None


def as_bytes(number: str, unit: str) -> int:
    """A number and the first letter of its unit as bytes."""
    return int(float(number.replace(",", ".")) * (1 << _SHIFT[unit[0].lower()]))
