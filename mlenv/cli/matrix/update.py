"""``mlenv matrix update``: the data compared with its public sources, and brought up to date."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlenv.cli.matrix.show import find_framework
from mlenv.cli.options import output_options
from mlenv.cli.settings import OutputOptions, emit, user_matrix
from mlenv.errors import ExitStatus, NoVerdictError, UsageError

if TYPE_CHECKING:
    from mlenv.facts.packages import PackageConfiguration
    from mlenv.matrix.load import Matrix
    from mlenv.matrix.refresh.update import Refreshed
    from mlenv.report.matrix.diff import MatrixUpdateDocument
    from mlenv.system.network import Web
    from mlenv.terminal import Terminal


@click.command("update")
@click.argument("frameworks", nargs=-1)
@click.option("--check", is_flag=True, help="Exit with status 1 where the data differs from its sources.")
@click.option("--write", is_flag=True, help="Write the refreshed data into your data folder, for mlenv to use.")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="With --write: into that folder instead (compat_matrix of a checkout, for maintainers).",
)
@click.option("--gpu-code", is_flag=True, help="Also read the GPU code out of wheels that nobody has read yet.")
@click.option("--index-url", metavar="URL", help="Replaces the default package index.")
@click.option("--fresh", is_flag=True, help="Ask again for pages that were read in the last ten minutes.")
@output_options
def command(
    frameworks: tuple[str, ...],
    check: bool,
    write: bool,
    into: Path | None,
    gpu_code: bool,
    index_url: str | None,
    fresh: bool,
    output: OutputOptions,
) -> int:
    """Compare the data with the package index and other public sources.

    Shows what differs, row by row; nothing is downloaded but listings and metadata, and nothing is
    written without --write. A source that is out of reach is told of and changes nothing.

    \b
    mlenv matrix update                    what has changed in the world?
    mlenv matrix update torch jax --check  status 1 if these rows are out of date
    mlenv matrix update --write            and use the refreshed data from now on
    """
    from mlenv.report.matrix.diff import render_update

    if check and write:
        raise UsageError("--check and --write contradict each other", hint="--check only compares")
    terminal = output.open_terminal()
    matrix = _base(into)
    packages = _configuration()
    web = _open_web(packages, fresh=fresh)
    refreshed = _refresh(matrix, web, packages, frameworks, index_url, gpu_code=gpu_code, terminal=terminal)
    for trouble in refreshed.troubles:
        terminal.warn(trouble)
    written = write and bool(refreshed.read)
    if written:
        _write(matrix, refreshed, into or user_matrix(), terminal)
    document = _document(matrix, refreshed, web, written=written)
    emit(terminal, document, lambda: render_update(document), output)
    if not refreshed.read:
        raise NoVerdictError("the package index could not be read", hint="see the reasons above; nothing was changed")
    return ExitStatus.FOUND_FAULT if check and refreshed.changes else ExitStatus.OK


def _base(into: Path | None) -> Matrix:
    """The data that is compared: a maintainer's folder, else what mlenv works with."""
    from mlenv.matrix.load import INFO_FILE, Matrix, read_info
    from mlenv.matrix.opening import newest_folder

    if into is not None and (into / INFO_FILE).is_file():
        read_info(into)  # before the network is asked
        return Matrix(into)
    return Matrix(newest_folder(user_matrix()))


def _configuration() -> PackageConfiguration:
    """Where this user's installers take packages from, with their proxies and certificates."""
    from mlenv.probe.log import Log
    from mlenv.probe.python.package_configuration import read_package_configuration
    from mlenv.system.host import LiveHost

    return read_package_configuration(LiveHost(), Log())


def _open_web(packages: PackageConfiguration, *, fresh: bool) -> Web:
    from mlenv.system.folders import cache_folder
    from mlenv.system.network import Web

    return Web(
        certificate=packages.certificate.value if packages.certificate else None,
        client_certificate=packages.client_certificate.value if packages.client_certificate else None,
        proxy=packages.pip_proxy,
        cache_folder=str(cache_folder() / "pages"),
        ask_again=fresh,
    )


def _refresh(
    matrix: Matrix,
    web: Web,
    packages: PackageConfiguration,
    frameworks: tuple[str, ...],
    index_url: str | None,
    *,
    gpu_code: bool,
    terminal: Terminal,
) -> Refreshed:
    from mlenv.matrix.refresh.update import Refresh
    from mlenv.matrix.sources.package_index import default_index
    from mlenv.matrix.sources.published import SourceTrouble
    from mlenv.system.folders import cache_folder

    named = [find_framework(matrix, name) for name in frameworks]
    try:
        address = index_url or default_index(packages)
    except SourceTrouble as trouble:
        raise NoVerdictError(str(trouble), hint="name an index with --index-url") from None
    today = dt.datetime.now(dt.timezone.utc).date()
    with terminal.step("Reading the public sources") as step:
        refresh = Refresh(
            matrix,
            web,
            index_url=address,
            today=today,
            frameworks=named,
            gpu_code=gpu_code,
            cache=str(cache_folder() / "conda"),
            progress=step.say,
        )
        return refresh.run()


def _write(matrix: Matrix, refreshed: Refreshed, target: Path, terminal: Terminal) -> None:
    from mlenv.matrix.refresh.write import write_files

    write_files(matrix, refreshed.files, target)
    terminal.note(f"written: {target}")


def _document(matrix: Matrix, refreshed: Refreshed, web: Web, *, written: bool) -> MatrixUpdateDocument:
    from mlenv.report.matrix.diff import UPDATE_SCHEMA, MatrixUpdateDocument

    return MatrixUpdateDocument(
        schema=UPDATE_SCHEMA,
        matrix_version=matrix.version,
        matrix_digest=matrix.digest,
        changes=refreshed.changes,
        troubles=refreshed.troubles,
        distributions_read=refreshed.read,
        distributions_asked=refreshed.asked,
        transferred_bytes=web.transferred,
        written=written,
    )
