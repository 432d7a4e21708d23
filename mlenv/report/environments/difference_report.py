"""The difference between two generations, for programs and for reading: ``mlenv env diff``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mlenv.matrix.load import DataVersion
from mlenv.report.document import Document
from mlenv.report.environments.change import RISKS, Change, ChangeKind, Risk, find_highest
from mlenv.report.environments.rows import GenerationRow, describe_generation
from mlenv.report.page import DEFAULT_WIDTH, Page

SCHEMA = "mlenv.environment-diff/1"
MARKS: dict[ChangeKind, str] = {"added": "+", "removed": "-", "upgraded": "~", "downgraded": "~", "changed": "~"}
_TITLES: dict[Risk, str] = {"high": "High risk", "medium": "Medium risk", "low": "Low risk", "none": "No risk"}
_COLOURS: dict[Risk, str] = {"high": "red", "medium": "yellow", "low": "cyan", "none": "dim"}
_EXPLAINED: tuple[Risk, ...] = ("high", "medium")


class DifferenceDocument(Document, frozen=True, kw_only=True):
    """What changed from one generation to another, the highest risk first.

    ``counts`` has each risk; ``highest`` is ``none`` also where nothing changed.
    """

    environment: str
    status: Literal["same", "differs"]
    before: GenerationRow
    after: GenerationRow
    highest: Risk
    counts: dict[Risk, int]
    changes: tuple[Change, ...]


def difference_document(
    environment: str, before: GenerationRow, after: GenerationRow, changes: Sequence[Change], data: DataVersion
) -> DifferenceDocument:
    """Differences as a document."""
    return DifferenceDocument(
        schema=SCHEMA,
        matrix_version=data.version,
        matrix_digest=data.digest,
        environment=environment,
        status="differs" if changes else "same",
        before=before,
        after=after,
        highest=find_highest(changes),
        counts={risk: sum(change.risk == risk for change in changes) for risk in RISKS},
        changes=tuple(changes),
    )


def render_text(
    document: DifferenceDocument, *, width: int = DEFAULT_WIDTH, colour: bool = False, verbose: bool = False
) -> str:
    """The changes under their risks, with a closing line; every reason, and what has no risk, where ``verbose``."""
    page = Page(width=width, colour=colour)
    page.heading(f"{document.environment}: from {document.before.number} to {document.after.number}")
    page.table([(row.number, describe_generation(row)) for row in (document.before, document.after)], indent=2)
    for risk in RISKS:
        changes = [change for change in document.changes if change.risk == risk]
        if changes and (risk != "none" or verbose):
            page.heading(f"{_TITLES[risk]}: {len(changes)}")
            for change in changes:
                _render_change(page, change, explain=verbose or risk in _EXPLAINED)
    page.heading(closing_line(document))
    return page.render()


def closing_line(document: DifferenceDocument) -> str:
    """The counts in one sentence, such as ``12 changes by risk: 2 high, 3 medium, 7 low.``."""
    if not document.changes:
        return "No difference."
    number = len(document.changes)
    counts = ", ".join(f"{document.counts[risk]} {risk}" for risk in RISKS if document.counts[risk])
    return f"{number} {'change' if number == 1 else 'changes'} by risk: {counts}."


def _render_change(page: Page, change: Change, *, explain: bool) -> None:
    text = f"{MARKS[change.kind]} {change.subject}: {_tell_states(change)}"
    page.text(text, indent=2, hang=4, style=_COLOURS[change.risk])
    if explain:
        page.text(change.reason, indent=6)


def _tell_states(change: Change) -> str:
    """``2.8.0 -> 2.7.0 (downgraded)``; which way a version went is said, not only shown."""
    if change.kind in ("added", "removed"):
        return f"{change.after or change.before} ({change.kind})"
    way = f" ({change.kind})" if change.kind != "changed" else ""
    return f"{change.before} -> {change.after}{way}"
