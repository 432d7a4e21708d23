"""What comes as source has its requirements in the project file."""

from __future__ import annotations

from typing import Any

import tomli

from mlenv.plan.build import PlanOptions, build_plan
from tests.unit.plan.plan_cases import MATRIX
from tests.unit.prove.prove_cases import answer_of, machine_of


def table_of(name: str) -> dict[str, Any]:
    plan = build_plan(answer_of(name), machine_of(), MATRIX, None, PlanOptions(environment=".venv"))
    return dict(tomli.loads(plan.files[0].text)["tool"]["uv"])


def test_a_release_that_is_source_only_states_what_it_requires() -> None:
    (row,) = table_of("pyspark")["dependency-metadata"]
    release = MATRIX.framework("pyspark").release[0]
    assert ("pyspark", release.version) == (row["name"], row["version"])
    assert list(release.metadata or ()) == row["requires-dist"]
    assert "ml" in row["provides-extra"]


def test_a_wheel_speaks_for_itself() -> None:
    assert "dependency-metadata" not in table_of("numpy")


def test_the_project_is_a_workspace_of_its_own_and_managed() -> None:
    table = table_of("numpy")
    assert ({}, False) == (table["workspace"], "managed" in table)
