"""``mlenv plan``: what would be installed, and why."""

from __future__ import annotations

from pathlib import Path

import click

from mlenv.cli.options import data_options, machine_option, output_options, request_options
from mlenv.cli.settings import DEFAULT_ENVIRONMENT, DataOptions, OutputOptions, RequestOptions, emit, get_machine
from mlenv.errors import ExitStatus


@click.command("plan")
@request_options
@data_options
@machine_option
@output_options
def command(asked: RequestOptions, data: DataOptions, machine_path: Path | None, output: OutputOptions) -> int:
    """Show what would be installed for a profile, and why; changes nothing.

    The plan believes the compatibility matrix; `mlenv install --dry-run` also asks the package
    sources what they really have.

    \b
    mlenv plan --profile pytorch
    mlenv plan --profile jax-gpu --machine gpu-server.toml
    mlenv plan --profile pytorch --with transformers --accelerator cu126
    """
    from mlenv.cli.request import configure_packages, data_warnings, read_request
    from mlenv.plan.uv import UvOptions, build_plan
    from mlenv.report.plan import impossible_document, mask_plan, plan_document, render_text
    from mlenv.report.redact import mask_machine
    from mlenv.resolve.resolution import Impossible
    from mlenv.resolve.solve import resolve
    from mlenv.supply.ask import local_supply

    terminal = output.open_terminal()
    matrix = data.open_matrix()
    request = read_request(matrix, asked)
    machine = configure_packages(get_machine(machine_path, asked.environment), asked)
    local = asked.offline or asked.find_links
    supply = local_supply(request, machine, matrix, offline=asked.offline) if local else None
    answer = resolve(request, machine, matrix, supply)
    shown = mask_machine(machine)
    if isinstance(answer, Impossible):
        document = impossible_document(answer, shown, matrix.data_version)
    else:
        options = UvOptions(
            uv="uv",
            environment=str(asked.environment or DEFAULT_ENVIRONMENT),
            offline=asked.offline,
            warnings=data_warnings(matrix),
            as_of=matrix.as_of,
        )
        document = plan_document(
            mask_plan(build_plan(answer, machine, matrix, supply, options)), shown, matrix.data_version
        )
    emit(terminal, document, lambda: render_text(document, verbose=output.verbose), output)
    return ExitStatus.NO_PLAN if isinstance(answer, Impossible) else ExitStatus.OK
