"""What differs between two snapshots of a machine."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mlenv.facts.drivers import CudaToolkit, Nvidia, Rocm
from mlenv.facts.gpu import Gpu
from mlenv.facts.hardware import Cpu, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.system import Libc, OperatingSystem, Variable
from mlenv.report.environments.machines import compare_machines
from tests.unit.report.environment_cases import A100, MACHINE

H100 = Gpu(vendor="nvidia", name="NVIDIA H100")
GIB = 1024**3


def system(**fields: Any) -> dict[str, Any]:
    return {"os": replace(MACHINE.os, **fields)}


def nvidia(**fields: Any) -> dict[str, Any]:
    return {"nvidia": Nvidia(**fields)}


def flags(*names: str) -> dict[str, Any]:
    return {"cpu": replace(MACHINE.cpu, flags=names)}


CASES: list[tuple[dict[str, Any], dict[str, Any], list[tuple[str, str, str]]]] = [
    ({}, {"gpus": ()}, [("gpu NVIDIA A100", "removed", "high")]),
    ({}, {"gpus": (A100, A100)}, [("gpu NVIDIA A100", "changed", "low")]),
    ({"gpus": (A100, A100)}, {}, [("gpu NVIDIA A100", "changed", "high")]),
    ({}, {"gpus": (H100,)}, [("gpu NVIDIA A100", "removed", "high"), ("gpu NVIDIA H100", "added", "low")]),
    ({}, {"gpus": None}, [("gpu", "changed", "medium")]),
    ({"gpus": None}, {}, [("gpu", "changed", "none")]),
    ({}, {"gpus": (replace(A100, mig=True),)}, [("gpu partitions", "changed", "medium")]),
    (nvidia(driver="560.35.03"), nvidia(driver="535.183.01"), [("driver", "downgraded", "high")]),
    (nvidia(driver="560.35.03"), nvidia(driver="580.95.05"), [("driver", "upgraded", "low")]),
    (nvidia(driver="560.35.03"), nvidia(driver="560.35.05"), [("driver", "upgraded", "none")]),
    (nvidia(driver="560.35.03"), {"nvidia": None}, [("driver", "removed", "high")]),
    (
        nvidia(cuda_init="ok"),
        nvidia(cuda_init="CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"),
        [("CUDA's start", "changed", "high")],
    ),
    ({"rocm": Rocm(version="6.4")}, {"rocm": Rocm(version="7.0")}, [("ROCm", "upgraded", "medium")]),
    (
        {"cuda_toolkits": (CudaToolkit(version="12.6", path="/a"),)},
        {"cuda_toolkits": tuple(CudaToolkit(version=version, path="/a") for version in ("12.4", "12.8"))},
        [("CUDA toolkit", "upgraded", "low")],
    ),
    ({}, {"architecture": "aarch64"}, [("platform", "changed", "high")]),
    ({}, system(version="13"), [("system", "upgraded", "low")]),
    ({}, system(version="11"), [("system", "downgraded", "medium")]),
    ({}, system(distribution="Ubuntu", version="24.04"), [("system", "changed", "medium")]),
    ({}, system(kernel="6.8.0"), [("kernel", "upgraded", "low")]),
    (system(container=""), system(container="docker"), [("container", "changed", "low")]),
    ({}, system(container="docker"), []),
    ({}, system(libc=Libc(family="glibc", version="2.31")), [("libc", "downgraded", "high")]),
    ({}, system(libc=Libc(family="glibc", version="2.41")), [("libc", "upgraded", "low")]),
    ({}, system(libc=Libc(family="musl", version="1.2.4")), [("libc", "changed", "high")]),
    (flags("avx", "avx2", "fma"), flags("avx"), [("cpu instructions", "removed", "high")]),
    (flags("avx2", "avx512f"), flags("avx2"), [("cpu instructions", "removed", "low")]),
    (flags("avx"), flags("avx", "avx2"), [("cpu instructions", "added", "none")]),
    (flags("avx", "mwaitx"), flags("avx"), []),
    ({}, {"cpu": replace(MACHINE.cpu, flags=None)}, []),
    ({}, {"cpu": replace(MACHINE.cpu, model="Xeon")}, [("cpu", "changed", "low")]),
    ({}, {"memory": Memory(total_bytes=32 * GIB)}, [("memory", "changed", "medium")]),
    ({}, {"memory": Memory(total_bytes=64 * GIB, limit_bytes=8 * GIB)}, [("memory", "changed", "medium")]),
    ({}, {"memory": Memory(total_bytes=63 * GIB)}, []),
    ({}, {"memory": Memory(total_bytes=128 * GIB)}, [("memory", "changed", "none")]),
    (
        {},
        {"variables": (Variable(name="LD_LIBRARY_PATH", value="/opt/lib"),)},
        [("variable LD_LIBRARY_PATH", "added", "low")],
    ),
]


@pytest.mark.parametrize(("before", "after", "expected"), CASES)
def test_what_changed(before: dict[str, Any], after: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    changes = compare_machines(replace(MACHINE, **before), replace(MACHINE, **after))
    assert expected == [(change.subject, change.kind, change.risk) for change in changes]
    assert {"machine"} >= {change.area for change in changes}


def test_windows_in_place_of_linux_is_said_once() -> None:
    windows = Machine(
        os=OperatingSystem(family="windows", version="11"), architecture="x86_64", cpu=Cpu(flags=("avx",))
    )
    linux = replace(windows, os=OperatingSystem(family="linux", version="12"))
    assert ["platform"] == [change.subject for change in compare_machines(linux, windows)]


def test_no_password_of_a_variable_is_told() -> None:
    machine = replace(
        MACHINE,
        variables=(
            Variable(name="HTTPS_PROXY", value="http://me:geheim@proxy.example.org:3128"),
            Variable(name="WANDB_API_KEY", value="geheim"),
            Variable(name="TOKENIZERS_PARALLELISM", value="false"),
        ),
    )
    changes = {change.subject: change for change in compare_machines(MACHINE, machine)}
    assert "geheim" not in str(changes)
    assert "****" == changes["variable WANDB_API_KEY"].after
    assert "false" == changes["variable TOKENIZERS_PARALLELISM"].after


MACHINES = st.sampled_from([replace(MACHINE, **fields) for pair in CASES for fields in pair[:2]])
MIRROR = {"added": "removed", "removed": "added", "upgraded": "downgraded", "downgraded": "upgraded"}


@given(MACHINES, MACHINES)
def test_the_way_back_mirrors_the_way(one: Machine, other: Machine) -> None:
    there = {(row.subject, row.kind, row.before, row.after) for row in compare_machines(one, other)}
    back = compare_machines(other, one)
    assert there == {(row.subject, MIRROR.get(row.kind, row.kind), row.after, row.before) for row in back}
    assert () == compare_machines(one, one)
