"""Conditions in the manner of PEP 440, for three kinds of facts.

``number`` compares plain numbers (``>=12,<48``), ``dotted`` the versions of drivers, kernels and C
libraries (``>=580.65``, ``==580.*``), ``version`` those of Python packages.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Literal, get_args

from mlenv.facts.pattern import lazy
from mlenv.facts.version import numbers

ConditionKind = Literal["number", "dotted", "version"]
CONDITION_KINDS: tuple[str, ...] = get_args(ConditionKind)
EXAMPLES: dict[str, str] = {"number": ">=16,<48", "dotted": ">=580.65", "version": ">=2.14,<2.16"}

NUMBER_PATTERN = r"^\s*(>=|<=|==|!=|>|<)\s*\d{1,15}(\.\d{1,9})?\s*(,\s*(>=|<=|==|!=|>|<)\s*\d{1,15}(\.\d{1,9})?\s*)*$"
_DOTTED_CLAUSE = r"((>=|<=|>|<)\s*\d{1,9}(\.\d{1,9})*|~=\s*\d{1,9}(\.\d{1,9})+|(==|!=)\s*\d{1,9}(\.\d{1,9})*(\.\*)?)"
DOTTED_PATTERN = rf"^\s*{_DOTTED_CLAUSE}\s*(,\s*{_DOTTED_CLAUSE}\s*)*$"
VERSION_PATTERN = r"^\s*(~=|===?|!=|<=|>=|<|>)"

_NUMBER = lazy(NUMBER_PATTERN)
_DOTTED = lazy(DOTTED_PATTERN)
_CLAUSE = lazy(r"\s*(~=|===|==|!=|<=|>=|<|>)\s*(\S+)\s*")
_LEADING = lazy(r"\d{1,9}(\.\d{1,9})*")
_LONGEST = 200  # characters of a condition; no person writes a longer one

_WORDS = {
    ">=": "at least",
    "<=": "at most",
    ">": "more than",
    "<": "less than",
    "==": "exactly",
    "===": "exactly",
    "!=": "not",
    "~=": "compatible with",
}

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda found, wanted: found >= wanted,
    "<=": lambda found, wanted: found <= wanted,
    ">": lambda found, wanted: found > wanted,
    "<": lambda found, wanted: found < wanted,
    "==": lambda found, wanted: found == wanted,
    "!=": lambda found, wanted: found != wanted,
}


def is_condition(kind: str, text: str) -> bool:
    """Whether a text is a condition of that kind."""
    if len(text) > _LONGEST:
        return False
    if kind == "number":
        return _NUMBER.fullmatch(text) is not None
    if kind == "dotted":
        return _DOTTED.fullmatch(text) is not None
    return bool(text.strip()) and _is_specifier(text)


def admits(kind: ConditionKind, condition: str, found: float | str) -> bool | None:
    """Whether a fact satisfies a condition; None where the fact is no number or version at all."""
    if kind == "number":
        return all(_COMPARE[operator](float(found), float(wanted)) for operator, wanted in _clauses(condition))
    if kind == "dotted":
        leading = _LEADING.search(str(found))
        return None if leading is None else all(_admits_dotted(*clause, leading[0]) for clause in _clauses(condition))
    return _admits_version(condition, str(found))


def word_condition(condition: str, unit: str = "") -> str:
    """``>=16,<48`` with the unit ``GB`` gives ``at least 16 and less than 48 GB``."""
    words = " and ".join(f"{_WORDS[operator]} {wanted}" for operator, wanted in _clauses(condition))
    return f"{words} {unit}".rstrip()


@functools.lru_cache(maxsize=1024)
def _clauses(condition: str) -> tuple[tuple[str, str], ...]:
    found = (_CLAUSE.fullmatch(part) for part in condition.split(","))
    return tuple((match[1], match[2]) for match in found if match is not None)


def _admits_dotted(operator: str, wanted: str, found: str) -> bool:
    have, need = numbers(found), numbers(wanted)
    if operator == "~=":
        return _order(have, need) >= 0 and have[: len(need) - 1] == need[:-1]
    if wanted.endswith(".*"):
        padded = have + (0,) * (len(need) - len(have))
        return (padded[: len(need)] == need) == (operator == "==")
    return _COMPARE[operator](_order(have, need), 0)


def _order(one: tuple[int, ...], two: tuple[int, ...]) -> int:
    """-1, 0 or 1; missing parts count as zero."""
    width = max(len(one), len(two))
    left, right = one + (0,) * (width - len(one)), two + (0,) * (width - len(two))
    return (left > right) - (left < right)


def _admits_version(condition: str, found: str) -> bool | None:
    """Pre-releases are versions like others: the one that is installed is judged, none is chosen."""
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(condition).contains(Version(found[:_LONGEST]), prereleases=True)
    except InvalidVersion:
        return None


def _is_specifier(text: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        parts = SpecifierSet(text)
    except (InvalidSpecifier, ValueError):
        return False
    return len(parts) > 0
