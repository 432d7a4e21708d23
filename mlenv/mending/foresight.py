"""Whether a mending would remove its cause: the same check, asked of the environment as it would be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from mlenv.checks.registry import Case, all_checks, diagnose
from mlenv.facts.environment import Distribution, Environment
from mlenv.matrix.load import Matrix
from mlenv.mending.mending import Mending


def find_lasting(
    mendings: Iterable[Mending], case: Case, matrix: Matrix, planned: Mapping[str, str], python: str
) -> tuple[str, ...]:
    """The ids of findings that would still be there with the planned packages (versions by name).

    A finding that rests on a message alone cannot be foreseen; the proof of the new environment says it.
    """
    if case.environment is None:
        return ()
    wanted = {mending.finding for mending in mendings if mending.kind != "unset"}
    checks = [check for check in all_checks() if check.id in wanted]
    later = Case(machine=case.machine, environment=_as_planned(case.environment, planned, python))
    return tuple(dict.fromkeys(row.id for row in diagnose(later, matrix, checks).findings if row.id in wanted))


def _as_planned(environment: Environment, planned: Mapping[str, str], python: str) -> Environment:
    """The environment with other packages; what its files would be is not known."""
    return replace(
        environment,
        python=python,
        distributions=tuple(Distribution(name=name, version=version) for name, version in sorted(planned.items())),
        conda_packages=None,
        shadows=None,
        overlaps=None,
        openmp=None,
        libraries=None,
    )
