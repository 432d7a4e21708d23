"""Options that several commands share, and what they stand for."""

from __future__ import annotations

import datetime as dt
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import click
import msgspec

from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.terminal import Terminal

F = TypeVar("F", bound=Callable[..., Any])
DEFAULT_ENVIRONMENT = ".venv"


class OutputOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a command speaks: form and files of its report, loudness, colour."""

    form: str | None
    outputs: tuple[Path, ...]
    quiet: bool
    verbose: bool
    no_color: bool

    def open_terminal(self) -> Terminal:
        """The terminal as the options want it."""
        return Terminal(quiet=self.quiet, verbose=self.verbose, colour=not self.no_color)


class DataOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which data a command works with, and the day whose knowledge counts."""

    matrix_folder: Path | None
    as_of: dt.datetime | None

    def open_matrix(self, *, checked: bool = True) -> Matrix:
        """The compatibility matrix as the options want it; a site's rows are checked first."""
        from mlenv.matrix.opening import open_matrix
        from mlenv.system.folders import cache_folder

        return open_matrix(
            self.matrix_folder,
            as_of=self.as_of.date() if self.as_of else None,
            checked=checked,
            cache=cache_folder() / "matrix",
            user=user_matrix(),
        )


def user_matrix() -> Path:
    """Where ``mlenv matrix update --write`` keeps the user's newer copy of the data."""
    from mlenv.system.folders import data_folder

    return data_folder() / "matrix"


class RequestOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What ``plan`` and ``install`` are asked for, and where packages may come from."""

    profiles: tuple[str, ...]
    extras: tuple[str, ...]
    python: str | None
    accelerator: str | None
    manager: str
    environment: Path | None
    index_url: str | None
    extra_index_urls: tuple[str, ...]
    find_links: tuple[str, ...]
    offline: bool


def _join(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def apply(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


def _gather(kind: type[msgspec.Struct], name: str) -> Callable[[F], F]:
    """Hand the parameters that ``kind`` names to the function as one value called ``name``."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def gathered(**given: Any) -> Any:
            fields = {field: given.pop(field) for field in kind.__struct_fields__}
            return function(**given, **{name: kind(**fields)})

        return cast("F", gathered)

    return decorate


def output_options(function: F) -> F:
    """``--format``, ``--output``, ``-q``, ``-v``, ``--no-color``, as one value ``output``."""
    return _join(
        click.option(
            "--format",
            "form",
            type=click.Choice(["text", "json"]),
            default=None,
            help="Form of the report (text; json prints one document and nothing else).",
        ),
        click.option(
            "--output",
            "outputs",
            type=click.Path(dir_okay=False, path_type=Path),
            multiple=True,
            metavar="FILE",
            help="Write the report there; .json and .txt decide its form. Repeatable.",
        ),
        click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong."),
        click.option("-v", "--verbose", is_flag=True, help="Say more: sources, every check, whole files."),
        click.option("--no-color", is_flag=True, help="No colours (NO_COLOR does the same)."),
        _gather(OutputOptions, "output"),
    )(function)


def data_options(function: F) -> F:
    """``--matrix`` and ``--as-of``, as one value ``data``."""
    return _join(
        click.option(
            "--matrix",
            "matrix_folder",
            type=click.Path(path_type=Path),
            metavar="DIR",
            envvar="MLENV_MATRIX",
            help="Lay a site's own rows and profiles over the built-in ones (MLENV_MATRIX does the same).",
        ),
        click.option(
            "--as-of",
            type=click.DateTime(["%Y-%m-%d"]),
            metavar="YYYY-MM-DD",
            help="Know only what was published by that day.",
        ),
        _gather(DataOptions, "data"),
    )(function)


machine_option = click.option(
    "--machine",
    "machine_path",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A described machine (TOML), a snapshot (JSON) or a recording (folder) in place of this one.",
)
environment_option = click.option(
    "--env",
    "environment",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help=f"The environment ({DEFAULT_ENVIRONMENT} by default).",
)


def request_options(function: F) -> F:
    """What ``plan`` and ``install`` ask for, as one value ``asked``."""
    return _join(
        click.option(
            "--profile",
            "profiles",
            multiple=True,
            metavar="NAME",
            help="What to install: a name (see `mlenv profiles`) or a TOML file. Repeatable.",
        ),
        click.option(
            "--with",
            "extras",
            multiple=True,
            metavar="REQUIREMENT",
            help='A further framework or package, such as "xgboost>=3". Repeatable.',
        ),
        click.option("--python", metavar="X.Y", help="The Python version to use."),
        click.option(
            "--accelerator",
            metavar="KIND",
            help="auto, cpu, cuda, cuXYZ, rocm, rocmX.Y, xpu, mps or tpu.",
        ),
        click.option(
            "--manager", type=click.Choice(["uv"]), default="uv", show_default=True, help="The package installer."
        ),
        environment_option,
        click.option("--index-url", metavar="URL", help="Replaces the default package index."),
        click.option("--extra-index-url", "extra_index_urls", multiple=True, metavar="URL", help="A further index."),
        click.option("--find-links", multiple=True, metavar="PATH", help="A folder or page of wheels. Repeatable."),
        click.option("--offline", is_flag=True, help="Use nothing but local folders and the installer's cache."),
        _gather(RequestOptions, "asked"),
    )(function)


def get_machine(machine_path: Path | None, environment: Path | None = None) -> Machine:
    """The machine that was named, else this one."""
    if machine_path is not None:
        from mlenv.intake import load_machine

        return load_machine(machine_path)
    from mlenv.probe import probe_machine
    from mlenv.system.host import LiveHost

    return probe_machine(LiveHost(), environment_path=os.path.abspath(environment or DEFAULT_ENVIRONMENT))


def emit(terminal: Terminal, document: object, render_text: Callable[[], str], output: OutputOptions) -> None:
    """Write a report to standard output, or to every file named.

    The form of a file follows its ending unless ``--format`` says otherwise.
    """
    from mlenv.report.document import render_json

    if not output.outputs:
        terminal.write(render_json(document) if output.form == "json" else render_text())
    for path in output.outputs:
        wants_json = output.form == "json" or (output.form is None and path.suffix == ".json")
        _write_file(path, render_json(document) if wants_json else render_text())


def _write_file(path: Path, text: str) -> None:
    from mlenv.errors import UsageError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--output {path}: cannot be written ({error.strerror or error})") from None
