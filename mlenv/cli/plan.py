"""``mlenv plan``: what would be installed, and why."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from mlenv.cli.options import (
    DEFAULT_ENVIRONMENT,
    emit,
    get_day,
    get_machine,
    get_matrix,
    machine_options,
    make_terminal,
    output_options,
    request_options,
)
from mlenv.errors import ExitStatus


@click.command("plan")
@request_options
@machine_options
@output_options
def command(
    profiles: tuple[str, ...],
    extras: tuple[str, ...],
    python: str | None,
    accelerator: str | None,
    manager: str,
    environment: Path | None,
    index_url: str | None,
    extra_index_urls: tuple[str, ...],
    find_links: tuple[str, ...],
    offline: bool,
    machine_path: Path | None,
    as_of: dt.datetime | None,
    form: str | None,
    outputs: tuple[Path, ...],
    quiet: bool,
    verbose: bool,
    no_color: bool,
) -> int:
    """Show what would be installed for a profile, and why; changes nothing.

    The plan believes the compatibility matrix; `mlenv install --dry-run` also asks the package
    sources what they really have.

    \b
    mlenv plan --profile pytorch
    mlenv plan --profile jax-gpu --machine gpu-server.toml
    mlenv plan --profile pytorch --with transformers --accelerator cu126
    """
    from mlenv.cli.request import configure_packages, read_request
    from mlenv.plan.uv import UvOptions, build_plan
    from mlenv.report.plan import impossible_document, mask_plan, plan_document, render_text
    from mlenv.report.redact import mask_machine
    from mlenv.resolve.resolution import Impossible
    from mlenv.resolve.solve import resolve
    from mlenv.supply.ask import local_supply

    terminal = make_terminal(quiet=quiet, verbose=verbose, no_color=no_color)
    matrix = get_matrix()
    request = read_request(
        matrix, profiles=profiles, extras=extras, accelerator=accelerator, python=python, as_of=get_day(as_of)
    )
    machine = configure_packages(
        get_machine(machine_path, environment),
        index_url=index_url,
        extra_index_urls=extra_index_urls,
        find_links=find_links,
    )
    supply = local_supply(request, machine, matrix, offline=offline) if offline or find_links else None
    answer = resolve(request, machine, matrix, supply)
    shown = mask_machine(machine)
    if isinstance(answer, Impossible):
        document = impossible_document(answer, shown, matrix.version)
    else:
        options = UvOptions(uv="uv", environment=str(environment or DEFAULT_ENVIRONMENT), offline=offline)
        document = plan_document(mask_plan(build_plan(answer, machine, matrix, supply, options)), shown, matrix.version)
    emit(terminal, document, lambda: render_text(document, verbose=verbose), form=form, outputs=outputs)
    return ExitStatus.NO_PLAN if isinstance(answer, Impossible) else ExitStatus.OK
