"""One difference between two environments or machines, its risk, and the order in which they are told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

ChangeKind = Literal["added", "removed", "upgraded", "downgraded", "changed"]
Risk = Literal["high", "medium", "low", "none"]
Area = Literal["environment", "framework", "verification", "package", "machine"]

RISKS: tuple[Risk, ...] = ("high", "medium", "low", "none")
"""The highest first."""
_AREAS: tuple[Area, ...] = ("environment", "framework", "verification", "package", "machine")


class Verdict(msgspec.Struct, frozen=True):
    """What a rule says of a difference: how risky it is, and why."""

    risk: Risk
    reason: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One difference: what it is about, its two states, how risky it is and why.

    ``subject`` is a package's name or what of it differs (``torch``, ``index of torch``), ``python``,
    ``accelerator``, ``driver``, ``gpu``, ``variable X`` and so on; ``area`` tells a package named
    ``python`` from the interpreter.  A ``framework`` is a package that was asked for or that the
    matrix decided on, a ``package`` anything else.  ``before`` and ``after`` are for reading, without
    credentials, and empty where the thing was not there.
    """

    subject: str
    area: Area
    kind: ChangeKind
    before: str
    after: str
    risk: Risk
    reason: str


def make_change(
    subject: str, area: Area, states: tuple[str, str], verdict: Verdict, kind: ChangeKind = "changed"
) -> Change:
    """A change from the first state to the second; what has only one of them is added or removed."""
    before, after = states
    if kind == "changed" and not (before and after):
        kind = "added" if after else "removed"
    return Change(
        subject=subject, area=area, kind=kind, before=before, after=after, risk=verdict.risk, reason=verdict.reason
    )


def rank(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes in order: the highest risk first, then frameworks before what they need, then names."""
    return tuple(sorted(changes, key=_place))


def raise_risk(risk: Risk) -> Risk:
    """The risk one step higher."""
    return RISKS[max(RISKS.index(risk) - 1, 0)]


def find_highest(changes: Iterable[Change]) -> Risk:
    """The highest risk among changes, ``none`` where there is no change."""
    return min((change.risk for change in changes), key=RISKS.index, default="none")


def _place(change: Change) -> tuple[int, int, str, str]:
    about = change.subject.rpartition(" of ")[2]  # "index of torch" stands beside "torch"
    return (RISKS.index(change.risk), _AREAS.index(change.area), about, change.subject)
