"""Conditions that the installer is told beside the requirements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlenv.matrix.load import Matrix
from mlenv.plan.constraints import constraints_of
from mlenv.resolve.request import Wanted
from mlenv.resolve.resolution import Pick
from tests.unit.matrix.refresh.refresh_cases import build, framework, release
from tests.unit.matrix.refresh.refresh_matrix import make_matrix


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    rows = release("1.0", build())
    return make_matrix(
        tmp_path_factory.mktemp("data") / "matrix",
        framework(rows, name="acme", floor="0.9"),
        framework(rows, name="beta", floor="0.5"),
        framework(rows, name="gamma"),
    )


def pick(name: str, distribution: str = "", **fields: Any) -> Pick:
    one = build(distribution=distribution)
    row = release("1.0", one, **fields)
    return Pick(wanted=Wanted(name=name), framework=name, release=row, build=one, source="default", local="")


@pytest.mark.parametrize(
    ("picks", "expected"),
    [
        pytest.param([], [], id="nothing-chosen"),
        pytest.param([pick("acme")], [], id="nothing-to-say"),
        pytest.param(
            [pick("acme", constraints={"setuptools": "<81", "numpy": ">=1,<2"})],
            ["numpy>=1,<2", "setuptools<81"],
            id="what-a-release-does-not-state",
        ),
        pytest.param(
            [pick("acme", constraints={"gamma": "<2"}), pick("gamma")], [], id="of-what-is-chosen-exactly-anyway"
        ),
        pytest.param(
            [pick("acme", constraints={"gamma": "<2"}), pick("gamma", "gamma-cpu")],
            ["gamma<2"],
            id="chosen-under-another-name",
        ),
        pytest.param(
            [pick("acme", prereleases=("flashinfer", "beta")), pick("beta")],
            ["flashinfer>=0.dev0"],
            id="pre-releases-of-one-alone",
        ),
        pytest.param([pick("acme", requires={"beta": ">=0.1"})], ["beta>=0.5"], id="a-floor-for-what-comes-along"),
        pytest.param([pick("acme", requires={"beta": ""}), pick("beta")], [], id="no-floor-for-what-was-asked-for"),
        pytest.param([pick("acme", requires={"gamma": ">=1"})], [], id="no-floor-known"),
        pytest.param([pick("acme", requires={"protobuf": ">=1"})], [], id="not-in-the-matrix"),
        pytest.param(
            [pick("acme", constraints={"numpy": "<2"}), pick("gamma", constraints={"numpy": "<2"})],
            ["numpy<2"],
            id="said-once",
        ),
    ],
)
def test_constraints(matrix: Matrix, picks: list[Pick], expected: list[str]) -> None:
    assert expected == constraints_of(picks, matrix)


def test_a_pre_release_is_allowed_for_that_one_alone() -> None:
    from packaging.requirements import Requirement

    (text,) = constraints_of([pick("acme", prereleases=("flashinfer",))], Matrix(Path("nowhere"))) or [""]
    requirement = Requirement(text)
    assert ("flashinfer", True) == (requirement.name, requirement.specifier.contains("0.2.0.dev5"))
