"""Causal payloads and AutoML: the known effect, and answers that are not it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from mlenv.verify.result import Target
from tests.unit.verify.verify_stubs import brief, make_environment


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


causal, common, verdicts = load("_causal"), load("_common"), load("_verdicts")


def mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


def contrast(table: tuple[list[float], list[int], list[float]], traits: set[float]) -> float:
    """The difference of the means of treated and untreated rows of some traits."""
    rows = [row for row in zip(*table, strict=True) if row[0] in traits]
    return mean([y for _, one, y in rows if one]) - mean([y for _, one, y in rows if not one])


def test_who_does_not_think_of_the_trait_finds_another_effect() -> None:
    table = causal.make_table()
    assert abs(contrast(table, set(table[0])) - causal.EFFECT) > 1
    mixed = {trait for trait, one, _ in zip(*table, strict=True) if one} & {
        trait for trait, one, _ in zip(*table, strict=True) if not one
    }
    assert mixed
    assert all(contrast(table, {trait}) == pytest.approx(causal.EFFECT) for trait in mixed)


def test_a_trial_shows_the_effect_in_any_group() -> None:
    table = causal.make_trial()
    assert all(contrast(table, {float(i)}) == causal.EFFECT for i in range(10))


def test_another_effect_fails() -> None:
    note = common.Note("cpu", [])
    causal.judge(note, "it", 3.0 + 1e-9)
    assert note.measured["error"] == pytest.approx(1e-9, rel=1e-3)
    for found in (3.0 + 1e-5, float("nan")):
        with pytest.raises(verdicts.Failure) as caught:
            causal.judge(note, "it", found)
        assert caught.value.reason == "wrong-number"


def test_the_effect_out_of_every_form_of_answer() -> None:
    first = load("causalml").first
    assert [first(answer) for answer in ([3.0], ([3.0], [2.9], [3.1]), [[3.0, 1.0]], 3.0)] == [3.0] * 4


DOWHY = """
import os
MODE = os.environ["FAKE_DOWHY"]

class CausalModel:
    def __init__(self, table, treatment, outcome, common_causes):
        self.columns = [table[treatment], table[outcome], table[common_causes[0]]]

    def identify_effect(self, proceed_when_unidentifiable):
        return self

    def get_backdoor_variables(self):
        return [] if MODE == "blind" else ["trait"]

    def estimate_effect(self, found, method_name):
        rows = [row for row in zip(*self.columns) if MODE == "naive" or row[2] == self.columns[2][0]]
        sides = [[y for one, y, _ in rows if one == side] for side in (0.0, 1.0)]
        self.value = sum(sides[1]) / len(sides[1]) - sum(sides[0]) / len(sides[0])
        return self
"""


@pytest.mark.parametrize(
    ("mode", "end"),
    [
        ("naive", ("compute", "fail", "wrong-number")),
        ("blind", ("compute", "fail", "wrong-answer")),
    ],
)
def test_dowhy_that_goes_wrong(tmp_path: Path, mode: str, end: tuple[str, str, str]) -> None:
    environment = make_environment(tmp_path / "env")
    environment.add("pandas", "DataFrame = dict")
    environment.add("dowhy", DOWHY)
    target = Target(framework="dowhy", distribution="dowhy", payload="dowhy")
    found = environment.verify(target, variables={"FAKE_DOWHY": mode})
    assert brief(found)[2:] == [end]


FLAML = """
import os, types
MODE = os.environ["FAKE_FLAML"]

def run(function, config, points_to_evaluate, **settings):
    losses = [(function(point)["loss"], point) for point in points_to_evaluate]
    loss, point = (max if MODE == "wrong" else min)(losses, key=lambda pair: pair[0])
    return types.SimpleNamespace(best_config=point, best_result={"loss": loss})

tune = types.SimpleNamespace(run=run, randint=lambda low, high: (low, high))
"""


@pytest.mark.parametrize(
    ("mode", "end"),
    [
        ("right", [("compute", "pass", ""), ("automl", "skip", "skipped")]),
        ("wrong", [("compute", "fail", "wrong-number")]),
    ],
)
def test_flaml_without_its_extra(tmp_path: Path, mode: str, end: list[tuple[str, str, str]]) -> None:
    environment = make_environment(tmp_path / "env")
    environment.add("flaml", FLAML)
    target = Target(framework="flaml", distribution="flaml", payload="flaml")
    assert brief(environment.verify(target, variables={"FAKE_FLAML": mode}))[2:] == end
