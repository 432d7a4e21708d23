"""The group of commands, read with click; a command's file is imported when it is called."""

from __future__ import annotations

from importlib import import_module

import click

from mlenv import __version__
from mlenv.errors import ExitStatus, UsageError

COMMANDS = {
    "probe": "Print what this machine is: hardware, drivers, Pythons, package settings.",
    "doctor": "Diagnose this machine and say how to mend it.",
    "plan": "Show what would be installed for a profile, and why; changes nothing.",
    "why": "Say whether one requirement can be had here, and why or why not.",
    "install": "Set up an environment, prove it, and only then switch to it.",
    "verify": "Import every framework of an environment, compute, and check the numbers.",
    "run": "Run a command in an environment.",
    "profiles": "List what can be installed by name.",
    "matrix": "Read and check the compatibility matrix.",
    "schema": "Print the JSON Schema of a document.",
}


class LazyGroup(click.Group):
    """A group whose commands live in modules of their names, imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order in which one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"mlenv.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a nearby name as a hint."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            hint = f"; did you mean `mlenv {near[0]}`?" if near else ""
            raise click.UsageError(f"there is no command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `mlenv doctor`, then `mlenv install --profile starter`.",
)
@click.version_option(__version__, message="mlenv %(version)s")
def group() -> None:
    """From a bare machine to a proven machine-learning environment."""


def main() -> int:
    """Run the command that the words name, and give its exit status."""
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
