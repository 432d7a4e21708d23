"""Reports about builds, as the checks get them: a symptom, a machine, packages."""

from __future__ import annotations

from mlenv.checks.finding import Finding
from mlenv.checks.registry import Case, all_checks, diagnose
from mlenv.clues.find import find_clues
from mlenv.facts.environment import Environment
from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.report import FrameworkView, Report, Wanted
from mlenv.facts.system import OperatingSystem, Variable
from mlenv.matrix.load import Matrix
from tests.unit.checks.checks_cases import make_environment

BUILTIN = Matrix()
LINUX = Machine(os=OperatingSystem(family="linux"), architecture="x86_64")
WINDOWS = Machine(os=OperatingSystem(family="windows", version="11"), architecture="x86_64")


def mac(version: str) -> Machine:
    """A Mac with an Apple processor."""
    return Machine(os=OperatingSystem(family="macos", version=version), architecture="arm64")


def with_gpu(name: str, vendor: str = "nvidia", **facts: object) -> Machine:
    """A Linux machine with one card."""
    gpu = Gpu(vendor=vendor, name=name, integrated=False, **facts)  # type: ignore[arg-type]
    return Machine(os=LINUX.os, architecture="x86_64", gpus=(gpu,))


def with_variable(name: str, value: str) -> Machine:
    """A Linux machine where a variable is set."""
    return Machine(os=LINUX.os, architecture="x86_64", variables=(Variable(name=name, value=value),))


def report_on(
    symptom: str,
    machine: Machine = LINUX,
    *packages: str,
    text: str = "",
    view: FrameworkView | None = None,
    wanted: str = "",
) -> Case:
    """A case of what somebody reported; ``packages`` are ``name==version``."""
    environment: Environment | None = make_environment(*packages) if packages else None
    report = Report(
        symptom=symptom,
        text=text,
        views=(view,) if view else (),
        wanted=(Wanted(name=wanted),) if wanted else (),
    )
    return Case(machine=machine, environment=environment, report=report, clues=find_clues(symptom, text))


def judge(slug: str, case: Case, matrix: Matrix = BUILTIN) -> tuple[Finding, ...]:
    """What the checks of that id find; a check that crashes fails the test."""
    diagnosis = diagnose(case, matrix, [check for check in all_checks() if check.id == slug])
    assert [outcome.detail for outcome in diagnosis.checks if outcome.outcome == "crashed"] == []
    return diagnosis.findings
