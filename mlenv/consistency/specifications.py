"""Versions, requirements and markers by the ``packaging`` library, each read once and never raising."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.markers import Marker
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

_UNKNOWN_PATCH = "999"
"""Where only the series of a Python is known, its first release or any later one may meet a condition."""


@lru_cache(maxsize=8192)
def parse_requirement(line: str) -> Requirement | None:
    """A requirement line; None for one that cannot be read."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(line)
    except (InvalidRequirement, RecursionError):
        return None


@lru_cache(maxsize=4096)
def parse_version(text: str) -> Version | None:
    """A version; None for what is none."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except InvalidVersion:
        return None


def possible_versions(python: str) -> tuple[Version, ...]:
    """The versions that a Python may have, of which perhaps only the series is known; the oldest first."""
    version = python.rstrip("t")
    texts = [version] if version.count(".") >= 2 else [f"{version}.0", f"{version}.{_UNKNOWN_PATCH}"]
    return tuple(parsed for parsed in map(parse_version, texts) if parsed is not None)


def is_too_old(python: Version, wanted: SpecifierSet) -> bool:
    """Whether a Python is older than a condition takes."""
    lowest = (
        parse_version(one.version.removesuffix(".*")) for one in wanted if one.operator in (">=", ">", "==", "~=")
    )
    return any(version is not None and python < version for version in lowest)


def evaluate_marker(marker: Marker, variables: Mapping[str, str]) -> bool:
    """Whether a marker holds; one that nobody can evaluate asks for nothing."""
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
    from packaging.version import InvalidVersion

    try:
        return marker.evaluate(dict(variables))
    except (UndefinedComparison, UndefinedEnvironmentName, InvalidVersion, KeyError):
        return False


@lru_cache(maxsize=8192)
def normalise(name: str) -> str:
    """A distribution's name as names are compared."""
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)
