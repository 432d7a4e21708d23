"""What differs from a manifest or a snapshot: the document and its text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mlenv.matrix.load import DataVersion
from mlenv.report.document import Document
from mlenv.report.environments.change import Change, Risk, find_highest
from mlenv.report.environments.change_lines import add_changes, count_risks
from mlenv.report.environments.rows import show_moment
from mlenv.report.page import DEFAULT_WIDTH, Page

SCHEMA = "mlenv.drift/1"


class DriftDocument(Document, frozen=True, kw_only=True):
    """What changed since something was written down, the highest risk first.

    ``about`` tells whether a machine or an environment was compared, ``subject`` names it,
    ``against`` is the file or folder that it was held to and ``since`` when that was made (UTC in
    ISO 8601), None where it does not say.  ``highest`` is ``none`` also where nothing changed.
    """

    about: Literal["machine", "environment"]
    subject: str
    against: str
    since: str | None
    status: Literal["same", "differs"]
    highest: Risk
    counts: dict[Risk, int]
    changes: tuple[Change, ...]


def drift_document(
    about: Literal["machine", "environment"],
    names: tuple[str, str],
    since: str | None,
    changes: Sequence[Change],
    data: DataVersion,
) -> DriftDocument:
    """Differences as a document; ``names`` are those of the subject and of what it is held to."""
    return DriftDocument(
        schema=SCHEMA,
        matrix_version=data.version,
        matrix_digest=data.digest,
        about=about,
        subject=names[0],
        against=names[1],
        since=since,
        status="differs" if changes else "same",
        highest=find_highest(changes),
        counts=count_risks(changes),
        changes=tuple(changes),
    )


def headline(document: DriftDocument) -> str:
    """``.venv against team.json (2026-11-22 10:12)``."""
    since = f" ({show_moment(document.since)})" if document.since else ""
    return f"{document.subject} against {document.against}{since}"


def render_text(
    document: DriftDocument, *, width: int = DEFAULT_WIDTH, colour: bool = False, verbose: bool = False
) -> str:
    """The changes under their risks, with a closing line; every reason, and what has no risk, where ``verbose``."""
    page = Page(width=width, colour=colour)
    page.heading(headline(document))
    add_changes(page, document.changes, verbose=verbose)
    return page.render()
