"""From a request to a plan: by the matrix alone, or proven by a package resolver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mlenv.facts.machine import Machine
from mlenv.facts.python import ManagerName
from mlenv.matrix.load import Matrix
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan
from mlenv.resolve.request import Request
from mlenv.resolve.resolution import Impossible, Resolution
from mlenv.supply.offers import Supply

if TYPE_CHECKING:
    from mlenv.terminal import Terminal

CONDA_FAMILY = ("conda", "mamba", "micromamba", "pixi")


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A plan and what it was made from, or why there is none."""

    plan: Plan | Impossible
    resolution: Resolution | None = None
    supply: Supply | None = None


def decide(
    request: Request, machine: Machine, matrix: Matrix, options: PlanOptions, *, folders: bool = False
) -> Decision:
    """The plan that the matrix gives, without the network; ``folders`` says that wheel folders are to be read."""
    from mlenv.plan.build import build_plan
    from mlenv.resolve.solve import resolve
    from mlenv.supply.ask import local_supply

    local = options.offline or folders
    supply = local_supply(request, machine, matrix, offline=options.offline) if local else None
    answer = _as_manager_has_it(resolve(request, machine, matrix, supply), machine, matrix, options)
    if isinstance(answer, Impossible):
        return Decision(plan=answer)
    plan = build_plan(answer, machine, matrix, supply, options)
    return Decision(plan=plan, resolution=answer, supply=supply)


def decide_proven(
    request: Request, machine: Machine, matrix: Matrix, options: PlanOptions, terminal: Terminal, *, here: bool
) -> Decision:
    """The best plan that the package resolver of its manager proves; ``plan.proof`` says whether it did.

    ``here`` says that the machine is this one: what is missing on it can then be made up for by what
    mlenv has with it.  :class:`NoPlanError` where what was asked for clashes in itself,
    :class:`NoVerdictError` where the resolver is missing.
    """
    if options.manager not in CONDA_FAMILY:
        from mlenv.cli.proof import prove_request

        return prove_request(request, machine, matrix, options, terminal, here=here)
    from mlenv.plan.conda_client import find_manager
    from mlenv.prove.channel import has_rattler

    if here and find_manager(machine, options.manager) is not None and not has_rattler():
        return _decide_unasked(request, machine, matrix, options)
    return _decide_by_channel(request, machine, matrix, options, terminal, here=here)


def demand_client(manager: ManagerName, machine: Machine, plan: Plan | None = None, *, offline: bool = False) -> None:
    """:class:`NoVerdictError` where nobody on this machine can install conda packages for a manager.

    ``plan`` is the plan to carry out, where there is one already: py-rattler takes a manager's place
    for a lock, not for wishes.  ``offline`` says that no channel was asked.
    """
    from mlenv.errors import NoVerdictError
    from mlenv.plan.conda_client import STAND_INS, find_manager
    from mlenv.prove.channel import has_rattler

    if manager not in CONDA_FAMILY or find_manager(machine, manager) is not None:
        return
    if manager not in STAND_INS:
        raise NoVerdictError(
            f"{manager} is not on PATH",
            hint=f"install {manager} or open a shell that has it; `--manager uv` needs nothing",
        )
    if not has_rattler():
        raise NoVerdictError(
            f"{manager} is not on PATH, and py-rattler, which could take its place, is not installed",
            hint=f"install {manager} or open a shell that has it, or `pip install 'mlenv[conda]'`",
        )
    if plan is not None and plan.lock is None:
        detail = f": {plan.proof.detail}" if plan.proof else ""
        raise NoVerdictError(
            f"{manager} is not on PATH, and without an answer of the channel there is no lock to install{detail}",
            hint="run it once without --offline: what the channel answers is kept"
            if offline
            else "check the network, proxy and channel settings, then run it again",
        )


def _decide_unasked(request: Request, machine: Machine, matrix: Matrix, options: PlanOptions) -> Decision:
    """The plan that the manager fills as it finds the channel, since nobody else can ask it."""
    from mlenv.matrix.sources.conda_channel import MISSING
    from mlenv.plan.proof import Proof

    decision = decide(request, machine, matrix, options)
    if isinstance(decision.plan, Impossible):
        return decision
    proof = Proof(status="not_proven", detail=f"{options.manager} finds the packages itself: {MISSING}")
    return msgspec.structs.replace(decision, plan=msgspec.structs.replace(decision.plan, proof=proof))


def _decide_by_channel(
    request: Request, machine: Machine, matrix: Matrix, options: PlanOptions, terminal: Terminal, *, here: bool
) -> Decision:
    import sys

    from mlenv.prove.conda import prove_conda_plan
    from mlenv.resolve.solve import resolve
    from mlenv.system.folders import cache_folder

    answer = resolve(request, machine, matrix)
    cache = str(cache_folder() / "conda")
    rattler = sys.executable if here else ""
    plan = prove_conda_plan(answer, machine, matrix, None, options, say=terminal.note, cache=cache, rattler=rattler)
    adapted = _as_manager_has_it(answer, machine, matrix, options)
    return Decision(plan=plan, resolution=adapted if isinstance(adapted, Resolution) else None)


def _as_manager_has_it(
    answer: Resolution | Impossible, machine: Machine, matrix: Matrix, options: PlanOptions
) -> Resolution | Impossible:
    """The resolver's answer is about wheels; conda's packages serve other machines."""
    if options.manager not in CONDA_FAMILY:
        return answer
    from mlenv.resolve.conda_answer import adapt_to_conda

    return adapt_to_conda(answer, machine, matrix)
