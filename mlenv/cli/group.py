"""The group of commands, read with click; a command's file is imported when it is called."""

from __future__ import annotations

import os

import click

from mlenv import __version__
from mlenv.cli.lazy import LazyGroup
from mlenv.errors import ExitStatus, UsageError

VARIABLE = "_MLENV_COMPLETE"
"""Set by a shell that asks what would complete a line."""
COMMANDS = {
    "setup": "Ask three questions, show the plan, and set an environment up.",
    "probe": "Print what this machine is: hardware, drivers, Pythons, package settings.",
    "doctor": "Diagnose this machine and say how to mend it.",
    "plan": "Show what would be installed for a profile, and why; changes nothing.",
    "why": "Say whether one requirement can be had here, and why or why not.",
    "install": "Set up an environment, prove it, and only then switch to it.",
    "verify": "Import every framework of an environment, compute, and check the numbers.",
    "bundle": "Gather everything a plan needs, for a machine without network.",
    "run": "Run a command in an environment.",
    "shell": "Open a shell in an environment.",
    "env": "List, show, compare, roll back and remove environments.",
    "profiles": "List what can be installed by name.",
    "sbom": "Print what an environment is made of, as CycloneDX.",
    "report": "Bring the reports of many machines together.",
    "fleet": "Ask every host of an Ansible inventory, and merge their reports.",
    "policy": "Write policy files, and say in words what they ask for.",
    "matrix": "Read and check the compatibility matrix.",
    "schema": "Print the JSON Schema of a document.",
    "completion": "Print what makes a shell complete commands, profiles and ids.",
}


@click.command(
    cls=LazyGroup,
    package="mlenv.cli",
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
    epilog="`mlenv COMMAND --help` shows the options and examples of each.",
)
@click.version_option(__version__, message="mlenv %(version)s")
@click.pass_context
def group(context: click.Context) -> int | None:
    """From a bare machine to a proven machine-learning environment.

    \b
    mlenv                                where to start on this machine
    mlenv setup                          three questions, then an environment
    mlenv doctor                         what is wrong here, and what helps
    mlenv install --profile starter      the same without questions
    """
    if context.invoked_subcommand is not None:
        return None
    from mlenv.cli.welcome import welcome

    return welcome()


def main() -> int:
    """Run the command that the words name, and give its exit status."""
    if VARIABLE in os.environ:
        from mlenv.cli.completing import register

        register()
    try:
        status = group.main(standalone_mode=False, prog_name="mlenv")
    except click.exceptions.Exit as leave:
        status = leave.exit_code
    except click.exceptions.NoArgsIsHelpError as bare:
        click.echo(bare.format_message())
        status = ExitStatus.OK
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "mlenv"
        raise UsageError(error.format_message().rstrip("."), hint=f"`{path} --help` shows the options") from None
    return status if isinstance(status, int) else ExitStatus.OK
