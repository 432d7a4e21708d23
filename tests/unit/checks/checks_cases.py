"""Machines and environments for the checks; ``FOLDER`` holds a small matrix of our own."""

from __future__ import annotations

from pathlib import Path

from mlenv.checks.finding import CheckOutcome, Finding
from mlenv.checks.registry import Case, ImportAttempt, all_checks, diagnose
from mlenv.facts.drivers import Nvidia
from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.gpu import Gpu
from mlenv.facts.hardware import Cpu, Disk, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.reading import Reading
from mlenv.facts.system import Libc, OperatingSystem
from mlenv.matrix.load import Matrix

GIB = 1024**3
FOLDER = Path(__file__).with_name("matrix")


def make_machine(**changes: object) -> Machine:
    """A healthy laptop without a GPU, save for the changes."""
    facts: dict[str, object] = {
        "os": OperatingSystem(
            family="linux",
            distribution="Ubuntu",
            version="24.04",
            libc=Libc(family="glibc", version="2.39"),
            wsl=0,
            container="",
        ),
        "architecture": "x86_64",
        "cpu": Cpu(model="Intel Core i5-1240P", flags=("avx", "avx2")),
        "memory": Memory(total_bytes=16 * GIB),
        "disks": (Disk(purpose="environment", path="/home/me/.venv", free_bytes=200 * 10**9),),
        "gpus": (),
        "pythons": (PythonInterpreter(version="3.12.3", path="/usr/bin/python3.12", bits=64),),
    }
    return Machine(**{**facts, **changes})  # type: ignore[arg-type]


def make_linux(**changes: object) -> OperatingSystem:
    """Ubuntu 24.04, save for the changes."""
    facts: dict[str, object] = {
        "family": "linux",
        "distribution": "Ubuntu",
        "version": "24.04",
        "libc": Libc(family="glibc", version="2.39"),
        "wsl": 0,
        "container": "",
    }
    return OperatingSystem(**{**facts, **changes})  # type: ignore[arg-type]


def with_nvidia(
    capability: str | None,
    driver: str | None,
    *,
    name: str = "NVIDIA GPU X",
    memory: int | None = 24 * GIB,
    **changes: object,
) -> Machine:
    """The laptop with one NVIDIA GPU."""
    gpu = Gpu(vendor="nvidia", name=name, index=0, compute_capability=capability, memory_bytes=memory)
    state = Nvidia(driver=driver, nvml="ok") if driver else None
    return make_machine(**{"gpus": (gpu,), "nvidia": state, **changes})


def make_environment(*packages: str, python: str | None = "3.12.3") -> Environment:
    """An environment with packages given as ``name==version`` or ``name==version!build``."""
    distributions = []
    for package in packages:
        name, _, rest = package.partition("==")
        version, _, build = rest.partition("!")
        distributions.append(Distribution(name=name, version=version, build=build or None))
    return Environment(
        path="/home/me/.venv",
        python=python,
        executable="/home/me/.venv/bin/python",
        distributions=tuple(distributions),
    )


def run_one(
    slug: str,
    matrix: Matrix,
    machine: Machine,
    environment: Environment | None = None,
    imports: tuple[ImportAttempt, ...] | None = None,
) -> tuple[CheckOutcome, tuple[Finding, ...]]:
    """One check on one case: how it went, and what it found."""
    chosen = [check for check in all_checks() if check.id == slug]
    diagnosis = diagnose(Case(machine=machine, environment=environment, imports=imports), matrix, chosen)
    return diagnosis.checks[0], diagnosis.findings


def found(subject: str, source: str) -> Reading:
    """A reading that gave an answer."""
    return Reading(id=subject, source=source, outcome="found")


def absent(subject: str, source: str) -> Reading:
    """A reading that found nothing."""
    return Reading(id=subject, source=source, outcome="absent")
