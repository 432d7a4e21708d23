"""The environments that mlenv made: ``mlenv env list``."""

from __future__ import annotations

from collections.abc import Iterable

from mlenv.matrix.load import DataVersion
from mlenv.report.document import Document
from mlenv.report.environments.rows import EnvironmentRow, describe_generation
from mlenv.report.page import DEFAULT_WIDTH, Page

SCHEMA = "mlenv.environments/1"
_STATES = {
    "ready": "generation {current} is in use",
    "broken": "leads to something that is not whole: `mlenv env rollback` goes back",
    "missing": "its link is gone; `mlenv env rollback` goes back to a generation",
}


class EnvironmentsDocument(Document, frozen=True, kw_only=True):
    """Environments and their generations."""

    environments: tuple[EnvironmentRow, ...]


def environments_document(rows: Iterable[EnvironmentRow], data: DataVersion) -> EnvironmentsDocument:
    """Environments as a document."""
    return EnvironmentsDocument(
        schema=SCHEMA, matrix_version=data.version, matrix_digest=data.digest, environments=tuple(rows)
    )


def render_text(document: EnvironmentsDocument, *, width: int = DEFAULT_WIDTH, colour: bool = False) -> str:
    """Each environment with a line per generation; ``*`` marks the one in use."""
    page = Page(width=width, colour=colour)
    if not document.environments:
        page.text("No environment that mlenv made was found.")
    for row in document.environments:
        _render_environment(page, row)
    return page.render()


def _render_environment(page: Page, row: EnvironmentRow) -> None:
    page.heading(f"{row.path}: {_STATES[row.state].format(current=row.current)}")
    for generation in row.generations:
        mark = "*" if generation.current else "-"
        page.text(f"{mark} {generation.number}: {describe_generation(generation)}", indent=2, hang=4)
    if not row.generations:
        page.text("no finished generation", indent=2)
    if row.adopted:
        page.text("the environment that stood here before is kept and can be given back", indent=2, hang=2)
