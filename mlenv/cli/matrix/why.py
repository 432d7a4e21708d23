"""``mlenv matrix why``: the rows and rules behind an answer."""

from __future__ import annotations

import re
from pathlib import Path

import click
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from mlenv.cli.completers import complete_frameworks
from mlenv.cli.matrix.show import find_framework
from mlenv.cli.options import data_options, machine_option, output_options
from mlenv.cli.settings import DataOptions, OutputOptions, emit, get_machine
from mlenv.errors import ExitStatus, UsageError
from mlenv.matrix.load import Matrix
from mlenv.report.matrix.admitted import explain_requirement
from mlenv.report.matrix.requirement import Asked
from mlenv.report.matrix.why import (
    render_why,
)

_LOCAL = re.compile(r"(?<=\d)\+([a-z0-9]+(?:[._-][a-z0-9]+)*)", re.IGNORECASE)


@click.command("why")
@click.argument("requirement", shell_complete=complete_frameworks)
@click.option("--no-machine", is_flag=True, help="Show the rows alone and judge nothing.")
@machine_option
@data_options
@output_options
def command(
    requirement: str, no_machine: bool, machine_path: Path | None, data: DataOptions, output: OutputOptions
) -> int:
    """Show the rows and rules behind an answer.

    Each build that REQUIREMENT admits is judged for this machine (or --machine): whether it runs,
    every rule that speaks against it, what would help, and the rows that decide, each with its
    source. -v shows all releases.

    \b
    mlenv matrix why "torch==2.15"
    mlenv matrix why "jax[cuda13]" --machine other.toml
    mlenv matrix why xgboost-cpu --no-machine
    """
    if no_machine and machine_path is not None:
        raise UsageError("--no-machine and --machine contradict each other", hint="leave out one of them")
    matrix = data.open_matrix()
    asked = parse_requirement(matrix, requirement)
    document = explain_requirement(matrix, asked, None if no_machine else get_machine(machine_path))
    terminal = output.open_terminal()
    emit(terminal, document, lambda: render_why(document, terminal.width, verbose=output.verbose), output)
    return ExitStatus.OK


def parse_requirement(matrix: Matrix, text: str) -> Asked:
    """A requirement such as ``jax[cuda13]>=0.10``; :class:`UsageError` where no framework is meant."""
    local = _LOCAL.search(text)
    try:
        requirement = Requirement(_LOCAL.sub("", text))
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"{text!r} is no requirement ({reason})", hint='expected a text such as "torch>=2.14"'
        ) from None
    if requirement.url or requirement.marker:
        raise UsageError(
            f"{text!r}: addresses and markers are not supported here", hint='expected a text such as "torch>=2.14"'
        )
    framework = matrix.framework(find_framework(matrix, requirement.name))
    name = canonicalize_name(requirement.name)
    return Asked(
        text=text,
        framework=framework,
        distribution="" if name == framework.id else name,
        specifier=requirement.specifier,
        extras=frozenset(requirement.extras),
        variant=local.group(1) if local else "",
    )
