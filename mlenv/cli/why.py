"""``mlenv why``: what this machine and the matrix say of one requirement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlenv.cli.options import data_options, machine_option, output_options
from mlenv.cli.settings import DataOptions, OutputOptions, emit, get_machine
from mlenv.errors import ExitStatus

if TYPE_CHECKING:
    from mlenv.report.matrix.requirement import Asked
    from mlenv.resolve.request import Request


@click.command("why")
@click.argument("requirement")
@click.option("--python", metavar="X.Y", help="The Python version to use.")
@click.option("--accelerator", metavar="KIND", help="auto, gpu, cpu, cuda, cuXYZ, rocm, rocmX.Y, xpu, mps or tpu.")
@machine_option
@data_options
@output_options
def command(
    requirement: str,
    python: str | None,
    accelerator: str | None,
    machine_path: Path | None,
    data: DataOptions,
    output: OutputOptions,
) -> int:
    """Say whether a requirement can be had on this machine, and why or why not.

    The answer names the build that would be taken, what newer ones fell by which rule and row,
    and the changes that would help, each of them tried. Where nothing can be had the exit status
    is 3. `mlenv matrix why` shows every row behind it.

    \b
    mlenv why "torch==2.15"
    mlenv why "jax[cuda13]" --machine gpu-server.toml
    mlenv why "tensorflow>=2.20" --accelerator gpu
    """
    from mlenv.cli.matrix.why import parse_requirement
    from mlenv.report.redact import mask_machine
    from mlenv.report.why import render_why, why_document
    from mlenv.resolve.resolution import Impossible
    from mlenv.resolve.solve import resolve

    terminal = output.open_terminal()
    matrix = data.open_matrix()
    asked = parse_requirement(matrix, requirement)
    machine = get_machine(machine_path)
    request = make_question(asked, accelerator, python)
    answer = resolve(request, machine, matrix)
    free = resolve(without_conditions(request), machine, matrix)
    document = why_document(requirement, mask_machine(machine), matrix.data_version, answer, free)
    emit(terminal, document, lambda: render_why(document, terminal.width), output)
    return ExitStatus.NO_PLAN if isinstance(answer, Impossible) else ExitStatus.OK


def make_question(asked: Asked, accelerator: str | None, python: str | None) -> Request:
    """The requirement as a request of one framework; a build named in its version pins the accelerator."""
    from mlenv.resolve.request import Request, Wanted, check_python, parse_accelerator

    kind, variant = parse_accelerator(accelerator or _accelerator_of(asked.variant))
    wanted = Wanted(
        name=asked.framework.id,
        specifier=str(asked.specifier),
        extras=tuple(sorted(asked.extras)),
        distribution=asked.distribution,
        origin="the requirement",
    )
    return Request(wanted=(wanted,), accelerator=kind, variant=variant, python=check_python(python))


def _accelerator_of(variant: str) -> str:
    return variant if variant.startswith(("cu", "rocm")) or variant in ("cpu", "xpu") else "auto"


def without_conditions(request: Request) -> Request:
    """The same framework in any version and build."""
    from msgspec.structs import replace

    free = tuple(replace(wanted, specifier="", extras=(), distribution="") for wanted in request.wanted)
    return replace(request, wanted=free, variant=None)
