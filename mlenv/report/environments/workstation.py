"""What changed on a workstation between two snapshots: everything that an environment may feel, and the rest.

Facts that come and go (temperature, clocks, free memory, processes, free space) are never compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlenv.facts.machine import Machine
from mlenv.report.environments import machine_access, machine_cards, machine_software
from mlenv.report.environments.change import Change, rank
from mlenv.report.environments.machines import COMPARISONS

FURTHER: tuple[Callable[[Machine, Machine], Iterator[Change]], ...] = (
    machine_cards.compare_cards,
    machine_software.compare_kernel_side,
    machine_software.compare_system_libraries,
    machine_software.compare_interpreters,
    machine_software.compare_package_sources,
    machine_access.compare_devices,
    machine_access.compare_account,
    machine_access.compare_limits,
    machine_access.compare_disks,
    machine_access.compare_ports,
)


def compare_workstations(before: Machine, after: Machine) -> tuple[Change, ...]:
    """Every lasting difference of two snapshots, the highest risk first; what is unknown is none."""
    return rank(change for compare in (*COMPARISONS, *FURTHER) for change in compare(before, after))
