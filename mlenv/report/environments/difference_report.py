"""The difference between two generations, for programs and for reading: ``mlenv env diff``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mlenv.matrix.load import DataVersion
from mlenv.report.document import Document
from mlenv.report.environments.change import Change, Risk, find_highest
from mlenv.report.environments.change_lines import add_changes, count_risks
from mlenv.report.environments.rows import GenerationRow, describe_generation
from mlenv.report.page import DEFAULT_WIDTH, Page

SCHEMA = "mlenv.environment-diff/1"


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
        counts=count_risks(changes),
        changes=tuple(changes),
    )


def render_text(
    document: DifferenceDocument, *, width: int = DEFAULT_WIDTH, colour: bool = False, verbose: bool = False
) -> str:
    """The changes under their risks, with a closing line; every reason, and what has no risk, where ``verbose``."""
    page = Page(width=width, colour=colour)
    page.heading(f"{document.environment}: from {document.before.number} to {document.after.number}")
    page.table([(row.number, describe_generation(row)) for row in (document.before, document.after)], indent=2)
    add_changes(page, document.changes, verbose=verbose)
    return page.render()
