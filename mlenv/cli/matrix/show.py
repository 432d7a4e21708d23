"""``mlenv matrix show``: the builds of frameworks, and what a machine can run of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlenv.cli.options import (
    DataOptions,
    OutputOptions,
    data_options,
    emit,
    get_machine,
    machine_option,
    output_options,
)
from mlenv.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from mlenv.facts.machine import Machine
    from mlenv.matrix.load import Matrix
    from mlenv.report.matrix import MatrixRow


@click.command("show")
@click.argument("frameworks", nargs=-1)
@click.option("--here", is_flag=True, help="Mark what this machine can run.")
@click.option("--runnable", is_flag=True, help="Show only what the machine can run.")
@machine_option
@data_options
@output_options
def command(
    frameworks: tuple[str, ...],
    here: bool,
    runnable: bool,
    machine_path: Path | None,
    data: DataOptions,
    output: OutputOptions,
) -> int:
    """Show the builds of some frameworks (of all, where none is named)."""
    from mlenv.report.matrix import SHOW_SCHEMA, MatrixDocument, render_rows

    matrix = data.open_matrix()
    unknown = [name for name in frameworks if name not in matrix.framework_ids]
    if unknown:
        raise UsageError(
            f"the matrix has no framework {unknown[0]!r}", hint=f"it has {', '.join(matrix.framework_ids)}"
        )
    asked = here or runnable or machine_path is not None
    machine = get_machine(machine_path) if asked else None
    rows = [row for name in frameworks or matrix.framework_ids for row in _rows(matrix, name, machine)]
    if runnable:
        rows = [row for row in rows if row.runs_here]
    document = MatrixDocument(
        schema=SHOW_SCHEMA, matrix_version=matrix.version, matrix_digest=matrix.digest, rows=tuple(rows)
    )
    emit(output.open_terminal(), document, lambda: render_rows(rows), output)
    return ExitStatus.OK


def _rows(matrix: Matrix, name: str, machine: Machine | None) -> list[MatrixRow]:
    from mlenv.matrix.query import newest_first
    from mlenv.report.matrix import make_row

    framework = matrix.framework(name)
    runnable = _runnable(matrix, name, machine) if machine else set()
    return [
        make_row(
            framework,
            release,
            build,
            matrix.drivers,
            None if machine is None else id(build) in runnable,
        )
        for release in newest_first(framework)
        for build in release.builds
    ]


def _runnable(matrix: Matrix, name: str, machine: Machine) -> set[int]:
    """The builds that the resolver's rules allow on a machine, each on a device that it is made for.

    They are told by identity: the matrix loads each framework once, and rows hold tables.
    """
    from mlenv.resolve.candidates import is_heavy, judge_field
    from mlenv.resolve.devices import accelerators_to_try
    from mlenv.resolve.request import Request, Wanted

    wanted = Wanted(name=name)
    request = Request(wanted=(wanted,))
    return {
        id(candidate.build)
        for accelerator in accelerators_to_try(request, machine)
        for candidate in judge_field(request, machine, matrix, wanted, accelerator).candidates
        if accelerator in candidate.build.accelerators and not is_heavy(candidate.build, accelerator)
    }
