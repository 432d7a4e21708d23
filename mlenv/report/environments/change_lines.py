"""Changes as lines of a text report, under their risks."""

from __future__ import annotations

from collections.abc import Sequence

from mlenv.report.environments.change import RISKS, Change, ChangeKind, Risk
from mlenv.report.page import Page

MARKS: dict[ChangeKind, str] = {"added": "+", "removed": "-", "upgraded": "~", "downgraded": "~", "changed": "~"}
TITLES: dict[Risk, str] = {"high": "High risk", "medium": "Medium risk", "low": "Low risk", "none": "No risk"}
_COLOURS: dict[Risk, str] = {"high": "red", "medium": "yellow", "low": "cyan", "none": "dim"}
_EXPLAINED: tuple[Risk, ...] = ("high", "medium")


def add_changes(page: Page, changes: Sequence[Change], *, verbose: bool) -> None:
    """The changes under their risks and a closing line; every reason, and what has no risk, where ``verbose``."""
    for risk in RISKS:
        group = [change for change in changes if change.risk == risk]
        if group and (risk != "none" or verbose):
            page.heading(f"{TITLES[risk]}: {len(group)}")
            for change in group:
                _add_change(page, change, explain=verbose or risk in _EXPLAINED)
    page.heading(closing_line(changes))


def count_risks(changes: Sequence[Change]) -> dict[Risk, int]:
    """How many changes have each risk."""
    return {risk: sum(change.risk == risk for change in changes) for risk in RISKS}


def closing_line(changes: Sequence[Change]) -> str:
    """The counts in one sentence, such as ``12 changes by risk: 2 high, 3 medium, 7 low.``."""
    if not changes:
        return "No difference."
    counts = ", ".join(f"{count} {risk}" for risk, count in count_risks(changes).items() if count)
    return f"{len(changes)} {'change' if len(changes) == 1 else 'changes'} by risk: {counts}."


def tell_states(change: Change) -> str:
    """``2.8.0 -> 2.7.0 (downgraded)``; which way a version went is said, not only shown."""
    if change.kind in ("added", "removed"):
        return f"{change.after or change.before} ({change.kind})"
    way = f" ({change.kind})" if change.kind != "changed" else ""
    return f"{change.before} -> {change.after}{way}"


def _add_change(page: Page, change: Change, *, explain: bool) -> None:
    text = f"{MARKS[change.kind]} {change.subject}: {tell_states(change)}"
    page.text(text, indent=2, hang=4, style=_COLOURS[change.risk])
    if explain:
        page.text(change.reason, indent=6)
