"""What is said where an error was told and no check names its cause: green would be a wrong answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mlenv.checks.evidence import quote
from mlenv.checks.finding import CheckOutcome, Finding, Fix

if TYPE_CHECKING:
    from mlenv.checks.registry import Case

SLUG = "error-not-explained"
NAMED = 4
"""Missing facts that are named."""

_GIVE_FACTS = (
    Fix(text="Run it on the machine and in the environment where the error came", command="mlenv doctor --env PATH"),
    Fix(
        text="Or give a report of that machine with the error (`nvidia-smi`, `pip list`, collect_env of PyTorch)",
        command="mlenv doctor --from REPORT --error ERROR",
    ),
)


def note_unexplained(case: Case, findings: Sequence[Finding], outcomes: Iterable[CheckOutcome]) -> Finding | None:
    """That the cause of what the user told is not known; None where some finding explains it."""
    if case.report is None or not case.report.symptom.strip():
        return None
    told = [clue for clue in case.clues if clue.told]
    names = {clue.id for clue in told}
    if any(names & set(finding.explains) or finding.severity == "error" for finding in findings):
        return None
    missing = list(dict.fromkeys(check.detail for check in outcomes if check.outcome == "unknown" and check.detail))
    known = "The message is known; what is known of this machine shows none of its causes."
    unknown = "The message is none that mlenv knows, and the machine shows no fault that would explain it."
    return Finding(
        id=SLUG,
        severity="warning",
        title="The cause of this error is not known",
        cause=known if told else unknown,
        evidence=(*quote(*told), *missing[:NAMED]),
        fix=_GIVE_FACTS,
        grade="likely",
        explains=tuple(names),
    )
