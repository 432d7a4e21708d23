"""What differs between two snapshots of a machine, as far as environments feel it.

What is unknown on either side is a difference only for accelerators and their drivers: a reading that
fails there is news.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlenv.facts.machine import Machine
from mlenv.report.environments import machine_devices, machine_system
from mlenv.report.environments.change import Change, rank

COMPARISONS: tuple[Callable[[Machine, Machine], Iterator[Change]], ...] = (
    machine_devices.compare_gpus,
    machine_devices.compare_driver,
    machine_devices.compare_runtimes,
    machine_system.compare_platform,
    machine_system.compare_system,
    machine_system.compare_libc,
    machine_system.compare_processor,
    machine_system.compare_memory,
    machine_system.compare_surroundings,
)


def compare_machines(before: Machine, after: Machine) -> tuple[Change, ...]:
    """Every difference that an environment may feel, the highest risk first."""
    return rank(change for compare in COMPARISONS for change in compare(before, after))
