"""``mlenv probe``: facts only, no judgement."""

from __future__ import annotations

from pathlib import Path

import click

from mlenv.cli.options import data_options, forms_option, probe_options
from mlenv.cli.settings import DataOptions, OutputOptions, ProbeOptions
from mlenv.errors import UsageError


@click.command("probe")
@probe_options
@click.option(
    "--record",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Save the raw readings there, so that this machine can be replayed elsewhere.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="SNAPSHOT",
    help="Say what changed since that snapshot, recording or described machine; status 1 where something did.",
)
@data_options
@forms_option("text", "json", "markdown")
def command(
    asked: ProbeOptions, record: Path | None, against: Path | None, data: DataOptions, output: OutputOptions
) -> int:
    """Print what this machine is: hardware, drivers, Pythons, package settings.

    \b
    mlenv probe                       the facts, a line each
    mlenv probe -v                    also how each came to be known
    mlenv probe --env .venv           also this environment, from its files
    mlenv probe --format json         a snapshot that `--machine` takes anywhere
    mlenv probe --record DIR          the raw readings, for a bug report
    mlenv doctor --machine DIR        what they show, on any computer
    mlenv probe --output good.json    while all is well, and later:
    mlenv probe --against good.json   what changed since, the riskiest first

    User and host names, home folders, serial numbers and UUIDs stay out of snapshots and recordings;
    --no-redact keeps them.
    """
    from mlenv.cli.snapshot import compare_machine, show_machine

    if against is None:
        return show_machine(asked, data, output, record)
    if record is not None:
        raise UsageError("--record and --against do not go together", hint="record first, then compare")
    return compare_machine(asked, against, data, output)
