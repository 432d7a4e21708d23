"""A plan that would leave the finding there is no mending."""

from __future__ import annotations

import pytest

from mlenv.checks.registry import Case
from mlenv.clues.clue import Clue
from mlenv.matrix.load import Matrix
from mlenv.mending.foresight import find_lasting
from mlenv.mending.mending import Change, Mending
from tests.unit.checks.checks_cases import make_environment, with_nvidia

A100 = with_nvidia("8.0", "580.65.06", name="NVIDIA A100-SXM4-40GB")


def make_mending(slug: str) -> Mending:
    return Mending(finding=slug, kind="reinstall", text="So.", change=Change())


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return Matrix()


@pytest.mark.parametrize(("version", "lasting"), [("2.14.1+cu126", ()), ("2.14.1+cpu", ("cpu-build-on-gpu-machine",))])
def test_a_build_that_does_not_use_the_gpu(matrix: Matrix, version: str, lasting: tuple[str, ...]) -> None:
    case = Case(machine=A100, environment=make_environment("torch==2.13.0+cpu"))
    mendings = [make_mending("cpu-build-on-gpu-machine")]
    assert lasting == find_lasting(mendings, case, matrix, {"torch": version}, "3.12")


def test_other_findings_and_told_messages_do_not_count(matrix: Matrix) -> None:
    clue = Clue(id="numpy-abi-break", told=True)
    case = Case(machine=A100, environment=make_environment("torch==2.14.1+cpu"), clues=(clue,))
    assert () == find_lasting([make_mending("numpy2-abi-break")], case, matrix, {"torch": "2.14.1+cpu"}, "3.12")


def test_without_an_environment_nothing_is_foreseen(matrix: Matrix) -> None:
    assert () == find_lasting([make_mending("cpu-build-on-gpu-machine")], Case(machine=A100), matrix, {}, "3.12")
