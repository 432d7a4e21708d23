"""``mlenv probe``: facts only, no judgement."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from mlenv.cli.options import (
    DEFAULT_ENVIRONMENT,
    DataOptions,
    OutputOptions,
    data_options,
    emit,
    environment_option,
    get_machine,
    machine_option,
    output_options,
)
from mlenv.errors import UsageError
from mlenv.facts.machine import Machine


@click.command("probe")
@environment_option
@machine_option
@click.option(
    "--record",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Save the raw readings there, so that this machine can be replayed elsewhere.",
)
@data_options
@output_options
def command(
    environment: Path | None,
    machine_path: Path | None,
    record: Path | None,
    data: DataOptions,
    output: OutputOptions,
) -> None:
    """Print what this machine is: hardware, drivers, Pythons, package settings.

    \b
    mlenv probe                       the facts, a line each
    mlenv probe -v                    also how each came to be known
    mlenv probe --format json         a snapshot that `--machine` takes anywhere
    mlenv probe --record DIR          the raw readings, for a bug report
    """
    from mlenv.report.machine import make_document, render_text
    from mlenv.report.redact import mask_machine

    terminal = output.open_terminal()
    machine = mask_machine(_look(machine_path, environment, record, terminal.note))
    document = make_document(machine, data.open_matrix().data_version)
    emit(terminal, document, lambda: render_text(machine, verbose=output.verbose), output)


def _look(
    machine_path: Path | None, environment: Path | None, record: Path | None, note: Callable[[str], None]
) -> Machine:
    if record is None:
        return get_machine(machine_path, environment)
    if machine_path is not None:
        raise UsageError("--record reads this machine; leave out --machine")
    from mlenv.probe import probe_machine
    from mlenv.report.redact import mask_text
    from mlenv.system.host import LiveHost
    from mlenv.system.recording import RecordingHost, save_recording

    host = RecordingHost(LiveHost())
    host.recording.environment_path = os.path.abspath(environment or DEFAULT_ENVIRONMENT)
    machine = probe_machine(host, environment_path=host.recording.environment_path)
    try:
        path = save_recording(host, record, mask_text)
    except OSError as error:
        raise UsageError(f"--record {record}: cannot be written ({error.strerror or error})") from None
    note(f"raw readings saved in {path}")
    return machine
