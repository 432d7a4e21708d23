"""``mlenv matrix``: the compatibility matrix, to read, to check and to keep true."""

from __future__ import annotations

import importlib

import click

COMMANDS = ("show", "why", "check", "diff", "update")


class MatrixGroup(click.Group):
    """Loads the one command that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        found = importlib.import_module(f"mlenv.cli.matrix.{cmd_name}").command
        assert isinstance(found, click.Command)
        return found


@click.group("matrix", cls=MatrixGroup)
def command() -> None:
    """Read the compatibility matrix, check it, keep it true.

    \b
    mlenv matrix show torch            every build of every release
    mlenv matrix show torch --here     what this machine can run is marked
    mlenv matrix why "torch==2.15"     the rows and rules behind an answer
    mlenv matrix check                 is the data sound?
    mlenv matrix update --check        does it say what the package index says?
    """
