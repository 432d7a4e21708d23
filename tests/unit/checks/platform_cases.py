"""Reports about platforms and installers, as cases: a message, and the facts that stand beside it."""

from __future__ import annotations

from mlenv.checks.finding import Finding
from mlenv.checks.registry import Case, all_checks, diagnose
from mlenv.clues.find import find_clues
from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.report import Report
from mlenv.facts.system import Architecture, OperatingSystem, SystemFamily
from mlenv.matrix.load import Matrix
from tests.unit.checks.checks_cases import make_linux

NONE_OF = "ERROR: Could not find a version that satisfies the requirement {0} (from versions: none)\n"
NO_MATCH = NONE_OF + "ERROR: No matching distribution found for {0}"


def told_machine(
    family: SystemFamily = "linux",
    python: str | None = None,
    architecture: Architecture | None = "x86_64",
    **told: object,
) -> Machine:
    """A machine of which a report tells little: what is not given is unknown.

    ``bits``, ``free_threaded`` and ``python_architecture`` are those of its Python.
    """
    system = make_linux(wsl=None, container=None) if family == "linux" else OperatingSystem(family=family)
    kind = {name: told.pop(name) for name in ("bits", "free_threaded") if name in told}
    interpreter = PythonInterpreter(version=python or "", architecture=told.pop("python_architecture", None), **kind)  # type: ignore[arg-type]
    facts = {"os": system, "pythons": (interpreter,) if python else None, **told}
    return Machine(architecture=architecture, **facts)  # type: ignore[arg-type]


def told_case(
    symptom: str,
    machine: Machine | None = None,
    *,
    text: str = "",
    environment: Environment | None = None,
    **told: object,
) -> Case:
    """What somebody reported, with its clues."""
    report = Report(symptom=symptom, text=text, **told)  # type: ignore[arg-type]
    return Case(
        machine=machine or told_machine(), environment=environment, report=report, clues=find_clues(symptom, text)
    )


def first(case: Case, matrix: Matrix) -> Finding | None:
    """The cause that is named first; that nobody knows one is none."""
    findings = [finding for finding in diagnose(case, matrix).findings if finding.id != "error-not-explained"]
    return findings[0] if findings else None


def first_id(case: Case, matrix: Matrix) -> str:
    """The id of the cause that is named first; empty where there is none."""
    finding = first(case, matrix)
    return finding.id if finding else ""


def ran_well(case: Case, matrix: Matrix) -> bool:
    """Whether no check crashed."""
    return all(row.outcome != "crashed" for row in diagnose(case, matrix, all_checks()).checks)
