"""Version conditions (PEP 440) as ranges, to compare many of them quickly.

Conditions of plain numbers become ranges on the line of versions; anything else (pre-releases,
local versions, ``===``) is left to the packaging library, whose answers these ranges share.
"""

from __future__ import annotations

import functools
import re

from packaging.specifiers import SpecifierSet

Cut = tuple[tuple[int, ...], int]
"""A place on the line of versions: right before a version (0) or right after it (1)."""
Range = tuple[Cut, Cut]

_START: Cut = ((), -1)
_END: Cut = ((10**18,), 1)
_CLAUSE = re.compile(r"(~=|==|!=|<=|>=|<|>)\s*(\d+(?:\.\d+)*)(\.\*)?")
_PLAIN = re.compile(r"\d+(?:\.\d+)*")


@functools.lru_cache(maxsize=16384)
def admits(specifier: str, version: str) -> bool:
    """Whether a condition takes a version; pre-releases are versions like others."""
    ranges = _ranges_of(specifier)
    if ranges is None or _PLAIN.fullmatch(version) is None:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    place = (_numbers(version), 0)
    return any(low <= place < high for low, high in ranges)


@functools.lru_cache(maxsize=16384)
def may_agree(one: str, two: str) -> bool:
    """Whether some version can satisfy two conditions."""
    if one == two:
        return True
    mine, theirs = _ranges_of(one), _ranges_of(two)
    if mine is None or theirs is None:
        return _may_agree_by_trial(one, two)
    return bool(_meet(mine, theirs))


def _may_agree_by_trial(one: str, two: str) -> bool:
    """The versions tried are those that the conditions name, what comes right after each, and zero."""
    both = SpecifierSet(one) & SpecifierSet(two)
    named = [row.version.removesuffix(".*") for row in both]
    after = [f"{version}{more}" for version in named for more in (".1", ".0.1", ".post1")]
    series = [text for version in named for text in _next_series(version)]
    return any(both.contains(version, prereleases=True) for version in ("0", *named, *after, *series))


def _next_series(version: str) -> list[str]:
    """The first versions after a series: ``1.4.2rc1`` gives ``2``, ``1.5`` and ``1.4.3``."""
    numbers = [int(part) for part in re.findall(r"\d+", version.partition("+")[0])]
    return [".".join(map(str, (*numbers[:place], number + 1))) for place, number in enumerate(numbers)]


@functools.lru_cache(maxsize=4096)
def _ranges_of(specifier: str) -> tuple[Range, ...] | None:
    """The ranges of a condition; None where it is of more than plain numbers."""
    ranges: tuple[Range, ...] = ((_START, _END),)
    for text in specifier.split(","):
        clause = text.strip()
        if not clause:
            continue
        found = _CLAUSE.fullmatch(clause)
        if found is None or (found[3] and found[1] not in ("==", "!=")):
            return None
        ranges = _meet(ranges, _ranges_of_clause(found[1], found[2], any_below=bool(found[3])))
    return ranges


def _ranges_of_clause(operator: str, version: str, *, any_below: bool) -> tuple[Range, ...]:
    before: Cut = (_numbers(version), 0)
    after: Cut = (_numbers(version), 1)
    if any_below:
        after = (_next(version), 0)
    if operator == "~=":
        return ((before, (_next(version.rpartition(".")[0]), 0)),)
    if operator == "!=":
        return ((_START, before), (after, _END))
    low = {">=": before, ">": after, "==": before}.get(operator, _START)
    high = {"<=": after, "<": before, "==": after}.get(operator, _END)
    return ((low, high),)


def _meet(one: tuple[Range, ...], two: tuple[Range, ...]) -> tuple[Range, ...]:
    pairs = ((max(a[0], b[0]), min(a[1], b[1])) for a in one for b in two)
    return tuple((low, high) for low, high in pairs if low < high)


def _numbers(version: str) -> tuple[int, ...]:
    """``2.10.0`` as ``(2, 10)``: zeros at the end say nothing."""
    numbers = [int(part) for part in version.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _next(version: str) -> tuple[int, ...]:
    """The first version that does not begin with these numbers: ``1.4`` gives ``(1, 5)``."""
    numbers = [int(part) for part in version.split(".")]
    numbers[-1] += 1
    return tuple(numbers)
