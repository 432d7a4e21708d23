"""``mlenv env diff``: what differs between two generations, or from a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlenv.cli.options import environment_option, forms_option
from mlenv.cli.settings import DataOptions, OutputOptions, emit
from mlenv.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from mlenv.execute.generations import Generations


@click.command("diff")
@environment_option
@click.argument("before", required=False)
@click.argument("after", required=False)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Hold what is installed, and this machine, to a manifest (a file, an environment, a generation).",
)
@click.option("--ignore-machine", is_flag=True, help="With --against: compare the environment alone.")
@forms_option("text", "json", "markdown")
def command(
    environment: Path | None,
    before: str | None,
    after: str | None,
    against: Path | None,
    ignore_machine: bool,
    output: OutputOptions,
) -> int:
    """Say what differs between two generations, the riskiest first.

    AFTER is the current one where it is not named, BEFORE the one before it. With --against the
    files that are really installed are compared, whoever installed them. The exit status is 1 where
    something differs.

    \b
    mlenv env diff
    mlenv env diff 1 3
    mlenv env diff --against .venv              what changed since .venv was made
    mlenv env diff --against manifest.json --ignore-machine
    """
    if against is not None:
        if before is not None:
            raise UsageError("--against takes the place of BEFORE and AFTER", hint="leave the numbers out")
        from mlenv.cli.env.against import compare_with_manifest

        return compare_with_manifest(environment, against, output, with_machine=not ignore_machine)
    if ignore_machine:
        raise UsageError("--ignore-machine goes with --against", hint="`mlenv env diff --against .venv`")
    return _compare_generations(environment, before, after, output)


def _compare_generations(environment: Path | None, before: str | None, after: str | None, output: OutputOptions) -> int:
    from mlenv.cli.env.named import describe, named_generations, read_generation
    from mlenv.report.environments.difference import compare
    from mlenv.report.environments.difference_markdown import render_markdown
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
        writers={"markdown": lambda: render_markdown(document)},
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
