"""NVIDIA's diagnosis as results."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from mlenv.facts.gpu import Gpu
from mlenv.matrix.load import Matrix
from mlenv.system.process import Completed
from mlenv.verify.dcgm import RunLevel, choose_run_level, diagnose, judge_run

MODELS = Matrix().gpus
H200 = Gpu(vendor="nvidia", name="NVIDIA H200")
GEFORCE = Gpu(vendor="nvidia", name="NVIDIA GeForce RTX 4090")
UNKNOWN = Gpu(vendor="nvidia", name="NVIDIA Whatever 9000")


def document(*results: dict[str, object], name: str = "memory") -> Completed:
    tests = [{"name": name, "results": list(results)}]
    body = {"DCGM Diagnostic": {"test_categories": [{"category": "Hardware", "tests": tests}]}}
    return Completed(status=1, stdout=f"a line\n{json.dumps({**body, 'metadata': {'version': '4.5.3'}})}")


def entity(number: int, status: str, *severities: int | None) -> dict[str, object]:
    warnings = [{"warning": f"complaint {severity}", "error_severity": severity} for severity in severities]
    return {"entity_group": "GPU", "entity_id": number, "status": status, "warnings": warnings}


@pytest.mark.parametrize(
    ("gpus", "asked", "level"),
    [([H200], 2, 2), ([H200], 3, 3), ([H200], 1, 1), ([GEFORCE], 3, 1), ([H200, GEFORCE], 2, 1), ([UNKNOWN], 2, 1)],
)
def test_consumer_cards_have_level_1_only(gpus: list[Gpu], asked: RunLevel, level: int) -> None:
    assert level == choose_run_level(gpus, MODELS, asked)


def test_the_command() -> None:
    seen: list[tuple[list[str], float]] = []

    def run(argv: Sequence[str], *, timeout: float) -> Completed:
        seen.append((list(argv), timeout))
        return document(entity(0, "Pass"))

    (found,) = diagnose("/usr/bin/dcgmi", [H200], MODELS, run=run)

    assert [(["/usr/bin/dcgmi", "diag", "-r", "2", "-j"], 900.0)] == seen
    assert ("dcgm.memory", "pass", "gpu", "gpu 0", "4.5.3") == (
        found.check,
        found.status,
        found.group,
        found.device,
        found.version,
    )


def test_without_the_program_and_without_a_gpu() -> None:
    assert [("skip", "not-installed")] == [(row.status, row.reason) for row in diagnose(None, [H200], MODELS)]
    assert () == diagnose(None, [Gpu(vendor="amd")], MODELS)


@pytest.mark.parametrize(
    ("word", "severities", "status", "action"),
    [
        ("Fail", (0,), "warn", "none"),
        ("Fail", (1,), "warn", "none"),
        ("Fail", (2,), "fail", "contact_vendor"),
        ("Fail", (3,), "fail", ""),
        ("Fail", (4,), "fail", ""),
        ("Fail", (5,), "warn", "none"),
        ("Fail", (6,), "fail", "reset_gpu"),
        # The numbers are no order: 2 is graver than 6, and 5 than none.
        ("Fail", (6, 2, 5), "fail", "contact_vendor"),
        ("Fail", (5, 6), "fail", "reset_gpu"),
        # What this DCGM does not tell, or nobody knows, keeps DCGM's own word.
        ("Fail", (), "fail", ""),
        ("Fail", (5, None), "fail", ""),
        ("Warn", (2,), "warn", "contact_vendor"),
        ("Pass", (1,), "warn", ""),
        ("Skip", (), "skip", ""),
        ("Perhaps", (), "error", ""),
    ],
)
def test_severities_by_table(word: str, severities: tuple[int | None, ...], status: str, action: str) -> None:
    (found,) = judge_run(document(entity(0, word, *severities)), 2)

    assert (status, action) == (found.status, found.action)


def test_equal_passes_are_one_result() -> None:
    found = judge_run(document(entity(0, "Pass"), entity(1, "Fail", 2), entity(2, "Pass")), 2)

    assert [("fail", "gpu 1"), ("pass", "gpu 0, gpu 2")] == [(row.status, row.device) for row in found]


@pytest.mark.parametrize(
    ("completed", "status", "reason"),
    [
        (Completed(status=None, timed_out=True), "error", "timed-out"),
        (Completed(status=None, missing=True, stderr="no such file"), "error", "could-not-run"),
        (Completed(status=1, stdout="Error: unable to establish a connection"), "error", "unreadable"),
        (Completed(status=0, stdout='{"DCGM Diagnostic": {"runtime_error": "no"}}'), "error", "unreadable"),
        (Completed(status=1, stderr="Error: Unable to run diagnostic on unsupported GPU 0."), "skip", "unsupported"),
        (Completed(status=0, stdout=""), "error", "unreadable"),
    ],
)
def test_a_run_without_results(completed: Completed, status: str, reason: str) -> None:
    assert [(status, reason)] == [(row.status, row.reason) for row in judge_run(completed, 2)]
