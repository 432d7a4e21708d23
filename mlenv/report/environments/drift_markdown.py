"""What differs from a manifest or a snapshot, in Markdown: a table for a summary or an issue."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlenv.report.environments.change import Change
from mlenv.report.environments.change_lines import closing_line, tell_states
from mlenv.report.environments.drift import DriftDocument, headline
from mlenv.report.markdown import escape, table


def render_markdown(document: DriftDocument, strip: Callable[[str], str] = str) -> str:
    """A heading, the counts, and one row a change; ``strip`` takes private words out before anything is escaped."""
    lines = [f"## mlenv drift: {escape(strip(headline(document)))}", "", escape(closing_line(document.changes)), ""]
    lines += change_table(document.changes, strip)
    lines.append(f"mlenv {escape(document.mlenv_version)}, matrix {escape(document.matrix_version)}")
    return "\n".join(lines) + "\n"


def change_table(changes: Sequence[Change], strip: Callable[[str], str] = str) -> list[str]:
    """The lines of a table of changes and an empty one; none where nothing changed."""
    if not changes:
        return []
    return [*table(["Risk", "What", "Change", "Why it matters"], [_row(change, strip) for change in changes]), ""]


def _row(change: Change, strip: Callable[[str], str]) -> list[str]:
    texts = (change.subject, tell_states(change), change.reason)
    return [change.risk, *(escape(strip(text)) for text in texts)]
