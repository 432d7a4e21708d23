"""``mlenv run``: a command inside an environment."""

from __future__ import annotations

from pathlib import Path

import click

from mlenv.cli.options import environment_option
from mlenv.cli.settings import DEFAULT_ENVIRONMENT
from mlenv.errors import UsageError


@click.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@environment_option
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def command(environment: Path | None, command: tuple[str, ...]) -> int:
    """Run a command in an environment.

    \b
    mlenv run -- python train.py
    mlenv run --env ~/envs/torch -- jupyter lab
    """
    from mlenv.cli.entering import environment_variables
    from mlenv.cli.verifying import read_named_environment
    from mlenv.system.process import attach

    folder = environment or Path(DEFAULT_ENVIRONMENT)
    environ = environment_variables(folder, read_named_environment(folder, thorough=False))
    try:
        return attach(command, environ=environ)
    except FileNotFoundError:
        raise UsageError(f"there is no command {command[0]!r} in {folder} or on PATH") from None
    except OSError as error:
        raise UsageError(f"{command[0]}: cannot be run ({error.strerror or error})") from None
