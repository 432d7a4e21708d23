"""What ``mlenv doctor --explain`` does: print the page of a finding."""

from __future__ import annotations

from mlenv.cli.settings import DataOptions, OutputOptions, emit
from mlenv.errors import ExitStatus


def show_explanation(slug: str, data: DataOptions, output: OutputOptions) -> int:
    """Print what a finding is, how it is recognised and how it is fixed."""
    from mlenv.checks.manual import explain
    from mlenv.report.explanation import make_document, render_markdown, render_text

    terminal = output.open_terminal()
    explanation = explain(slug)
    document = make_document(explanation, data.open_matrix().data_version)
    emit(
        terminal,
        document,
        lambda: render_text(document, width=terminal.width, colour=terminal.colour),
        output,
        writers={"markdown": lambda: render_markdown(document)},
    )
    return ExitStatus.OK
