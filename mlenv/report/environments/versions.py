"""How far two versions are apart: by PEP 440 where both are such, else by their numbers."""

from __future__ import annotations

from typing import Literal

import msgspec
from packaging.version import InvalidVersion, Version

from mlenv.facts.version import numbers
from mlenv.report.environments.change import ChangeKind

Step = Literal["none", "major", "minor", "patch", "pre-release", "unordered"]
"""``patch`` is anything below the minor, post-releases too; ``pre-release`` a step between stages of
the same release; ``unordered`` two texts whose numbers are the same."""


class Distance(msgspec.Struct, frozen=True):
    """The largest part in which two versions differ, and which way it goes."""

    step: Step
    kind: ChangeKind = "changed"


def measure(before: str, after: str) -> Distance:
    """The way from one version to another; a local part (``+cu126``) does not count."""
    old, new = _parse(before), _parse(after)
    if old is None or new is None:
        return _measure_numbers(before, after)
    old, new = Version(old.public), Version(new.public)
    if old == new:
        return Distance("none")
    step: Step = "pre-release" if old.release == new.release and old.epoch == new.epoch else "patch"
    if step == "pre-release" and not (old.is_prerelease or new.is_prerelease):
        step = "patch"  # a post-release
    if old.epoch != new.epoch:
        step = "major"
    elif (found := _first_difference(old.release, new.release)) is not None:
        step = found
    return Distance(step, "upgraded" if new > old else "downgraded")


def is_prerelease(version: str) -> bool:
    """Whether a version is one on the way to a release (alpha, beta, candidate, development)."""
    parsed = _parse(version)
    return parsed is not None and parsed.is_prerelease


def split_label(version: str) -> tuple[str, str]:
    """``2.13.0+cu126`` gives ``("2.13.0", "cu126")``; the label is empty where there is none."""
    public, _, label = version.partition("+")
    return public, label.lower()


def _measure_numbers(before: str, after: str) -> Distance:
    if before == after:
        return Distance("none")
    old, new = numbers(before), numbers(after)
    step = _first_difference(old, new)
    if step is None or not (old and new):
        return Distance("unordered")
    return Distance(step, "upgraded" if new > old else "downgraded")


def _first_difference(old: tuple[int, ...], new: tuple[int, ...]) -> Step | None:
    """The part that differs first; before 1.0 a minor release may break what a major one may."""
    width = max(len(old), len(new))
    pairs = zip(old + (0,) * (width - len(old)), new + (0,) * (width - len(new)), strict=True)
    place = next((place for place, (one, other) in enumerate(pairs) if one != other), None)
    if place is None:
        return None
    if place == 0 or (place == 1 and old[:1] == (0,)):
        return "major"
    return "minor" if place == 1 else "patch"


def _parse(version: str) -> Version | None:
    try:
        return Version(version)
    except InvalidVersion:
        return None
