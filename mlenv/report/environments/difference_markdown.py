"""The difference between two generations, in Markdown."""

from __future__ import annotations

from mlenv.report.environments.change_lines import closing_line
from mlenv.report.environments.difference_report import DifferenceDocument
from mlenv.report.environments.drift_markdown import change_table
from mlenv.report.environments.rows import describe_generation
from mlenv.report.markdown import escape


def render_markdown(document: DifferenceDocument) -> str:
    """A heading, the two generations, the counts, and one row a change."""
    title = f"{document.environment}: from {document.before.number} to {document.after.number}"
    lines = [f"## mlenv env diff: {escape(title)}", ""]
    lines += [f"- {escape(f'{row.number}: {describe_generation(row)}')}" for row in (document.before, document.after)]
    lines += ["", escape(closing_line(document.changes)), "", *change_table(document.changes)]
    lines.append(f"mlenv {escape(document.mlenv_version)}, matrix {escape(document.matrix_version)}")
    return "\n".join(lines) + "\n"
