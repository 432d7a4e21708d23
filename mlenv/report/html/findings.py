"""The findings of a diagnosis, as a page shows them: causes in full, what follows from them below.  Pure."""

from __future__ import annotations

import msgspec

from mlenv.checks.finding import CheckOutcome, Finding
from mlenv.report.doctor import DoctorDocument, folded
from mlenv.report.doctor_text import TITLES

STATES = {"ran": "ok", "skipped": "skip", "unknown": "unknown", "crashed": "error"}


class ShownFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding and the findings that would be gone with it."""

    finding: Finding
    follows: tuple[Finding, ...]


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """The checks of a subject; ``counts`` says how they went: ``12 ran, 1 unknown``."""

    title: str
    checks: tuple[CheckOutcome, ...]
    counts: str


def arrange_findings(document: DoctorDocument) -> tuple[ShownFinding, ...]:
    """The causes in the order of the diagnosis, each with what follows from it."""
    below = folded(document.findings)
    return tuple(
        ShownFinding(
            finding=finding,
            follows=tuple(row for row in document.findings if below.get(row.id) is finding),
        )
        for finding in document.findings
        if finding.id not in below
    )


def arrange_checks(document: DoctorDocument) -> tuple[Subject, ...]:
    """The checks by subject, in the order of the report."""
    order = dict.fromkeys([*TITLES, *(check.subject for check in document.checks)])
    groups = {subject: [check for check in document.checks if check.subject == subject] for subject in order}
    return tuple(
        Subject(title=TITLES.get(subject, subject.capitalize()), checks=tuple(checks), counts=_count(checks))
        for subject, checks in groups.items()
        if checks
    )


def _count(checks: list[CheckOutcome]) -> str:
    words = {state: sum(check.outcome == state for check in checks) for state in STATES}
    return ", ".join(f"{number} {state}" for state, number in words.items() if number)


def list_unknown(document: DoctorDocument) -> tuple[str, ...]:
    """What kept checks from an answer, each reason once."""
    said = {
        f"the check {check.id} failed: {check.detail}" if check.outcome == "crashed" else check.detail or check.id: None
        for check in document.checks
        if check.outcome in ("unknown", "crashed")
    }
    return tuple(said)
