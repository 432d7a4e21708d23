"""``mlenv install``: all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from mlenv.cli.options import data_options, output_options, request_options
from mlenv.cli.settings import DEFAULT_ENVIRONMENT, DataOptions, OutputOptions, RequestOptions

if TYPE_CHECKING:
    from mlenv.execute.generations import Generations
    from mlenv.facts.python import ManagerName
    from mlenv.matrix.load import Matrix
    from mlenv.plan.options import PlanOptions


@click.command("install")
@request_options
@click.option(
    "--locked",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Install this lock (pylock.toml): exactly its files, with their hashes.",
)
@click.option("--upgrade", is_flag=True, help="Look for newer packages, also where nothing else has changed.")
@click.option(
    "--take-over",
    is_flag=True,
    help="Put it in the place of an environment that mlenv did not make; that one is kept, and can be given back.",
)
@click.option(
    "--jupyter-kernel",
    "kernel",
    metavar="NAME",
    help="Register the environment as a Jupyter kernel of that name, for this user.",
)
@data_options
@click.option("--dry-run", is_flag=True, help="Print the plan, with the exact commands, and stop.")
@click.option("--yes", is_flag=True, help="Never ask (mlenv install does not ask; for scripts that say so anyway).")
@output_options
def command(
    asked: RequestOptions,
    locked: Path | None,
    upgrade: bool,
    take_over: bool,
    kernel: str | None,
    data: DataOptions,
    dry_run: bool,
    yes: bool,
    output: OutputOptions,
) -> int:
    """Set up an environment, prove it, and only then switch to it.

    The new environment is built beside the old one. If anything fails, or on Ctrl-C, the old one
    is as it was; `mlenv env rollback` goes back to it later. A second call with nothing to change
    does nothing.

    \b
    mlenv install --profile starter
    mlenv install --profile pytorch --env ~/envs/torch
    mlenv install --locked pylock.toml
    mlenv install --offline --find-links bundle/
    mlenv install --profile jax-cpu --dry-run
    """
    from mlenv.cli.deciders import Wanted, open_decider
    from mlenv.cli.installation import Installation, Wishes
    from mlenv.execute.generations import Generations
    from mlenv.execute.kernel import check_kernel_name

    terminal = output.open_terminal()
    wishes = Wishes(upgrade=upgrade, take_over=take_over, kernel=kernel and check_kernel_name(kernel))
    matrix = data.open_matrix()
    generations = Generations((asked.environment or Path(DEFAULT_ENVIRONMENT)).absolute())
    generations.check_free(take_over=take_over)
    options = plan_options(asked, matrix, generations)
    wanted = Wanted(asked=asked, locked=locked, kernel=kernel is not None, as_of=data.as_of is not None)
    with open_decider(wanted, matrix, terminal, options) as decider:
        installation = Installation(terminal, matrix, generations, decider, options, wishes)
        return installation.show(output) if dry_run else installation.carry_out(output)


def plan_options(asked: RequestOptions, matrix: Matrix, generations: Generations) -> PlanOptions:
    """What every generation of this call is planned with; its folder is not known yet."""
    from mlenv.cli.proof import find_uv
    from mlenv.cli.request import data_warnings
    from mlenv.plan.options import PlanOptions

    path = generations.path
    return PlanOptions(
        manager=cast("ManagerName", asked.manager),
        uv=find_uv(),
        environment=str(path),
        # A hidden folder says nothing: the project around it does.
        prompt=path.parent.name if path.name.startswith(".") else path.name,
        offline=asked.offline,
        warnings=data_warnings(matrix),
        as_of=matrix.as_of,
    )
