"""The answer: the best joint choice of accelerator, Python, releases and builds, or why there is none.

Each accelerator in question is an attempt of its own (:mod:`mlenv.resolve.attempt`); the search
(:mod:`mlenv.resolve.search`) finds its best joint choice.  docs/resolver.md has the law by which
choices and accelerators are compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Accelerator
from mlenv.resolve.attempt import Attempt, Case, Placed, make_attempt
from mlenv.resolve.candidates import Candidate
from mlenv.resolve.devices import accelerators_to_try
from mlenv.resolve.explain import explain_choice
from mlenv.resolve.lift import find_lifts
from mlenv.resolve.refusal import explain_failure
from mlenv.resolve.refutation import Refutation
from mlenv.resolve.request import Request
from mlenv.resolve.resolution import Impossible, Pick, Resolution
from mlenv.resolve.split import find_split
from mlenv.supply.offers import Supply


def resolve(
    request: Request,
    machine: Machine,
    matrix: Matrix,
    supply: Supply | None = None,
    refuted: Sequence[Refutation] = (),
) -> Resolution | Impossible:
    """The best environment for a request on a machine, or the reasons why there is none.

    ``supply`` is what the package sources offer (without one the matrix is believed); ``refuted``
    are sets of releases that the package resolver proved impossible.
    """
    case = Case(request=request, machine=machine, matrix=matrix, supply=supply, refuted=tuple(refuted))
    attempts, chosen = try_accelerators(case)
    if chosen is None:
        return explain_failure(case, attempts)
    return _conclude(case, attempts, chosen)


def try_accelerators(case: Case) -> tuple[list[Attempt], Attempt | None]:
    """The attempts that were made, and the one that serves best (None where none has an answer).

    A device goes before the CPU; of several the one that more of the required frameworks use, then
    the first in order.  What rests on unproven builds yields to what is proven, on the CPU too.
    """
    attempts: list[Attempt] = []
    for accelerator in accelerators_to_try(case.request, case.machine):
        if accelerator == "cpu" and (proven := _best_proven(attempts)) is not None:
            return attempts, proven
        attempts.append(make_attempt(case, accelerator))
    answered = [attempt for attempt in attempts if attempt.choice is not None]
    return attempts, _best_proven(attempts) or next(iter(answered), None)


def _best_proven(attempts: Sequence[Attempt]) -> Attempt | None:
    proven = [attempt for attempt in attempts if attempt.choice is not None and not attempt.doubtful]
    return min(proven, key=lambda attempt: -attempt.users, default=None)


def _conclude(case: Case, attempts: Sequence[Attempt], chosen: Attempt) -> Resolution:
    candidates = {row.candidate.framework.id: row.candidate for row in chosen.placed if row.candidate is not None}
    reasons, rejected, warnings = explain_choice(case, attempts, chosen)
    return Resolution(
        request=case.request,
        accelerator=chosen.accelerator,
        variant=_name_variant(candidates, chosen.accelerator),
        python=chosen.python.series,
        interpreter=chosen.python.interpreter,
        picks=tuple(_pick(row) for row in chosen.placed if row.candidate is not None),
        passthrough=tuple(wanted for wanted in case.request.wanted if not wanted.known),
        reasons=reasons,
        rejected=rejected,
        warnings=warnings,
        lifts=find_lifts(attempts, chosen),
        apart=find_split(chosen),
        variables=_variables(case.request, candidates),
    )


def _name_variant(candidates: dict[str, Candidate], accelerator: Accelerator) -> str:
    """The build that the plan is named after: PyTorch's, else the first by name that brings CUDA libraries."""
    using = {name: row for name, row in candidates.items() if row.uses_accelerator}
    if "torch" in using:
        return using["torch"].build.variant
    if accelerator == "cpu" or not using:
        return "cpu"
    return using[min(using, key=lambda name: (not using[name].build.runtime, name))].build.variant


def _variables(request: Request, candidates: dict[str, Candidate]) -> dict[str, str]:
    """The variables of the profiles, and those of the alternatives that were taken, the preferred one's first."""
    chosen = [table for name, table in request.variables_with.items() if name in candidates]
    return {**request.variables, **{key: value for table in reversed(chosen) for key, value in table.items()}}


def _pick(row: Placed) -> Pick:
    assert row.candidate is not None
    assert row.source is not None
    return Pick(
        wanted=row.wanted,
        framework=row.candidate.framework.id,
        release=row.candidate.release,
        build=row.candidate.build,
        source=row.source.source,
        local=row.source.local,
    )
