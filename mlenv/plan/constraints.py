"""Conditions that the installer is told beside the requirements: what metadata does not say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlenv.matrix.load import Matrix
from mlenv.resolve.resolution import Pick

ANY_PRERELEASE = ">=0.dev0"
"""Names a pre-release, which allows them for that one distribution and no other."""


def constraints_of(picks: Sequence[Pick], matrix: Matrix) -> list[str]:
    """The constraints of a plan, sorted.

    They are the conditions that a chosen release needs and does not state, the pre-releases that
    it cannot do without, and a floor for frameworks that come along unasked.
    """
    return sorted({*_stated_by_rows(picks), *_floors(picks, matrix)})


def _stated_by_rows(picks: Sequence[Pick]) -> Iterator[str]:
    chosen = {pick.distribution for pick in picks}
    for pick in picks:
        yield from (f"{name}{text}" for name, text in pick.release.constraints.items() if name not in chosen)
        yield from (f"{name}{ANY_PRERELEASE}" for name in pick.release.prereleases if name not in chosen)


def _floors(picks: Sequence[Pick], matrix: Matrix) -> Iterator[str]:
    """Without a floor a framework that has nothing for a Python comes in a release of years ago."""
    asked = {pick.framework for pick in picks}
    along = {name for pick in picks for name in pick.release.requires} - asked
    for name in sorted(along & set(matrix.framework_ids)):
        framework = matrix.framework(name)
        if framework.floor:
            yield f"{framework.distribution}>={framework.floor}"
