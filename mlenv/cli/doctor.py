"""``mlenv doctor``: findings with cause, evidence and fix."""

from __future__ import annotations

import click

from mlenv.cli.options import data_options, output_options, probe_options
from mlenv.cli.settings import DataOptions, OutputOptions, ProbeOptions


@click.command("doctor")
@probe_options
@click.option("--list-checks", is_flag=True, help="List the checks and stop.")
@click.option("--check", "only", multiple=True, metavar="ID", help="Run only that check. Repeatable.")
@data_options
@output_options
def command(
    asked: ProbeOptions,
    list_checks: bool,
    only: tuple[str, ...],
    data: DataOptions,
    output: OutputOptions,
) -> int:
    """Diagnose this machine and say how to mend it.

    A machine without a GPU is healthy. With --env the frameworks of that environment are also
    imported, each in a child process that may crash.

    \b
    mlenv doctor
    mlenv doctor -v                      every check and how it went
    mlenv doctor --env .venv             also this environment
    mlenv doctor --machine server.toml   another machine
    """
    from mlenv.cli.diagnosis import examine, show_checks

    return show_checks(output) if list_checks else examine(asked, data, output, only)
