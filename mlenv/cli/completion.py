"""``mlenv completion``: what a shell needs to complete commands, options, profiles and ids."""

from __future__ import annotations

import click

from mlenv.cli.completing import SHELLS, completion_script
from mlenv.terminal import Terminal


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print what makes a shell complete commands, options, profiles and ids.

    \b
    mlenv completion bash >> ~/.bashrc
    mlenv completion zsh >> ~/.zshrc
    mlenv completion fish > ~/.config/fish/completions/mlenv.fish
    mlenv completion powershell >> $PROFILE

    It works in the next shell that you open.
    """
    Terminal().write(completion_script(shell))
