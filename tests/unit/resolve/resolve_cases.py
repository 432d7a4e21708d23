"""Candidates of frameworks that are made up."""

from __future__ import annotations

from typing import Any

from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Framework
from mlenv.resolve.candidates import Candidate, judge_field
from mlenv.resolve.request import Request, Wanted
from tests.unit.matrix.refresh.refresh_cases import build, framework, release

__all__ = ["build", "candidate", "fallen", "framework", "judge", "release"]


def judge(matrix: Matrix, row: Framework, machine: Any, accelerator: Any = "cpu", **wanted: Any) -> Any:
    """All builds of a framework, judged; the matrix knows it by its id."""

    class Knowing(Matrix):
        def framework(self, name: str) -> Framework:  # type: ignore[override]
            return row

    asked = Wanted(name=row.id, **wanted)
    return judge_field(Request(wanted=(asked,)), machine, Knowing(matrix.folder), asked, accelerator)


def candidate(row: Framework, number: int = 0, one: Build | None = None, **fields: Any) -> Candidate:
    """A build of the newest release as a candidate."""
    chosen = one or row.release[0].builds[number]
    usual: dict[str, Any] = {"uses_accelerator": False, "rank": 0}
    return Candidate(
        wanted=Wanted(name=row.id), framework=row, release=row.release[0], build=chosen, **{**usual, **fields}
    )


def fallen(field: Any) -> dict[str, list[str]]:
    """The rules that the builds fell by, by name."""
    return {one.name: [failure.rule for failure in one.failures] for one in field.fallen}
