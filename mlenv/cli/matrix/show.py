"""``mlenv matrix show``: the builds of frameworks, and what a machine can run of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlenv.cli.completers import complete_frameworks
from mlenv.cli.options import data_options, forms_option, machine_option
from mlenv.cli.settings import DataOptions, OutputOptions, emit, form_of, get_machine, open_redactor
from mlenv.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from mlenv.facts.machine import Machine
    from mlenv.matrix.load import Matrix
    from mlenv.matrix.rows import Accelerator
    from mlenv.report.matrix.table import MatrixRow
    from mlenv.resolve.candidates import Candidate


@click.command("show")
@click.argument("frameworks", nargs=-1, shell_complete=complete_frameworks)
@click.option("--all", "everything", is_flag=True, help="Every build, also where no framework is named.")
@click.option("--here", is_flag=True, help="Mark what this machine can run.")
@click.option("--runnable", is_flag=True, help="Show only what the machine can run.")
@click.option("--no-machine", is_flag=True, help="Judge nothing, also in html.")
@machine_option
@data_options
@forms_option("text", "json", "html")
def command(
    frameworks: tuple[str, ...],
    everything: bool,
    here: bool,
    runnable: bool,
    no_machine: bool,
    machine_path: Path | None,
    data: DataOptions,
    output: OutputOptions,
) -> int:
    """Show every framework in a line, or every build of those that are named.

    A FRAMEWORK may also be named by its package (xgboost-cpu). Builds are marked "runs" where the
    machine can run them on the device they are made for; the overview names the best one of each
    framework. JSON always holds every build. The html form is a map of releases by builds, lit where
    the machine can run them, with what blocks the rest; without a FRAMEWORK it is a map of all
    frameworks by devices.

    \b
    mlenv matrix show                      every framework in a line
    mlenv matrix show torch --here         every build, with what this machine can run
    mlenv matrix show jax --machine server.toml --runnable
    mlenv matrix show torch --output torch.html
    mlenv matrix show --output all.html    every framework by devices
    """
    from mlenv.report.matrix.table import SHOW_SCHEMA, MatrixDocument, render_overview, render_rows

    asked = here or runnable or machine_path is not None
    if no_machine and asked:
        raise UsageError(
            "--no-machine contradicts --machine, --here and --runnable", hint="leave out the one that is not meant"
        )
    matrix = data.open_matrix()
    names = [find_framework(matrix, name) for name in frameworks]
    judged = asked or (_wants_map(output) and not no_machine)
    machine = get_machine(machine_path) if judged else None
    rows = [row for name in dict.fromkeys(names or matrix.framework_ids) for row in _rows(matrix, name, machine)]
    if runnable:
        rows = [row for row in rows if row.runs_here]
    document = MatrixDocument(
        schema=SHOW_SCHEMA, matrix_version=matrix.version, matrix_digest=matrix.digest, rows=tuple(rows)
    )
    render = render_rows if frameworks or everything else render_overview
    terminal = output.open_terminal()
    writers = {"html": lambda: _render_map(matrix, names, machine, everything=everything)}
    emit(terminal, document, lambda: render(rows, terminal.width), output, writers=writers)
    return ExitStatus.OK


def _wants_map(output: OutputOptions) -> bool:
    """Whether any report is to be a map, which judges the machine by itself."""
    return any(form_of(path, output) == "html" for path in output.outputs) or output.form == "html"


def _render_map(matrix: Matrix, names: list[str], machine: Machine | None, *, everything: bool) -> str:
    """The maps of some frameworks by releases, or of all by devices."""
    from mlenv import __version__
    from mlenv.report.compatibility import find_maps
    from mlenv.report.html import render_maps, render_overview
    from mlenv.report.overview import find_overview

    strip, version = open_redactor(), matrix.version
    if not names and not everything:
        overview = find_overview(matrix, machine)
        return render_overview(overview, mlenv_version=__version__, matrix_version=version, strip=strip)
    maps = find_maps(matrix, machine, names or matrix.framework_ids)
    return render_maps(maps, mlenv_version=__version__, matrix_version=version, strip=strip)


def find_framework(matrix: Matrix, name: str) -> str:
    """The id of a framework named by its id or one of its packages; :class:`UsageError` with near names."""
    from packaging.utils import canonicalize_name

    key = canonicalize_name(name)
    found = key if key in matrix.framework_ids else matrix.distributions.get(key)
    if found is not None:
        return found
    near = _near_names(matrix, key)
    hint = f"did you mean {' or '.join(near)}?" if near else "`mlenv matrix show` lists those it has"
    raise UsageError(f"the matrix has no framework {name!r}", hint=hint)


def _near_names(matrix: Matrix, key: str) -> list[str]:
    """The frameworks whose id, package or module is written most like a name."""
    from difflib import get_close_matches

    named = {module.lower(): name for name in matrix.framework_ids for module in matrix.framework(name).imports}
    named.update(matrix.distributions)
    named.update({name: name for name in matrix.framework_ids})
    return list(dict.fromkeys(named[near] for near in get_close_matches(key, named, n=3, cutoff=0.7)))


def _rows(matrix: Matrix, name: str, machine: Machine | None) -> list[MatrixRow]:
    from mlenv.matrix.query import newest_first
    from mlenv.report.matrix.table import make_row

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
    from mlenv.resolve.candidates import judge_field
    from mlenv.resolve.devices import accelerators_to_try
    from mlenv.resolve.request import Request, Wanted

    wanted = Wanted(name=name)
    request = Request(wanted=(wanted,))
    return {
        id(candidate.build)
        for accelerator in accelerators_to_try(request, machine)
        for candidate in _sensible(judge_field(request, machine, matrix, wanted, accelerator).candidates, accelerator)
    }


def _sensible(candidates: Sequence[Candidate], accelerator: Accelerator) -> Iterator[Candidate]:
    """Those that use the device; on the CPU GPU builds only where a release has no other."""
    from mlenv.resolve.preference import is_heavy

    meant = [candidate for candidate in candidates if accelerator in candidate.build.accelerators]
    light = {candidate.release.version for candidate in meant if not is_heavy(candidate.build, accelerator)}
    for candidate in meant:
        if candidate.release.version not in light or not is_heavy(candidate.build, accelerator):
            yield candidate
