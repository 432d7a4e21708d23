"""No check breaks on a fact that is missing, and none judges by the built-in matrix what is fine."""

from __future__ import annotations

import msgspec
import pytest

from mlenv.checks.registry import Case, diagnose
from mlenv.facts.drivers import Nvidia
from mlenv.facts.environment import Environment
from mlenv.facts.gpu import Gpu
from mlenv.facts.hardware import Cpu, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.system import Libc, OperatingSystem
from mlenv.matrix.load import Matrix
from tests.unit.checks.checks_cases import GIB, make_environment, make_linux, make_machine, with_nvidia

AMD = make_machine(gpus=(Gpu(vendor="amd", name="AMD Radeon RX 7900 XTX", gfx="gfx1100", memory_bytes=24 * GIB),))
MAC = make_machine(
    os=OperatingSystem(family="macos", version="15.1", wsl=None, container=""),
    architecture="arm64",
    cpu=Cpu(model="Apple M3"),
    gpus=(Gpu(vendor="apple", name="Apple M3", integrated=True),),
    pythons=(PythonInterpreter(version="3.13.1", architecture="arm64", bits=64),),
)
WINDOWS = with_nvidia("12.0", "581.29", os=OperatingSystem(family="windows", version="11", container=""))
SERVER = make_machine(
    gpus=tuple(
        Gpu(vendor="nvidia", name="NVIDIA H100 80GB HBM3", index=n, compute_capability="9.0", memory_bytes=80 * GIB)
        for n in range(8)
    ),
    nvidia=Nvidia(driver="580.95.05", kernel_module="580.95.05", nvml="ok", cuda="13.0"),
    memory=Memory(total_bytes=2048 * GIB),
)
MACHINES = {
    "laptop": make_machine(),
    "workstation": with_nvidia("8.9", "580.95.05"),
    "older-driver": with_nvidia("8.9", "570.133.20"),
    "wsl": with_nvidia("8.9", "581.29", os=make_linux(wsl=2)),
    "server": SERVER,
    "amd": AMD,
    "mac": MAC,
    "windows": WINDOWS,
    "arm-server": make_machine(architecture="aarch64", cpu=Cpu(model="Neoverse-V2", flags=("asimd", "sve"))),
    "ubuntu-22.04": make_machine(
        os=make_linux(version="22.04", libc=Libc(family="glibc", version="2.35")),
        pythons=(PythonInterpreter(version="3.10.12", bits=64),),
    ),
}


def _without_each(value: msgspec.Struct) -> list[msgspec.Struct]:
    """The value with one field after the other unknown."""
    fields = [field for field in msgspec.structs.fields(type(value)) if field.default is not msgspec.NODEFAULT]
    return [msgspec.structs.replace(value, **{field.name: field.default}) for field in fields]


def _lesser(machine: Machine) -> list[Machine]:
    """Every machine with one fact less."""
    found = [row for row in _without_each(machine) if isinstance(row, Machine)]
    for name in ("os", "cpu", "memory", "nvidia"):
        part = getattr(machine, name)
        found += [msgspec.structs.replace(machine, **{name: row}) for row in _without_each(part)] if part else []
    for name in ("gpus", "disks", "pythons"):
        rows = getattr(machine, name) or ()
        found += [
            msgspec.structs.replace(machine, **{name: (row,)}) for item in rows[:1] for row in _without_each(item)
        ]
    return found


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize(
    "environment", [None, make_environment("torch==2.14.1+cu130", "jax==0.12.0"), Environment(path=".venv")]
)
def test_no_check_breaks_on_a_missing_fact(name: str, environment: Environment | None, matrix: Matrix) -> None:
    broken = [
        (check.id, check.detail)
        for machine in _lesser(MACHINES[name])
        for check in diagnose(Case(machine=machine, environment=environment), matrix).checks
        if check.outcome == "crashed"
    ]
    assert broken == []


def test_a_missing_fact_never_makes_a_finding(matrix: Matrix) -> None:
    machine = MACHINES["workstation"]
    lesser = [row for row in _lesser(machine) if row.gpus != () and row.pythons != ()]
    found = {finding.id for row in lesser for finding in diagnose(Case(machine=row), matrix).findings}
    assert found == set()


@pytest.mark.parametrize("name", MACHINES)
def test_what_is_fine_is_fine_by_the_built_in_matrix(name: str) -> None:
    diagnosis = diagnose(Case(machine=MACHINES[name]), Matrix())
    assert [(row.id, row.title) for row in diagnosis.findings if row.severity != "info"] == []
    assert [row for row in diagnosis.checks if row.outcome == "crashed"] == []
    assert diagnosis.status == "ok"


def test_the_built_in_matrix_still_serves_pascal() -> None:
    machine = with_nvidia(None, "580.95.05", name="NVIDIA GeForce GTX 1080 Ti", memory=11 * GIB)
    findings = diagnose(Case(machine=machine), Matrix()).findings
    assert [finding.id for finding in findings] == ["gpu-too-old-for-current-builds"]
    assert "(cu126) is the newest that does" in findings[0].cause
