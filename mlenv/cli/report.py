"""``mlenv report``: the reports of many machines as one."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from mlenv.cli.options import data_options, report_output_options
from mlenv.cli.settings import DataOptions, OutputOptions, emit
from mlenv.errors import ExitStatus, UsageError

LIST = "-"
STATUSES = {
    "ok": ExitStatus.OK,
    "warning": ExitStatus.OK,
    "error": ExitStatus.FOUND_FAULT,
    "unknown": ExitStatus.NO_VERDICT,
}


@click.group("report")
def command() -> None:
    """Bring the reports of many machines together.

    \b
    mlenv report merge reports/
    """


@command.command("merge")
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option(
    "--name-from",
    default="file",
    show_default=True,
    metavar="file|folder|REGEX",
    help="What a machine is called: its file (node7.verify.json is node7), the folder around it, or what a regular"
    " expression finds in the path (its group `host`, or the first one).",
)
@data_options
@report_output_options
def merge(files: tuple[str, ...], name_from: str, data: DataOptions, output: OutputOptions) -> int:
    """Merge doctor's and verify's JSON reports of many machines into one.

    What is wrong, and on how many machines; which machine is not like those with equal GPUs; and a verdict:
    0 where every machine is well, 1 where one failed or could not be reached, 5 where one has no verdict or
    a file no report. A FILE may be a folder, a pattern, JSON lines, or packed with gzip; - reads a list of
    names from standard input.

    \b
    mlenv report merge reports/
    mlenv report merge 'rack*/*.json.gz' --format html --output fleet.html
    mlenv report merge reports/ --output fleet.html --output fleet.json --output fleet.xml
    mlenv report merge reports/ --name-from 'reports/(?P<host>[^/]+)/'
    find . -name '*.json' | mlenv report merge -
    """
    if not files:
        raise UsageError(
            "no reports are named", hint="name files or folders, such as `mlenv report merge reports/`; - reads a list"
        )
    from mlenv.fleet.gather import Gatherer
    from mlenv.fleet.naming import parse_naming
    from mlenv.report.fleet import make_document
    from mlenv.report.fleet_forms import find_writers
    from mlenv.report.fleet_text import render_text

    terminal = output.open_terminal()
    naming, matrix = parse_naming(name_from), data.open_matrix(checked=False)
    gathered = Gatherer(matrix.distributions, naming).read(_list_names(files))
    for path in gathered.passed_over:
        terminal.note(f"{path}: passed over, it is a merge itself")
    document = make_document(gathered, matrix.data_version)

    def text() -> str:
        return render_text(
            document, width=terminal.width, colour=terminal.colour, marks=terminal.marks, verbose=output.verbose
        )

    emit(terminal, document, text, output, writers=find_writers(document))
    return STATUSES[document.status]


def _list_names(files: Iterable[str]) -> Iterable[str]:
    for name in files:
        if name == LIST:
            yield from (line.rstrip("\r\n") for line in sys.stdin if line.strip())
        else:
            yield name
