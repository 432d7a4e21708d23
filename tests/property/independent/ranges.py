"""Whether some version can meet several PEP 440 conditions: arithmetic with intervals.

Versions are taken for a line without gaps: an open interval between two different versions always
holds one.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

LOWEST, HIGHEST = Version("0.dev0"), Version("99999!0")


@dataclass(frozen=True)
class Span:
    """The versions from one to another; the ends belong to it where they are closed."""

    low: Version = LOWEST
    high: Version = HIGHEST
    low_closed: bool = True
    high_closed: bool = True

    @property
    def is_empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and not (self.low_closed and self.high_closed))

    def meet(self, other: Span) -> Span:
        """What is in both."""
        low, low_closed = max((self.low, not self.low_closed), (other.low, not other.low_closed))
        high, high_closed = min((self.high, self.high_closed), (other.high, other.high_closed))
        return Span(low, high, not low_closed, high_closed)

    def without(self, hole: Span) -> list[Span]:
        """What is left outside a hole."""
        below = self.meet(Span(high=hole.low, high_closed=not hole.low_closed))
        above = self.meet(Span(low=hole.high, low_closed=not hole.high_closed))
        return [span for span in (below, above) if not span.is_empty]


@functools.cache
def can_be_met(conditions: frozenset[str]) -> bool:
    """Whether some version meets all of some conditions (``>=2,<3`` is one)."""
    spans = [Span()]
    for clause in SpecifierSet(",".join(sorted(filter(None, conditions)))):
        spans = [part for span in spans for part in _narrow(span, clause.operator, clause.version)]
    return bool(spans)


def _narrow(span: Span, operator: str, text: str) -> list[Span]:
    if operator == "!=":
        return span.without(_named(text))
    part = span.meet(_named(text) if operator in ("==", "===") else _ordered(operator, text))
    return [] if part.is_empty else [part]


def _named(text: str) -> Span:
    """``1.5`` is one version, ``1.5.*`` all that begin so."""
    if not text.endswith(".*"):
        return Span(Version(text), Version(text))
    version = Version(text[:-2])
    return _series(version, version.release)


def _series(low: Version, release: tuple[int, ...]) -> Span:
    """From a version up to the next series after a release's numbers."""
    after = ".".join(map(str, (*release[:-1], release[-1] + 1)))
    start = Version(f"{low}.dev0") if low.release == release and not (low.is_prerelease or low.is_postrelease) else low
    return Span(start, Version(f"{low.epoch}!{after}.dev0"), high_closed=False)


def _ordered(operator: str, text: str) -> Span:
    version = Version(text)
    if operator == "~=":
        series = _series(version, version.release[:-1])
        return Span(version, series.high, high_closed=False)
    if operator == "<" and not version.is_prerelease:
        return Span(high=Version(f"{version}.dev0"), high_closed=False)  # nor its own pre-releases
    return {
        ">=": Span(low=version),
        ">": Span(low=version, low_closed=False),
        "<=": Span(high=version),
        "<": Span(high=version, high_closed=False),
    }[operator]
