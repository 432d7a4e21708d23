"""Options that several commands share, and what they stand for."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import click
import msgspec

from mlenv.cli.completers import complete_frameworks, complete_profiles
from mlenv.cli.settings import (
    DEFAULT_ENVIRONMENT,
    ENDINGS,
    PROBE_SECONDS,
    DataOptions,
    OutputOptions,
    ProbeOptions,
    RequestOptions,
    form_of,
)
from mlenv.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])
FORMS = ("shell", "powershell", "requirements", "pylock", "conda", "pixi", "pyproject", "dockerfile")
"""The forms of a plan beside its report; a test holds them to :mod:`mlenv.plan.forms.render`, which loads more."""


def _join(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def apply(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


def gather(kind: type[msgspec.Struct], name: str) -> Callable[[F], F]:
    """Hand the parameters that ``kind`` names to the function as one value called ``name``."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def gathered(**given: Any) -> Any:
            fields = {field: given.pop(field) for field in kind.__struct_fields__}
            return function(**given, **{name: kind(**fields)})

        return cast("F", gathered)

    return decorate


REPORT_FORMS = ("text", "json", "markdown", "junit", "html", "github", "prometheus", "tap")
"""The forms of a diagnosis and of a verification."""


def output_options(function: F) -> F:
    """``--format``, ``--output``, ``-q``, ``-v``, ``--no-color``, as one value ``output``."""
    return forms_option("text", "json")(function)


def report_output_options(function: F) -> F:
    """The output options of a diagnosis or verification, which is written in every form, as one value ``output``."""
    return _output_options(
        REPORT_FORMS,
        "Form of the report: text, one json document, markdown for an issue, junit, github (annotations), html,"
        " prometheus (a textfile) or tap.",
        "Write the report there (- is standard output); .json, .md, .xml (junit), .html, .prom, .tap and .txt decide"
        " its form. Repeatable.",
        REPORT_FORMS,
    )(function)


def forms_option(*forms: str) -> Callable[[F], F]:
    """The output options of a command whose report has those forms, as one value ``output``."""
    endings = [ending for ending, form in ENDINGS.items() if form in forms]
    return _output_options(
        forms,
        f"Form of the report ({', '.join(forms)}; json prints one document and nothing else).",
        f"Write the report there; {', '.join(endings)} decide its form. Repeatable.",
        forms,
    )


def plan_output_options(function: F) -> F:
    """The output options of a plan, which has more forms, as one value ``output``."""
    return _output_options(
        ("text", "json", *FORMS),
        "Form of the plan: text, a json document, or a file or script for other tools.",
        "Write the plan there; the name decides its form (setup.sh, setup.ps1, requirements.txt, pylock.toml,"
        " pyproject.toml, environment.yml, pixi.toml, Dockerfile, plan.json). Repeatable.",
    )(function)


def _output_options(
    forms: Sequence[str], form_help: str, output_help: str, files: Sequence[str] | None = None
) -> Callable[[F], F]:
    """``files`` are the forms that a file can have by its ending; None where the command looks at names itself."""
    return _join(
        click.option("--format", "form", type=click.Choice(forms), default=None, help=form_help),
        click.option(
            "--output",
            "outputs",
            type=click.Path(dir_okay=False, path_type=Path),
            multiple=True,
            metavar="FILE",
            help=output_help,
        ),
        click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong."),
        click.option("-v", "--verbose", is_flag=True, help="Say more: sources, every check, whole files."),
        click.option("--no-color", is_flag=True, help="No colours (NO_COLOR does the same)."),
        gather(OutputOptions, "output"),
        *([_check_files(files)] if files is not None else []),
    )


def _check_files(forms: Sequence[str]) -> Callable[[F], F]:
    """Tell of a file that could not be written in its form before the work begins, which may take minutes."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def checked(*, output: OutputOptions, **given: Any) -> Any:
            for path in output.outputs:
                check_file(path, form_of(path, output), forms)
            return function(output=output, **given)

        return cast("F", checked)

    return decorate


def check_file(path: Path, form: str, forms: Sequence[str]) -> None:
    """:class:`UsageError` where a file has no folder, or a form that the report has not."""
    if not path.parent.is_dir():
        raise UsageError(
            f"--output {path}: cannot be written (there is no folder {path.parent})",
            hint="make it first, or name another place",
        )
    if form not in forms:
        raise UsageError(f"--output {path}: this report has no form {form}", hint=f"it has {', '.join(forms)}")


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
        gather(DataOptions, "data"),
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


def probe_options(function: F) -> F:
    """``--env``, ``--machine``, ``--deadline`` and ``--no-redact``, as one value ``asked``."""
    return _join(
        click.option(
            "--env",
            "environment",
            type=click.Path(path_type=Path),
            metavar="PATH",
            help="A Python environment to look into as well.",
        ),
        machine_option,
        click.option(
            "--deadline",
            type=click.FloatRange(0.5, 600),
            default=PROBE_SECONDS,
            show_default=True,
            metavar="SECONDS",
            help="What reading this machine may take; what is late is unknown.",
        ),
        click.option(
            "--no-redact",
            "redact",
            is_flag=True,
            flag_value=False,
            default=True,
            help="Keep user and host names, home folders and UUIDs in documents and files.",
        ),
        gather(ProbeOptions, "asked"),
    )(function)


def request_options(function: F) -> F:
    """What ``plan`` and ``install`` ask for, as one value ``asked``."""
    return _join(
        click.option(
            "--profile",
            "profiles",
            multiple=True,
            metavar="NAME",
            shell_complete=complete_profiles,
            help="What to install: a name (see `mlenv profiles`) or a TOML file. Repeatable.",
        ),
        click.option(
            "--with",
            "extras",
            multiple=True,
            metavar="REQUIREMENT",
            shell_complete=complete_frameworks,
            help='A further framework or package, such as "xgboost>=3". Repeatable.',
        ),
        click.option("--python", metavar="X.Y", help="The Python version to use."),
        click.option(
            "--accelerator",
            metavar="KIND",
            help="auto, cpu, cuda, cuXYZ, rocm, rocmX.Y, xpu, mps or tpu.",
        ),
        click.option(
            "--manager",
            type=click.Choice(["uv", "pip", "conda", "mamba", "micromamba", "pixi"]),
            default="uv",
            show_default=True,
            help="The package manager.",
        ),
        environment_option,
        click.option("--index-url", metavar="URL", help="Replaces the default package index."),
        click.option("--extra-index-url", "extra_index_urls", multiple=True, metavar="URL", help="A further index."),
        click.option("--find-links", multiple=True, metavar="PATH", help="A folder or page of wheels. Repeatable."),
        click.option("--offline", is_flag=True, help="Use nothing but local folders and the installer's cache."),
        gather(RequestOptions, "asked"),
    )(function)
