"""A proven plan of conda's family for another machine like the one it was proven on."""

from __future__ import annotations

from msgspec.structs import replace

from mlenv.plan.conda_steps import RECORDS_FILE, create_argv, locked_argv
from mlenv.plan.plan import Plan, Step


def make_portable(plan: Plan) -> Plan:
    """The plan with its manager called by its name, whoever carries it out on this machine.

    Of a plan that was not proven nothing but the name changes.
    """
    installs = next((step for step in plan.steps if step.kind == "install"), None)
    steps = tuple(_portable(step, plan) if step.kind == "create" or step is installs else step for step in plan.steps)
    return replace(plan, steps=steps, files=tuple(file for file in plan.files if file.path != RECORDS_FILE))


def _portable(step: Step, plan: Plan) -> Step:
    by_rattler = any(file.path == RECORDS_FILE for file in plan.files)
    if not by_rattler:
        return replace(step, argv=(plan.manager, *step.argv[1:]))
    if step.kind == "create":
        return replace(step, argv=create_argv(plan.manager, plan.manager, plan.environment))
    return replace(step, argv=locked_argv(plan.manager, plan.environment, offline="--offline" in step.argv))
