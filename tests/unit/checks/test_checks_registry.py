"""The registry, the runner, and what holds for every check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlenv.checks.finding import CheckOutcome, Finding
from mlenv.checks.registry import Case, Check, Skip, Unknown, all_checks, diagnose
from mlenv.errors import UsageError
from mlenv.facts.machine import Machine
from mlenv.facts.system import OperatingSystem
from mlenv.matrix.load import Matrix
from tests.unit.checks.checks_cases import make_environment, make_linux, make_machine, with_nvidia


def _finding(slug: str = "made-up") -> Finding:
    return Finding(id=slug, severity="warning", title="A title", cause="A cause.")


def _warns(_case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Warns."""
    yield _finding()


def _knows_half(_case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Finds one thing and lacks a fact for the next."""
    yield _finding("half")
    raise Unknown("the other half is not known")


def _breaks(_case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Breaks."""
    yield from [_finding()][1 // 0 :]


def _skips(_case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Skips."""
    yield from ()
    raise Skip("not here")


def _reads_a_broken_matrix(_case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Reads."""
    yield _finding(matrix.framework("torch").id)


def _check(function: object) -> Check:
    return Check(id=function.__name__, subject="system", function=function)  # type: ignore[attr-defined,arg-type]


def test_a_check_that_breaks_does_not_stop_the_others(matrix: Matrix) -> None:
    checks = [_check(_breaks), _check(_skips), _check(_knows_half), _check(_warns)]
    diagnosis = diagnose(Case(machine=make_machine()), matrix, checks)
    assert [(row.outcome, row.detail) for row in diagnosis.checks] == [
        ("crashed", "ZeroDivisionError: integer division or modulo by zero"),
        ("skipped", "not here"),
        ("unknown", "the other half is not known"),
        ("ran", ""),
    ]
    assert [finding.id for finding in diagnosis.findings] == ["half", "made-up"]
    assert diagnosis.status == "warning"


def test_trouble_with_the_matrix_ends_the_diagnosis(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"torch\.toml: cannot be read"):
        diagnose(Case(machine=make_machine()), Matrix(tmp_path), [_check(_reads_a_broken_matrix)])


@pytest.mark.parametrize("checks", [[], [_check(_skips)], [_check(_breaks)]])
def test_a_run_in_which_nothing_could_be_checked_is_unknown(checks: list[Check], matrix: Matrix) -> None:
    assert diagnose(Case(machine=make_machine()), matrix, checks).status == "unknown"


def test_a_machine_of_which_nothing_is_known_is_not_healthy(matrix: Matrix) -> None:
    diagnosis = diagnose(Case(machine=Machine(os=OperatingSystem(family="linux"))), matrix)
    assert diagnosis.status == "unknown"
    assert diagnosis.findings == ()
    assert {row.outcome for row in diagnosis.checks} == {"unknown", "skipped"}


HEALTHY = {
    "laptop": make_machine(),
    "wsl": make_machine(os=make_linux(wsl=2)),
    "workstation": with_nvidia("8.9", "580.95.05"),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_machines_have_no_findings(name: str, matrix: Matrix) -> None:
    diagnosis = diagnose(Case(machine=HEALTHY[name]), matrix)
    assert diagnosis.findings == ()
    assert diagnosis.status == "ok"
    assert [row for row in diagnosis.checks if row.outcome not in ("ran", "skipped")] == []


def test_a_machine_without_a_gpu_is_not_judged_for_it(matrix: Matrix) -> None:
    outcomes = diagnose(Case(machine=make_machine()), matrix).checks
    assert {row.outcome for row in outcomes if row.subject == "gpu"} == {"skipped"}


def test_a_machine_without_a_gpu_loads_torch_alone(matrix: Matrix) -> None:
    fresh = Matrix(matrix.folder)
    loaded: list[str] = []
    original = fresh.framework

    class Watched(Matrix):
        def framework(self, name: str) -> object:  # type: ignore[override]
            loaded.append(name)
            return original(name)

    watched = Watched(matrix.folder)
    diagnose(Case(machine=make_machine(), environment=make_environment("numpy==2.4.0")), watched)
    assert set(loaded) == {"torch"}
    assert not {"drivers", "gpus"} & set(vars(watched))


def test_every_check_is_described_and_called_by_a_slug() -> None:
    checks = all_checks()
    assert len(checks) > 30
    assert [check.id for check in checks if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", check.id)] == []
    assert [check.id for check in checks if not check.summary.endswith(".") or len(check.summary) > 110] == []


def test_checks_come_by_subject() -> None:
    subjects = list(dict.fromkeys(check.subject for check in all_checks()))
    assert subjects == ["system", "processor", "memory", "disk", "python", "gpu", "environment"]


def test_errors_come_first(matrix: Matrix) -> None:
    machine = with_nvidia("8.9", "418.226.00", memory=2 * 1024**3)
    findings = diagnose(Case(machine=machine), matrix).findings
    assert [finding.severity for finding in findings] == ["error", "info"]


def test_an_outcome_names_its_subject(matrix: Matrix) -> None:
    outcome = diagnose(Case(machine=make_machine()), matrix, [_check(_warns)]).checks[0]
    assert outcome == CheckOutcome(id="_warns", subject="system", outcome="ran")
