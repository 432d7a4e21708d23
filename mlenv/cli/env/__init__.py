"""``mlenv env``: the environments that mlenv made, and their generations."""

from __future__ import annotations

import click

from mlenv.cli.lazy import LazyGroup

COMMANDS = {
    "list": "List the environments that mlenv made, with their generations.",
    "show": "Show one generation in full: plan, packages, machine, proof.",
    "diff": "Say what differs between two generations, the riskiest first.",
    "rollback": "Go back to an earlier generation, in an instant.",
    "remove": "Remove an environment, or some of its generations.",
}


@click.command(cls=LazyGroup, package="mlenv.cli.env", table=COMMANDS)
def command() -> None:
    """The environments that mlenv made, and their generations.

    `.venv` is a link to a generation, a folder in `.venv.generations` beside it. An install makes
    the next one; the newest three stay, and the current one
    and those that a program works with, whatever their age.

    \b
    mlenv env list
    mlenv env diff                what the last install changed
    mlenv env rollback            back to the one before
    """
