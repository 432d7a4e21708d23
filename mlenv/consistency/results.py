"""Findings as results of a verification."""

from __future__ import annotations

from mlenv.consistency.finding import Outcome
from mlenv.facts.environment import Environment
from mlenv.report.redact import mask_text
from mlenv.verify.result import Action, Result, ResultStatus

NAMED = 6
"""So many findings are named in one result."""

# What a reinstallation does not mend.
_OUTSIDE = frozenset({"cuda-variable", "preloaded-library", "shadowed-library", "stub-library", "shadowed-module"})


def as_result(check: str, outcome: Outcome, environment: Environment, seconds: float) -> Result:
    """The result of a check: the worst of its findings decides, and the first of them are named."""
    status, reason = _judge(outcome)
    return Result(
        check=check,
        status=status,
        seconds=round(seconds, 3),
        detail=mask_text(_word(outcome)),
        reason=reason,
        group="environment",
        measured=outcome.measured,
        action=_choose_action(outcome),
        remedy=mask_text(_choose_remedy(outcome, environment)),
        about=outcome.findings[0].subject if len(outcome.findings) == 1 else "",
    )


def _judge(outcome: Outcome) -> tuple[ResultStatus, str]:
    if outcome.hindrance:
        return "error", "could-not-run"
    if outcome.findings:
        return outcome.findings[0].weight, outcome.findings[0].reason
    return ("skip", "") if outcome.skipped else ("pass", "")


def _word(outcome: Outcome) -> str:
    if outcome.findings:
        texts = [finding.text for finding in outcome.findings[:NAMED]]
        more = len(outcome.findings) - len(texts)
        return "; ".join([*texts, *([f"and {more} more"] if more else [])])
    return outcome.hindrance or outcome.skipped or outcome.detail


def _choose_action(outcome: Outcome) -> Action:
    if not outcome.findings:
        return ""
    first = outcome.findings[0]
    return "reinstall_env" if first.weight == "fail" and first.reason not in _OUTSIDE else "none"


def _choose_remedy(outcome: Outcome, environment: Environment) -> str:
    if not outcome.findings:
        return ""
    first = outcome.findings[0]
    if environment.manifest and first.weight == "fail" and first.reason not in _OUTSIDE:
        return f"run the `mlenv install` that made {environment.path} again; or {first.remedy}"
    return first.remedy
