"""The mendings of a diagnosis, and what is left to people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlenv.checks.finding import Finding
from mlenv.checks.registry import Case
from mlenv.matrix.load import Matrix
from mlenv.mending.mending import Mending
from mlenv.mending.rules import RULES, WHERE_NOTHING_ELSE


def find_mendings(findings: Sequence[Finding], case: Case, matrix: Matrix) -> tuple[Mending, ...]:
    """A mending for each finding that has one, in the order of the findings.

    A finding that follows from another one goes with it; one whose cause lies outside the environment
    (a driver that does not work, a GPU that is gone) has none.
    """
    return tuple(_find(findings, case, matrix))


def _find(findings: Sequence[Finding], case: Case, matrix: Matrix) -> Iterator[Mending]:
    if case.environment is None:
        return
    below = {slug for finding in findings for slug in finding.consequences}
    others = [row for row in findings if row.severity == "error" and row.id not in WHERE_NOTHING_ELSE]
    seen: set[str] = set()
    for finding in findings:
        rule = RULES.get(finding.id) or (None if others else WHERE_NOTHING_ELSE.get(finding.id))
        if rule is None or finding.id in below | seen:
            continue
        mending = rule(finding, case, matrix)
        if mending is not None:
            seen.add(finding.id)
            yield mending


def left_to_people(findings: Sequence[Finding], mendings: Sequence[Mending]) -> tuple[Finding, ...]:
    """The errors and warnings that no mending is for: what to do about them is printed, never run."""
    mended = {mending.finding for mending in mendings}
    gone = mended | {slug for row in findings if row.id in mended for slug in row.consequences}
    return tuple(row for row in findings if row.severity != "info" and row.id not in gone)
