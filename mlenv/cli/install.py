"""``mlenv install``: all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from mlenv.cli.options import data_options, output_options, request_options
from mlenv.cli.settings import DEFAULT_ENVIRONMENT, DataOptions, OutputOptions, RequestOptions, get_machine

if TYPE_CHECKING:
    from mlenv.facts.python import ManagerName


@click.command("install")
@request_options
@data_options
@click.option("--dry-run", is_flag=True, help="Print the plan, with the exact commands, and stop.")
@click.option("--yes", is_flag=True, help="Never ask (mlenv install does not ask; for scripts that say so anyway).")
@output_options
def command(asked: RequestOptions, data: DataOptions, dry_run: bool, yes: bool, output: OutputOptions) -> int:
    """Set up an environment, prove it, and only then switch to it.

    The new environment is built beside the old one. If anything fails, or on Ctrl-C, the old one
    is as it was.

    \b
    mlenv install --profile starter
    mlenv install --profile pytorch --env ~/envs/torch
    mlenv install --profile jax-cpu --dry-run
    """
    from mlenv.cli.installation import Installation
    from mlenv.cli.request import configure_packages, read_request
    from mlenv.execute.generations import Generations

    terminal = output.open_terminal()
    matrix = data.open_matrix()
    request = read_request(matrix, asked)
    generations = Generations((asked.environment or Path(DEFAULT_ENVIRONMENT)).absolute())
    generations.check_free()
    machine = configure_packages(get_machine(None, asked.environment), asked)
    manager = cast("ManagerName", asked.manager)
    installation = Installation(terminal, matrix, request, machine, generations, offline=asked.offline, manager=manager)
    return installation.show(output) if dry_run else installation.carry_out(output)
