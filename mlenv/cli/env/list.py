"""``mlenv env list``: the environments that mlenv made."""

from __future__ import annotations

from pathlib import Path

import click

from mlenv.cli.options import environment_option, output_options
from mlenv.cli.settings import DEFAULT_ENVIRONMENT, DataOptions, OutputOptions, emit
from mlenv.errors import ExitStatus


@click.command("list")
@environment_option
@click.option("--size", "measured", is_flag=True, help="Measure them too, which takes a while.")
@output_options
def command(environment: Path | None, measured: bool, output: OutputOptions) -> int:
    """List the environments that mlenv made for you, with their generations.

    With --env only that one, wherever it came from.

    \b
    mlenv env list
    mlenv env list --env /opt/images/torch --size
    """
    from mlenv.cli.env.named import describe_environment, named_generations
    from mlenv.execute.generations import Generations
    from mlenv.report.environments.listing import environments_document, render_text
    from mlenv.system.folders import data_folder

    terminal = output.open_terminal()
    if environment is not None:
        found = [named_generations(environment)]
    else:
        paths = {Path(DEFAULT_ENVIRONMENT).absolute(), *_still_there(data_folder())}
        found = [row for row in map(Generations, sorted(paths)) if row.store.is_dir()]
    rows = [describe_environment(generations, measured=measured) for generations in found]
    document = environments_document(rows, DataOptions().open_matrix(checked=False).data_version)
    emit(
        terminal,
        document,
        lambda: render_text(document, width=terminal.width, colour=terminal.colour),
        output,
    )
    return ExitStatus.OK


def _still_there(data: Path) -> list[Path]:
    """The environments that were noted; one whose whole folder was taken away is forgotten."""
    from mlenv.execute.generations import Generations
    from mlenv.execute.known import forget_environment, known_environments

    found = []
    for path in known_environments(data):
        if path.parent.is_dir() and not Generations(path).store.exists() and not path.exists():
            forget_environment(data, path)
        else:
            found.append(path)
    return found
