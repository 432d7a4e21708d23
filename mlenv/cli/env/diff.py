"""``mlenv env diff``: what differs between two generations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlenv.cli.options import environment_option, output_options
from mlenv.cli.settings import DataOptions, OutputOptions, emit
from mlenv.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from mlenv.execute.generations import Generations


@click.command("diff")
@environment_option
@click.argument("before", required=False)
@click.argument("after", required=False)
@output_options
def command(environment: Path | None, before: str | None, after: str | None, output: OutputOptions) -> int:
    """Say what differs between two generations, the riskiest first.

    AFTER is the current one where it is not named, BEFORE the one before it. The exit status is 1
    where something differs.

    \b
    mlenv env diff
    mlenv env diff 1 3
    """
    from mlenv.cli.env.named import describe, named_generations, read_generation
    from mlenv.report.environments.difference import compare
    from mlenv.report.environments.difference_report import difference_document, render_text
    from mlenv.report.environments.knowledge import gather_knowledge

    terminal = output.open_terminal()
    generations = named_generations(environment)
    new_number, new = read_generation(generations, after)
    old_number, old = read_generation(generations, before or _one_before(generations, new_number))
    matrix = DataOptions().open_matrix(checked=False)
    changes = compare(old, new, gather_knowledge(matrix))
    document = difference_document(
        str(generations.path),
        describe(generations, old_number, old),
        describe(generations, new_number, new),
        changes,
        matrix.data_version,
    )
    emit(
        terminal,
        document,
        lambda: render_text(document, width=terminal.width, colour=terminal.colour, verbose=output.verbose),
        output,
    )
    return ExitStatus.FOUND_FAULT if changes else ExitStatus.OK


def _one_before(generations: Generations, number: str) -> str:
    names = [folder.name for folder in generations.finished() if int(folder.name) < int(number)]
    if not names:
        raise UsageError(
            f"{generations.path}: there is no generation before {number} to compare with",
            hint="name two of them: `mlenv env diff 1 2`",
        )
    return names[-1]
