"""Words of everyday work that share some with a message that is known, and what the checks make of them."""

from __future__ import annotations

from functools import cache

from mlenv.checks.registry import Case, diagnose
from mlenv.checks.unexplained import SLUG
from mlenv.facts.machine import Machine
from mlenv.facts.system import OperatingSystem
from tests.unit.checks.checks_cases import make_machine, with_nvidia
from tests.unit.checks.near_misses import DATED
from tests.unit.checks.platform_cases import told_case

MACHINES: dict[str, Machine] = {
    "laptop": make_machine(),
    "server": with_nvidia("8.0", "570.86.10", name="NVIDIA A100-SXM4-80GB"),
    "windows": make_machine(os=OperatingSystem(family="windows", version="11")),
}


def fired(words: str, where: str = "server", text: str = "") -> set[str]:
    """The ids of what is found on a machine because of some words; empty where they say nothing."""
    diagnosis = diagnose(told_case(words, MACHINES[where], text=text), DATED)
    assert [row.id for row in diagnosis.checks if row.outcome == "crashed"] == []
    return {finding.id for finding in diagnosis.findings} - _found_anyway(where) - {SLUG}


def fired_anywhere(words: str) -> set[str]:
    """The ids of what is found on one of the machines because of some words, told or read in a log."""
    told = {slug for where in MACHINES for slug in fired(words, where)}
    return told | fired("", "laptop", text=words)


@cache
def _found_anyway(where: str) -> frozenset[str]:
    return frozenset(finding.id for finding in diagnose(Case(machine=MACHINES[where]), DATED).findings)
