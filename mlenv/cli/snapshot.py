"""What ``mlenv probe`` does: look, print, and record where it is asked to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mlenv.cli.settings import (
    DataOptions,
    OutputOptions,
    ProbeOptions,
    emit,
    environment_path,
    get_machine,
    open_host,
    open_redactor,
)
from mlenv.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from mlenv.facts.environment import Environment
    from mlenv.facts.machine import Machine


def show_machine(asked: ProbeOptions, data: DataOptions, output: OutputOptions, record: Path | None = None) -> int:
    """Print the facts of a machine, and give the exit status."""
    from mlenv.report.machine import make_document
    from mlenv.report.redact import mask_machine

    terminal = output.open_terminal()
    strip = open_redactor(redact=asked.redact)
    if record is None:
        found, environment = _look(asked)
    else:
        found, environment = _record(asked, record, strip)
        terminal.note(f"raw readings saved in {record}")
    machine = mask_machine(found)
    document = make_document(machine, data.open_matrix().data_version, environment)

    def text() -> str:
        from mlenv.report.machine_text import render_text

        return render_text(machine, environment, verbose=output.verbose)

    emit(terminal, document, text, output, strip)
    return ExitStatus.OK


def compare_machine(asked: ProbeOptions, against: Path, data: DataOptions, output: OutputOptions) -> int:
    """Print what changed since a snapshot, and give the status: 1 where something did."""
    from mlenv.cli.drift import load_snapshot, redact_environment, redact_machine, report_drift
    from mlenv.report.environments.change import rank
    from mlenv.report.environments.installed import compare_environments
    from mlenv.report.environments.workstation import compare_workstations

    old, old_environment = load_snapshot(against)
    new, new_environment = _look(asked)
    # The snapshot may be redacted or not: both sides lose the owner's words, each with its own numbers.
    sides = (open_redactor(), open_redactor())
    before, after = redact_machine(old, sides[0]), redact_machine(new, sides[1])
    changes = compare_workstations(before, after)
    if old_environment is not None and new_environment is not None:
        environments = redact_environment(old_environment, sides[0]), redact_environment(new_environment, sides[1])
        changes = rank([*changes, *compare_environments(*environments, after)])
    names = (str(asked.machine_path or "this machine"), str(against))
    version = data.open_matrix(checked=False).data_version
    return report_drift("machine", names, changes, version, output)


def _look(asked: ProbeOptions) -> tuple[Machine, Environment | None]:
    """The machine, and the environment where one was named."""
    if asked.machine_path is not None:
        from mlenv.intake import load_case

        return load_case(asked.machine_path)
    machine = get_machine(None, asked.environment, deadline=asked.deadline)
    if asked.environment is None:
        return machine, None
    from mlenv.probe.environments.environment import read_environment

    return machine, read_environment(open_host(), environment_path(asked.environment), working_directory=os.getcwd())


def _record(asked: ProbeOptions, folder: Path, strip: Callable[[str], str]) -> tuple[Machine, Environment | None]:
    """Look at this machine and keep every raw reading in a folder, those of its environment too."""
    if asked.machine_path is not None:
        raise UsageError("--record reads this machine", hint="leave out --machine")
    from mlenv.probe import probe_machine
    from mlenv.probe.environments.environment import read_environment
    from mlenv.report.redact import mask_text
    from mlenv.system.recording import RecordingHost, save_recording

    host = RecordingHost(open_host())
    path = host.recording.environment_path = environment_path(asked.environment)
    machine = probe_machine(host, environment_path=path, deadline=asked.deadline)
    environment = read_environment(host, path)
    try:
        save_recording(host, folder, lambda text: strip(mask_text(text)))
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"--record {folder}: cannot be written ({reason})", hint="name another folder") from None
    return machine, environment if asked.environment else None
