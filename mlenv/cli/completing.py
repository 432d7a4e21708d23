"""Completion in shells: click's own for bash, zsh and fish, and one for PowerShell.

The shell runs ``mlenv`` with a variable set and reads a line for each word that fits.
"""

from __future__ import annotations

import os
from typing import ClassVar

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, get_completion_class

from mlenv.cli.group import VARIABLE

SHELLS = ("bash", "zsh", "fish", "powershell")
_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = $commandAst.CommandElements |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text.Trim('"', "'") }
    $env:%(complete_var)s = 'powershell_complete'
    $env:COMP_WORDS = $words -join "`n"
    $env:COMP_CWORD = $wordToComplete.Trim('"', "'")
    try {
        & %(prog_name)s 2>$null | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            if (-not $help) { $help = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
        }
    } finally {
        Remove-Item -Path 'Env:%(complete_var)s', 'Env:COMP_WORDS', 'Env:COMP_CWORD'
    }
}
"""
# A zsh without a configuration knows no completion until it is told to.
_ZSH_START = """\
if (( ! $+functions[compdef] )); then
    autoload -Uz compinit && compinit -i
fi
"""


class PowerShellComplete(ShellComplete):
    """Words come a line each in ``COMP_WORDS``, the one that is half typed in ``COMP_CWORD``."""

    name: ClassVar[str] = "powershell"
    source_template: ClassVar[str] = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is half typed, and that one."""
        words = os.environ["COMP_WORDS"].splitlines()[1:]
        incomplete = os.environ.get("COMP_CWORD", "")
        return (words[:-1] if incomplete and words else words), incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """A word and what it means; for paths nothing, so that PowerShell completes them itself."""
        if item.type != "plain":
            return ""
        return f"{item.value}\t{' '.join((item.help or '').split())}"


def register() -> None:
    """Make the shells known that click does not know."""
    add_completion_class(PowerShellComplete)


def completion_script(shell: str) -> str:
    """The lines for a shell's start file; ``shell`` is one of :data:`SHELLS`."""
    register()
    kind = get_completion_class(shell)
    assert kind is not None
    complete = kind(click.Group("mlenv"), {}, "mlenv", VARIABLE)
    # Not its own source(), which asks bash for its version: the lines may be for another computer.
    script = complete.source_template % complete.source_vars() + "\n"
    if shell != "zsh":
        return script
    head, _, rest = script.partition("\n")  # the line that zsh looks for in a file of its fpath
    return f"{head}\n{_ZSH_START}{rest}"
