"""Comparing version strings cheaply.

Drivers, kernels, C libraries and compute capabilities are dotted numbers, not PEP 440 versions;
this compares them without loading a library.
"""

from __future__ import annotations

import functools

from mlenv.facts.pattern import lazy

_NUMBER = lazy(r"\d+")
# Python refuses to read numbers of over 4300 digits; no version has one of twenty.
_LONGEST = 18


@functools.lru_cache(maxsize=8192)
def numbers(text: str) -> tuple[int, ...]:
    """``"580.95.05"`` gives ``(580, 95, 5)``; a local part after ``+`` is left out."""
    return tuple(int(part[:_LONGEST]) for part in _NUMBER.findall(text.split("+")[0]))


def at_least(found: str, floor: str) -> bool:
    """Whether ``found`` is ``floor`` or newer; missing parts count as zero."""
    have, need = numbers(found), numbers(floor)
    width = max(len(have), len(need))
    return have + (0,) * (width - len(have)) >= need + (0,) * (width - len(need))


def series(version: str) -> str:
    """``"2.15.0+cu132"`` gives ``"2.15"``."""
    return ".".join(version.split("+")[0].split(".")[:2])
