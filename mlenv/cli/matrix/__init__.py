"""``mlenv matrix``: the compatibility matrix, to read, to check and to keep true."""

from __future__ import annotations

import click

from mlenv.cli.lazy import LazyGroup

COMMANDS = {
    "show": "The matrix as a table; --here marks what this machine can run.",
    "why": "The rows and rules behind an answer.",
    "check": "Whether the data is sound.",
    "diff": "What differs between two states of the data.",
    "update": "Compare the data with what is published; told to, write it.",
}


@click.command("matrix", cls=LazyGroup, package="mlenv.cli.matrix", table=COMMANDS)
def command() -> None:
    """Read the compatibility matrix, check it, keep it true.

    \b
    mlenv matrix show torch            every build of every release
    mlenv matrix show torch --here     what this machine can run is marked
    mlenv matrix why "torch==2.15"     the rows and rules behind an answer
    mlenv matrix check                 is the data sound?
    mlenv matrix update --check        does it say what the package index says?
    """
