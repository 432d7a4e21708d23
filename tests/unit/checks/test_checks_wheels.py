"""Why an installer found nothing: told apart by the facts of the report and the matrix of its day."""

# ruff: noqa: ISC004 - tables of long messages
from __future__ import annotations

import datetime as dt

import pytest

from mlenv.checks.registry import Case
from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.hardware import Cpu
from mlenv.facts.machine import Machine
from mlenv.facts.report import Wanted
from mlenv.facts.system import Architecture, Libc, OperatingSystem
from mlenv.matrix.load import Matrix
from tests.unit.checks.checks_cases import make_linux
from tests.unit.checks.platform_cases import NO_MATCH, first, first_id, ran_well, told_case, told_machine

UV = "error: Distribution `{0} @ registry+https://index.example.org/simple` can't be installed because it {1}"
NO_WHEEL = "doesn't have a source distribution or wheel for the current platform"


@pytest.fixture(scope="module")
def real() -> Matrix:
    """The built-in data as of the end of 2024."""
    return Matrix(as_of=dt.date(2024, 12, 20))


def _mac(model: str, architecture: Architecture = "x86_64", **changes: object) -> Machine:
    system = OperatingSystem(family="macos", version="14.5")
    return told_machine("macos", architecture=architecture, os=system, cpu=Cpu(model=model), **changes)  # type: ignore[arg-type]


ALPINE = make_linux(distribution="Alpine Linux", libc=Libc(family="musl", version="1.2.5"))
OLD = make_linux(distribution="CentOS Linux", libc=Libc(family="glibc", version="2.12"))

CASES = [
    # the version of Python
    (NO_MATCH.format("torch"), told_machine(python="3.14.0"), "python-too-new"),
    (NO_MATCH.format("torch==2.4.1"), told_machine(python="3.13.1"), "python-too-new"),
    (NO_MATCH.format("tensorflow"), told_machine("windows", python="3.13.0"), "python-too-new"),
    (NO_MATCH.format("tensorflow==2.18.1"), told_machine(python="3.8.10"), "python-too-old"),
    (NO_MATCH.format("torch"), told_machine(python="2.7.18"), "python-too-old"),
    (UV.format("torch==2.5.1", NO_WHEEL), told_machine("windows", python="3.13"), "python-too-new"),
    (
        "ERROR: Could not find a version that satisfies the requirement torch==1.8.1 (from versions: 2.2.0, 2.2.1)",
        told_machine(python="3.12.4"),
        "python-too-new",
    ),
    (
        "ERROR: Package 'networkx' requires a different Python: 3.8.10 not in '>=3.9'",
        told_machine(),
        "python-too-old",
    ),
    (
        "ERROR: Package 'numba' requires a different Python: 3.13.0 not in '>=3.8,<3.13'",
        told_machine(),
        "python-too-new",
    ),
    (
        "Because tensorflow==2.17.1 has no wheels with a matching Python ABI tag (e.g., `cp313`) and you require "
        "tensorflow==2.17.1, we can conclude that your requirements are unsatisfiable.\n"
        "hint: You require CPython 3.13 (`cp313`), but we only found wheels for `tensorflow` (v2.17.1) with the "
        "following Python ABI tags: `cp39`, `cp310`, `cp311`, `cp312`",
        told_machine(),
        "python-too-new",
    ),
    ("torch-2.5.1-cp311-cp311-win_amd64.whl is not a supported wheel on this platform.",
     told_machine("windows", python="3.12.0"), "python-too-new"),
    # the kind of Python
    (NO_MATCH.format("torch"), told_machine("windows", python="3.11.2", bits=32), "python-32bit"),
    (NO_MATCH.format("tensorflow"), told_machine(architecture="x86", python="3.11.2"), "python-32bit"),
    (NO_MATCH.format("torch"), told_machine(python="3.13.1", free_threaded=True), "python-free-threaded-no-wheel"),
    (
        "Because torch==2.5.1 has no wheels with a matching Python ABI tag (e.g., `cp313t`), nothing fits",
        told_machine(),
        "python-free-threaded-no-wheel",
    ),
    (NO_MATCH.format("torch"), _mac("Apple M2", "arm64", python="3.12.1",
           python_architecture="x86_64"), "rosetta-x86-python"),
    # the C library and the system
    (NO_MATCH.format("torch"), told_machine(os=ALPINE, python="3.11.9"), "musl-no-wheel"),
    (UV.format("nvidia-cudnn-cu12==9.1.0.70", NO_WHEEL), told_machine(os=ALPINE, python="3.11.9"), "musl-no-wheel"),
    ("Because triton==3.1.0 has no wheels with a matching platform tag (e.g., `musllinux_1_2_x86_64`)",
     told_machine(), "musl-no-wheel"),
    (NO_MATCH.format("torch==2.5.1"), told_machine(os=OLD, python="3.11.9"), "glibc-too-old"),
    (NO_MATCH.format("torch==2.5.1"), _mac("Intel(R) Core(TM) i7", python="3.12.1"),
     "macos-x86-no-wheel"),
    (NO_MATCH.format("torch"), _mac("Intel(R) Core(TM) i7", python="3.13.1"), "macos-x86-no-wheel"),
    ("hint: You're on macOS (`macosx_14_0_x86_64`), but `torch` (v2.5.1) only has wheels for the following platforms: "
     "`manylinux1_x86_64`, `macosx_11_0_arm64`, `win_amd64`", told_machine("macos", architecture=None),
     "macos-x86-no-wheel"),
    (NO_MATCH.format("tensorflow"), told_machine("windows", architecture="aarch64", python="3.11.2"), "arm-no-wheel"),
    (NO_MATCH.format("torch"), told_machine("windows", architecture="aarch64", python="3.11.2"), "arm-no-wheel"),
    (UV.format("nvidia-cublas-cu12==12.4.5.8", NO_WHEEL),
     _mac("Apple M1", "arm64", python="3.11.2"), "platform-no-wheel"),
    # names
    (NO_MATCH.format("pytorch"), told_machine(python="3.11.2"), "package-name-wrong"),
    (NO_MATCH.format("cv2"), told_machine(python="3.11.2"), "package-name-wrong"),
    ('Exception: You tried to install "pytorch". The package named for PyTorch is "torch"', told_machine(),
     "package-name-wrong"),
    ("The 'sklearn' PyPI package is deprecated, use 'scikit-learn'\nerror: subprocess-exited-with-error",
     told_machine(), "package-name-wrong"),
    # nothing decides
    (NO_MATCH.format("torch"), told_machine(python="3.11.2"), "no-matching-wheel"),
    (NO_MATCH.format("torch"), told_machine(), "no-matching-wheel"),
    (NO_MATCH.format("some-unknown-package"), told_machine(python="3.11.2"), "no-matching-wheel"),
]  # fmt: skip


