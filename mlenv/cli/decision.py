"""From a request to a plan: by the matrix alone, or proven by a package resolver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mlenv.facts.machine import Machine
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

    ``here`` says that the machine is this one.  :class:`NoPlanError` where what was asked for
    clashes in itself, :class:`NoVerdictError` where the resolver is missing.
    """
    if options.manager not in CONDA_FAMILY:
        from mlenv.cli.proof import prove_request

        return prove_request(request, machine, matrix, options, terminal, here=here)
    from mlenv.prove.conda import prove_conda_plan
    from mlenv.resolve.solve import resolve
    from mlenv.system.folders import cache_folder

    answer = resolve(request, machine, matrix)
    cache = str(cache_folder() / "conda")
    plan = prove_conda_plan(answer, machine, matrix, None, options, say=terminal.note, cache=cache)
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
