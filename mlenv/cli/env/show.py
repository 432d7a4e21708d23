"""``mlenv env show``: one generation in full."""

from __future__ import annotations

from pathlib import Path

import click

from mlenv.cli.options import environment_option, output_options
from mlenv.cli.settings import DataOptions, OutputOptions, emit
from mlenv.errors import ExitStatus


@click.command("show")
@environment_option
@click.argument("generation", required=False)
@output_options
def command(environment: Path | None, generation: str | None, output: OutputOptions) -> int:
    """Show a generation in full: plan, packages, machine, proof. The current one, where none is named.

    \b
    mlenv env show
    mlenv env show 2
    """
    from mlenv.cli.env.named import describe, named_generations, read_generation
    from mlenv.report.environments.generation import environment_document
    from mlenv.report.environments.generation_text import render_text
    from mlenv.report.environments.knowledge import gather_knowledge

    terminal = output.open_terminal()
    generations = named_generations(environment)
    number, manifest = read_generation(generations, generation)
    matrix = DataOptions().open_matrix(checked=False)
    row = describe(generations, number, manifest, measured=True)
    document = environment_document(str(generations.path), row, manifest, matrix.data_version, gather_knowledge(matrix))
    emit(
        terminal,
        document,
        lambda: render_text(document, width=terminal.width, colour=terminal.colour, verbose=output.verbose),
        output,
    )
    return ExitStatus.OK
