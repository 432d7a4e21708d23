"""Who installs conda packages: the manager that was asked for, or py-rattler where it is not there."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mlenv.facts.machine import Machine
from mlenv.facts.python import ManagerName, PackageManager
from mlenv.plan.options import PlanOptions

STAND_INS = ("conda", "mamba", "micromamba")
"""Managers whose lock py-rattler can install; a workspace of pixi is pixi's own."""
RATTLER_MODULE = "mlenv.execute.rattler"


class CondaClient(msgspec.Struct, frozen=True, kw_only=True):
    """What is called: ``program`` is the manager, by its path or name, with its version where known.

    ``rattler`` is empty, or the Python whose py-rattler takes the manager's place.
    """

    program: str
    version: str = ""
    rattler: str = ""

    def rattler_argv(self, environment: str, *more: str) -> tuple[str, ...]:
        """The command by which py-rattler makes or fills an environment."""
        # -I: a file of the user's folder must not take the place of a module.
        return (self.rattler, "-I", "-m", RATTLER_MODULE, "--prefix", environment, *more)


def choose_client(machine: Machine, options: PlanOptions, rattler: str = "") -> CondaClient:
    """Who carries out the plan on this machine.

    The manager is called by the path where the probe found it; by its bare name in a portable plan,
    and where nobody looked.  ``rattler`` is a Python that has py-rattler, for a machine whose
    manager is missing.
    """
    if options.program or options.portable:
        return CondaClient(program=options.program or options.manager)
    found = find_manager(machine, options.manager)
    if found is not None:
        return CondaClient(program=found.path, version=found.version or "")
    stands_in = rattler if options.manager in STAND_INS else ""
    return CondaClient(program=options.manager, rattler=stands_in)


def find_manager(machine: Machine, name: ManagerName) -> PackageManager | None:
    """A manager of the machine, None where it was not found."""
    managers: Sequence[PackageManager] = machine.managers or ()
    return next((row for row in managers if row.name == name), None)
