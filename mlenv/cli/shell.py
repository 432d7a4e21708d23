"""``mlenv shell``: a shell inside an environment."""

from __future__ import annotations

from pathlib import Path

import click

from mlenv.cli.options import environment_option
from mlenv.cli.settings import DEFAULT_ENVIRONMENT
from mlenv.errors import UsageError


@click.command("shell")
@environment_option
def command(environment: Path | None) -> int:
    """Open a shell in which an environment is in use; `exit` leaves it.

    It is the shell that you sit in, with your own settings.

    \b
    mlenv shell
    mlenv shell --env ~/envs/torch
    """
    from mlenv.cli.entering import environment_variables
    from mlenv.cli.shells import enter_lines, open_session, scratch_folder, this_shell
    from mlenv.cli.verifying import read_named_environment
    from mlenv.system.process import attach

    folder = environment or Path(DEFAULT_ENVIRONMENT)
    environ = environment_variables(folder, read_named_environment(folder, thorough=False))
    with scratch_folder() as scratch:
        shell = this_shell()
        session = open_session(environ, enter_lines(folder.absolute(), shell, environ), shell, Path(scratch))
        try:
            return attach(session.argv, environ=session.environ)
        except OSError as error:
            raise UsageError(f"{session.argv[0]}: cannot be started ({error.strerror or error})") from None
