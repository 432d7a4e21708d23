"""The Bell state: what is one, and what is not."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from tests.unit.verify.verify_stubs import brief, make_environment

FAKE_CIRQ = Path(__file__).parent / "fakes" / "cirq_stub.txt"


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


bell, verdicts = load("_bell"), load("_verdicts")
ROOT = 0.5**0.5


@pytest.mark.parametrize("phase", [1, -1, 1j])
def test_a_common_phase_is_the_same_state(phase: complex) -> None:
    assert bell.judge("it", [ROOT * phase, 0, 0, ROOT * phase]) < 1e-15


@pytest.mark.parametrize(
    "state",
    [
        [ROOT, 0, 0, -ROOT],
        [ROOT, 0, 0, ROOT + 1e-6],
        [0, ROOT, ROOT, 0],
        [1, 0, 0, 0],
        [float("nan"), 0, 0, ROOT],
        [ROOT, ROOT],
    ],
)
def test_another_state_fails(state: list[complex]) -> None:
    with pytest.raises(verdicts.Failure) as caught:
        bell.judge("the state", state)
    assert caught.value.reason == "wrong-number"


@pytest.mark.parametrize("counts", [{"00": 50, "11": 49, "01": 1}, {"00": 100}, {}])
def test_wrong_measurements_fail(counts: dict[str, int]) -> None:
    with pytest.raises(verdicts.Failure, match="both 00 and 11"):
        bell.judge_counts("it", counts)


@pytest.mark.parametrize(
    ("mode", "end"),
    [
        ("right", [("compute", "pass", ""), ("sample", "pass", "")]),
        ("untied", [("compute", "fail", "wrong-number")]),
        ("stuck", [("compute", "pass", ""), ("sample", "fail", "wrong-number")]),
    ],
)
def test_cirq(tmp_path: Path, mode: str, end: list[tuple[str, str, str]]) -> None:
    environment = make_environment(tmp_path / "env")
    environment.add("numpy", "complex128 = complex")
    target = environment.add("cirq", FAKE_CIRQ.read_text())
    assert brief(environment.verify(target, level="standard", variables={"FAKE_CIRQ": mode}))[2:] == end
