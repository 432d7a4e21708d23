"""One resolution, the plan of any package manager."""

from __future__ import annotations

from typing import Protocol

from mlenv.facts.machine import Machine
from mlenv.facts.python import ManagerName
from mlenv.matrix.load import Matrix
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan
from mlenv.resolve.resolution import Resolution
from mlenv.supply.offers import Supply

__all__ = ["PlanOptions", "build_plan"]


class Builder(Protocol):
    """Makes the plan of one manager."""

    def __call__(
        self, resolution: Resolution, machine: Machine, matrix: Matrix, supply: Supply | None, options: PlanOptions
    ) -> Plan:
        """The plan; ``options.manager`` says for which of its managers."""


def build_plan(
    resolution: Resolution, machine: Machine, matrix: Matrix, supply: Supply | None, options: PlanOptions
) -> Plan:
    """Turn a resolution into files and commands for the manager of the options."""
    return _find_builder(options.manager)(resolution, machine, matrix, supply, options)


def _find_builder(manager: ManagerName) -> Builder:
    """The builder of a manager; those of the others are not loaded."""
    if manager == "uv":
        from mlenv.plan.uv import build_uv_plan

        return build_uv_plan
    if manager == "pip":
        from mlenv.plan.pip import build_pip_plan

        return build_pip_plan
    if manager == "pixi":
        from mlenv.plan.pixi import build_pixi_plan

        return build_pixi_plan
    from mlenv.plan.conda import build_conda_plan

    return build_conda_plan
