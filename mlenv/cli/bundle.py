"""``mlenv bundle``: everything a plan needs, for a machine without network."""

from __future__ import annotations

from pathlib import Path

import click

from mlenv.cli.options import data_options, machine_option, request_options
from mlenv.cli.settings import DataOptions, OutputOptions, RequestOptions, get_machine


@click.command("bundle")
@request_options
@data_options
@machine_option
@click.option(
    "--output",
    "path",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR|FILE",
    help="Where the bundle goes: a folder, or a file that ends in .tar, .tar.gz, .tgz or .zip.",
)
@click.option("--with-python", is_flag=True, help="Put the Python in, also where the machine has one that fits.")
@click.option("--force", is_flag=True, help="Replace a bundle that is there already.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default=None,
    help="Form of the report (text; json prints one document and nothing else).",
)
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
@click.option("-v", "--verbose", is_flag=True, help="Say more: every package.")
@click.option("--no-color", is_flag=True, help="No colours (NO_COLOR does the same).")
def command(
    asked: RequestOptions,
    data: DataOptions,
    machine_path: Path | None,
    path: Path,
    with_python: bool,
    force: bool,
    form: str | None,
    quiet: bool,
    verbose: bool,
    no_color: bool,
) -> int:
    """Gather every wheel of a plan, its lock and an installer, for a machine without network.

    The plan is proven first. Where the machine has no Python that fits, the bundle brings it.
    On the other machine `sh install.sh TARGET` sets the environment up, with uv or with pip; where
    mlenv is, `mlenv install --offline --find-links BUNDLE` proves it too.

    \b
    mlenv bundle --profile pytorch --output torch.tar
    mlenv bundle --profile pytorch-gpu --machine server.toml --output /media/usb/torch
    mlenv bundle --with numpy --with pandas --python 3.12 --with-python --output data.zip
    """
    from mlenv.bundle.output import check_output
    from mlenv.cli.bundling import Bundling, demand_manager
    from mlenv.cli.request import configure_packages, read_request

    output = OutputOptions(form=form, quiet=quiet, verbose=verbose, no_color=no_color)
    demand_manager(asked.manager)
    check_output(path.absolute(), force=force)
    matrix = data.open_matrix()
    request = read_request(matrix, asked)
    machine = configure_packages(get_machine(machine_path, asked.environment), asked)
    bundling = Bundling(
        output.open_terminal(),
        matrix,
        request,
        machine,
        asked,
        here=machine_path is None,
        with_python=with_python,
        own_matrix=data.matrix_folder is not None,
    )
    return bundling.carry_out(path.absolute(), output, force=force)
