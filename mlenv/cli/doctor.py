"""``mlenv doctor``: findings with cause, evidence and fix."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

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
from mlenv.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from mlenv.checks.registry import Check, ImportAttempt
    from mlenv.facts.environment import Environment
    from mlenv.matrix.load import Matrix
    from mlenv.terminal import Terminal


@click.command("doctor")
@environment_option
@machine_option
@click.option("--list-checks", is_flag=True, help="List the checks and stop.")
@click.option("--check", "only", multiple=True, metavar="ID", help="Run only that check. Repeatable.")
@data_options
@output_options
def command(
    environment: Path | None,
    machine_path: Path | None,
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
    from mlenv.checks.registry import Case, diagnose

    terminal = output.open_terminal()
    if list_checks:
        terminal.write(_list_checks())
        return ExitStatus.OK
    checks = _select(only)
    matrix = data.open_matrix()
    found, imports = _look_into(environment, matrix, terminal) if machine_path is None else (None, None)
    machine = get_machine(machine_path, environment)
    diagnosis = diagnose(Case(machine=machine, environment=found, imports=imports), matrix, checks)

    from mlenv.report.doctor import make_document, render_text
    from mlenv.report.redact import mask_machine

    document = make_document(diagnosis, mask_machine(machine), matrix.data_version, found)
    emit(
        terminal,
        document,
        lambda: render_text(
            document, width=terminal.width, colour=terminal.colour, marks=terminal.marks, verbose=output.verbose
        ),
        output,
    )
    return {"error": ExitStatus.FOUND_FAULT, "unknown": ExitStatus.NO_VERDICT}.get(diagnosis.status, ExitStatus.OK)


def _look_into(
    environment: Path | None, matrix: Matrix, terminal: Terminal
) -> tuple[Environment | None, tuple[ImportAttempt, ...] | None]:
    """The environment that was named, with its imports tried; else the active one, files only."""
    from mlenv.probe.environment import read_environment
    from mlenv.system.host import LiveHost

    if environment is None:
        active = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX") or DEFAULT_ENVIRONMENT
        return read_environment(LiveHost(), os.path.abspath(active)), None
    from mlenv.cli.verify import SECONDS, make_target, read_named_environment
    from mlenv.verify.runner import attempt_imports

    found = read_named_environment(environment)
    targets = [
        make_target(matrix, dist.name, None) for dist in found.distributions if dist.name in matrix.distributions
    ]
    assert found.executable is not None
    if targets:
        names = ", ".join(target.framework for target in targets)
        terminal.note(f"importing {names} of {environment}, each in a process of its own ...")
    return found, attempt_imports(found.executable, targets, timeout=SECONDS, environ=os.environ)


def _select(only: tuple[str, ...]) -> list[Check] | None:
    from mlenv.checks.registry import all_checks

    if not only:
        return None
    known = {check.id: check for check in all_checks()}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise UsageError(f"there is no check {unknown[0]!r}", hint="`mlenv doctor --list-checks` lists them")
    return [known[name] for name in only]


def _list_checks() -> str:
    from mlenv.checks.registry import all_checks

    checks = all_checks()
    width = max(len(check.id) for check in checks)
    return "".join(f"{check.subject:<12}{check.id:<{width}}  {check.summary}\n" for check in checks)
