"""Reports for the checks: what somebody told, and what the checks of drivers, containers and GPUs say first."""

from __future__ import annotations

from mlenv.checks.finding import Diagnosis, Finding
from mlenv.checks.registry import Case, all_checks, diagnose
from mlenv.clues.find import find_clues
from mlenv.facts.drivers import Nvidia
from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.report import FrameworkView, Report
from mlenv.facts.system import OperatingSystem
from mlenv.matrix.load import Matrix

MATRIX = Matrix()
LINUX = OperatingSystem(family="linux")
SUBJECTS = (
    "containers",
    "driver",
    "driver_version",
    "fabric",
    "gpu_fault",
    "gpu_use",
    "kernel_module",
    "mig",
    "rocm_device",
    "uvm",
    "visible_devices",
    "wsl",
)
CHECKS = [item for item in all_checks() if item.function.__module__.rpartition(".")[2] in SUBJECTS]
WORKS = (FrameworkView(framework="torch", available=True),)


def machine(**facts: object) -> Machine:
    """A Linux machine of which nothing else is known, save for the facts."""
    return Machine(**{"os": LINUX, **facts})  # type: ignore[arg-type]


def linux(**facts: object) -> OperatingSystem:
    """Linux, save for the facts."""
    return OperatingSystem(**{"family": "linux", **facts})  # type: ignore[arg-type]


def nvidia(name: str = "NVIDIA A100-SXM4-80GB", **facts: object) -> Gpu:
    """One NVIDIA GPU."""
    return Gpu(**{"vendor": "nvidia", "name": name, **facts})  # type: ignore[arg-type]


def with_driver(version: str, *gpus: Gpu, **facts: object) -> Machine:
    """A Linux machine with a driver."""
    return machine(nvidia=Nvidia(driver=version), gpus=gpus or None, **facts)


def told(symptom: str, where: Machine | None = None, text: str = "", **facts: object) -> Case:
    """What somebody reported."""
    report = Report(symptom=symptom, text=text, **facts)  # type: ignore[arg-type]
    return Case(machine=where or machine(), report=report, clues=find_clues(symptom, text))


def judge(case: Case) -> Diagnosis:
    """What the checks of these subjects say."""
    diagnosis = diagnose(case, MATRIX, CHECKS)
    assert [row for row in diagnosis.checks if row.outcome == "crashed"] == []
    return diagnosis


def first(case: Case) -> str:
    """The id of the first finding; empty for none."""
    return next((finding.id for finding in judge(case).findings), "")


def find(case: Case, slug: str) -> Finding | None:
    """The finding with that id."""
    return next((finding for finding in judge(case).findings if finding.id == slug), None)


def errors(case: Case) -> list[str]:
    """The ids of findings that are errors."""
    return [finding.id for finding in judge(case).findings if finding.severity == "error"]
