"""``mlenv probe``: facts only, no judgement."""

from __future__ import annotations

from pathlib import Path

import click

from mlenv.cli.options import data_options, output_options, probe_options
from mlenv.cli.settings import DataOptions, OutputOptions, ProbeOptions


@click.command("probe")
@probe_options
@click.option(
    "--record",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Save the raw readings there, so that this machine can be replayed elsewhere.",
)
@data_options
@output_options
def command(asked: ProbeOptions, record: Path | None, data: DataOptions, output: OutputOptions) -> int:
    """Print what this machine is: hardware, drivers, Pythons, package settings.

    \b
    mlenv probe                       the facts, a line each
    mlenv probe -v                    also how each came to be known
    mlenv probe --env .venv           also this environment, from its files
    mlenv probe --format json         a snapshot that `--machine` takes anywhere
    mlenv probe --record DIR          the raw readings, for a bug report
    mlenv doctor --machine DIR        what they show, on any computer

    User and host names, home folders, serial numbers and UUIDs stay out of snapshots and recordings;
    --no-redact keeps them.
    """
    from mlenv.cli.snapshot import show_machine

    return show_machine(asked, data, output, record)
