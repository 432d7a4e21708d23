"""``mlenv plan``: what would be installed, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from mlenv.cli.options import data_options, machine_option, plan_output_options, request_options
from mlenv.cli.settings import DEFAULT_ENVIRONMENT, DataOptions, OutputOptions, RequestOptions, get_machine
from mlenv.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlenv.cli.decision import Decision
    from mlenv.cli.forms import Target
    from mlenv.facts.machine import Machine
    from mlenv.facts.python import ManagerName
    from mlenv.matrix.load import Matrix
    from mlenv.plan.options import PlanOptions


@click.command("plan")
@request_options
@click.option(
    "--prove",
    is_flag=True,
    help="Have the package resolver find every package, over the network; the lock comes with it.",
)
@data_options
@machine_option
@plan_output_options
def command(
    asked: RequestOptions, prove: bool, data: DataOptions, machine_path: Path | None, output: OutputOptions
) -> int:
    """Show what would be installed for a profile, and why; changes nothing.

    The plan believes the compatibility matrix. With --prove the package sources are asked what they
    have, and the package resolver (uv; for conda's managers py-rattler) finds a version of every
    package; what it refutes gives way to the next best. A lock (--format pylock) is always proven.

    \b
    mlenv plan --profile pytorch
    mlenv plan --profile jax-gpu --machine gpu-server.toml
    mlenv plan --profile pytorch --with jax --with tensorflow --prove
    mlenv plan --profile pytorch --format shell > setup.sh
    mlenv plan --profile pytorch-gpu --machine gpu-server.toml --output Dockerfile
    """
    from mlenv.cli.decision import decide, decide_proven
    from mlenv.cli.forms import find_targets, write_target
    from mlenv.cli.request import configure_packages, read_request

    terminal = output.open_terminal()
    targets = find_targets(output)
    matrix = data.open_matrix()
    request = read_request(matrix, asked)
    machine = configure_packages(get_machine(machine_path, asked.environment), asked)
    options = plan_options(asked, matrix, targets)
    if prove or any(target.form == "pylock" for target in targets):
        decision = decide_proven(request, machine, matrix, options, terminal, here=machine_path is None)
    else:
        decision = decide(request, machine, matrix, options, folders=bool(asked.find_links))
    texts = make_texts(decision, targets, machine, matrix, options, verbose=output.verbose)
    for target, text in zip(targets, texts, strict=True):
        write_target(terminal, target, text)
    return exit_status(decision)


def plan_options(asked: RequestOptions, matrix: Matrix, targets: Sequence[Target]) -> PlanOptions:
    """What the plan is made for; where only conda's forms are wanted it is conda's or pixi's."""
    from mlenv.cli.request import data_warnings
    from mlenv.plan.forms.render import FORMS, manager_of
    from mlenv.plan.options import PlanOptions

    manager = cast("ManagerName", asked.manager)
    forms = {known for target in targets for known in FORMS if known == target.form}
    managers = {manager_of(form, manager) for form in forms}
    if len(managers) == 1 and not any(target.is_report for target in targets):
        manager = managers.pop()
    return PlanOptions(
        manager=manager,
        environment=str(asked.environment or DEFAULT_ENVIRONMENT),
        offline=asked.offline,
        warnings=data_warnings(matrix),
        as_of=matrix.as_of,
    )


def make_texts(
    decision: Decision,
    targets: Sequence[Target],
    machine: Machine,
    matrix: Matrix,
    options: PlanOptions,
    *,
    verbose: bool,
) -> list[str]:
    """Every form that is wanted, before any is written; :class:`NoPlanError` where a form has no plan."""
    from mlenv.cli.forms import Sources, make_form
    from mlenv.errors import NoPlanError
    from mlenv.report.document import render_json
    from mlenv.report.plan import impossible_document, mask_plan, plan_document, render_text
    from mlenv.report.redact import mask_machine
    from mlenv.resolve.resolution import Impossible

    plan, shown = decision.plan, mask_machine(machine)
    if isinstance(plan, Impossible):
        document = impossible_document(plan, shown, matrix.data_version)
    else:
        document = plan_document(mask_plan(plan), shown, matrix.data_version)
    texts = []
    for target in targets:
        if target.form == "json":
            texts.append(render_json(document))
        elif target.is_report:
            texts.append(render_text(document, verbose=verbose))
        elif isinstance(plan, Impossible) or decision.resolution is None:
            text = render_text(document).rstrip()
            raise NoPlanError(text[0].lower() + text[1:])
        else:
            sources = Sources(
                plan=plan,
                resolution=decision.resolution,
                machine=machine,
                matrix=matrix,
                supply=decision.supply,
                options=options,
            )
            texts.append(make_form(target.form, sources))
    return texts


def exit_status(decision: Decision) -> int:
    """3 where there is no plan, 5 where a proof was asked for and nobody could give it."""
    from mlenv.resolve.resolution import Impossible

    if isinstance(decision.plan, Impossible):
        return ExitStatus.NO_PLAN
    proof = decision.plan.proof
    return ExitStatus.NO_VERDICT if proof is not None and proof.status == "not_proven" else ExitStatus.OK
