"""What is said of a choice although it is the best one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from mlenv.facts.hardware import Cpu
from mlenv.facts.machine import Machine
from mlenv.facts.system import OperatingSystem
from mlenv.matrix.load import Matrix
from mlenv.resolve.warnings import warn_of_pick
from tests.unit.resolve.resolve_cases import build, candidate, framework, release

MATRIX = Matrix()
NAME = "acme 1.0"
JAVA = "a Java runtime"
NOT_OURS = "which mlenv does not install"


def machine(family: Any = "linux", *flags: str) -> Machine:
    return Machine(os=OperatingSystem(family=family), architecture="x86_64", cpu=Cpu(flags=flags))


def warnings(here: Machine, accelerator: Any = "cpu", row: Any = None, **fields: Any) -> list[str]:
    one = build(**fields)
    return warn_of_pick(candidate(row or framework(release("1.0", one)), one=one), here, MATRIX, accelerator)


@pytest.mark.parametrize(
    ("family", "need", "expected"),
    [
        ("linux", "java>=17", f"{JAVA}, 17 or newer, {NOT_OURS}: `sudo apt install openjdk-17-jre-headless`"),
        ("windows", "java>=21", f"{JAVA}, 21 or newer, {NOT_OURS}: `winget install EclipseAdoptium.Temurin.21.JRE`"),
        ("macos", "java>=17", f"{JAVA}, 17 or newer, {NOT_OURS}: `brew install openjdk@17`"),
        ("linux", "java", f"a Java runtime, {NOT_OURS}"),
        ("linux", "c++-compiler", f"a C++ compiler, {NOT_OURS}: `sudo apt install build-essential`"),
        ("macos", "c++-compiler", f"a C++ compiler, {NOT_OURS}: `xcode-select --install`"),
        ("linux", "rocm>=7.0", f"ROCm, 7.0 or newer, {NOT_OURS}"),
        ("windows", "mpi", f"an MPI implementation, {NOT_OURS}"),
    ],
)
def test_needs(family: str, need: str, expected: str) -> None:
    assert [f"{NAME} needs {expected}"] == warnings(machine(family), needs=(need,))


@pytest.mark.parametrize("need", ["abacus>=3", "java==17", ""])
def test_needs_that_no_row_explains_are_not_worded(need: str) -> None:
    assert [] == warnings(machine(), needs=(need,))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"evidence": "unknown"}, [f"{NAME}: nothing confirms that this build exists or runs; the install will tell"]),
        ({"evidence": "inferred"}, []),
        (
            {"cpu_flags": ("avx", "fma")},
            [f"{NAME} needs a processor with AVX, FMA; the flags of this one are not known"],
        ),
        ({"sass": ("8.0",)}, [f"{NAME} carries GPU libraries that are not used here: no smaller build can be had"]),
        ({"runtime": "cu12"}, [f"{NAME} carries GPU libraries that are not used here: no smaller build can be had"]),
        (
            {"source_only": True},
            [f"{NAME} is published as source only: it is built while it is installed, which takes time"],
        ),
    ],
)
def test_builds(fields: dict[str, Any], expected: list[str]) -> None:
    assert expected == warnings(machine(), **fields)


def test_flags_that_are_known_are_the_business_of_a_rule() -> None:
    assert [] == warnings(machine("linux", "avx"), cpu_flags=("avx", "fma"))


def test_gpu_libraries_that_are_used_are_none_to_warn_of() -> None:
    assert [] == warnings(machine(), "cuda", sass=("8.0",), runtime="cu12")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "active", "successor": "other"}, []),
        ({"status": "dead"}, ["Acme is no longer maintained (this release is of 2019-05-17)"]),
        (
            {"status": "dead", "successor": "JAX"},
            ["Acme is no longer maintained (this release is of 2019-05-17); use JAX instead"],
        ),
        (
            {"status": "stale", "successor": "JAX"},
            ["Acme has had no release since 2019-05-17; use JAX instead"],
        ),
    ],
)
def test_projects(fields: dict[str, Any], expected: list[str]) -> None:
    one = build()
    row = framework(release("1.0", one, released=dt.date(2019, 5, 17)), **fields)
    assert expected == warn_of_pick(candidate(row, one=one), machine(), MATRIX, "cpu")


def test_every_need_of_the_data_is_worded() -> None:
    needs = {need for name in MATRIX.framework_ids for row in MATRIX.framework(name).release for one in row.builds
             for need in one.needs}  # fmt: skip
    assert "java>=17" in needs
    worded = {need: warnings(machine(), needs=(need,)) for need in needs}
    assert [] == [need for need, said in worded.items() if len(said) != 1 or "{" in said[0]]