@pytest.mark.parametrize(("symptom", "machine", "expected"), CASES)
def test_the_reason_of_a_refusal(symptom: str, machine: Machine, expected: str, real: Matrix) -> None:
    case = told_case(symptom, machine)
    assert first_id(case, real) == expected
    assert ran_well(case, real)


@pytest.mark.parametrize(
    ("day", "python", "expected"),
    [
        # Before the rows of the matrix begin: a Python that had just come out, one that was served, one that had ended.
        (dt.date(2022, 1, 5), "3.10.1", "python-too-new"),
        (dt.date(2021, 3, 5), "3.8.5", "no-matching-wheel"),
        (dt.date(2022, 9, 5), "3.6.9", "python-too-old"),
        (dt.date(2020, 5, 5), "3.7.1", "no-matching-wheel"),
    ],
)
def test_dates_decide_where_no_row_does(day: dt.date, python: str, expected: str) -> None:
    case = told_case(NO_MATCH.format("torch"), told_machine(python=python))
    assert first_id(case, Matrix(as_of=day)) == expected


def test_a_later_release_serves_the_python() -> None:
    case = told_case(NO_MATCH.format("torch"), told_machine(python="3.13.0"))
    assert first_id(case, Matrix(as_of=dt.date(2024, 9, 20))) == "python-too-new"
    assert first_id(case, Matrix(as_of=dt.date(2025, 9, 20))) == "no-matching-wheel"


def test_the_version_may_be_told_apart_from_the_message(real: Matrix) -> None:
    symptom = f"`torch` can't be installed because it {NO_WHEEL}"
    wanted = (Wanted(name="torch", version="2.5.1"),)
    case = told_case(symptom, told_machine("windows", python="3.13"), wanted=wanted)
    assert first_id(case, real) == "python-too-new"


def test_the_finding_says_what_to_type_and_how_it_is_known(real: Matrix) -> None:
    finding = first(told_case(NO_MATCH.format("torch==2.4.1"), told_machine(python="3.13.1")), real)
    assert finding is not None
    assert (finding.severity, finding.grade, finding.applies_to) == ("error", "shown", ("torch",))
    assert "3.8 to 3.12" in finding.cause
    assert finding.explains == ("no-matching-distribution",)
    assert any(fix.command and "--python" in fix.command for fix in finding.fix)


def test_an_installed_framework_is_no_question_of_wheels(real: Matrix) -> None:
    environment = Environment(path="/e", python="3.14.0", distributions=(Distribution(name="torch", version="2.5.1"),))
    case = Case(machine=told_machine(python="3.14.0"), environment=environment, report=told_case("").report)
    assert first_id(case, real) == ""
