"""Causes and consequences are checks that exist, and no circle leads from one to itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mlenv.checks.causality import CONSEQUENCES
from mlenv.checks.finding import Finding, Grade, Severity
from mlenv.checks.ranking import rank_findings
from mlenv.clues.clue import Clue

SUBJECTS = Path(__file__).parents[3] / "mlenv" / "checks" / "subjects"


def stated_ids() -> set[str]:
    """Every text in the checks' own files; an id that nobody writes there is of no finding."""
    files = (ast.parse(path.read_text(encoding="utf-8")) for path in SUBJECTS.glob("*.py"))
    nodes = (node for file in files for node in ast.walk(file))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_id_is_one_of_a_check() -> None:
    named = set(CONSEQUENCES) | {slug for group in CONSEQUENCES.values() for slug in group}
    assert set() == named - stated_ids()


@pytest.mark.parametrize("slug", CONSEQUENCES)
def test_no_circle(slug: str) -> None:
    reached, waiting = set(), list(CONSEQUENCES[slug])
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting += CONSEQUENCES.get(one, ())
    assert slug not in reached


def make(slug: str, severity: Severity = "error", grade: Grade = "shown", explains: tuple[str, ...] = ()) -> Finding:
    return Finding(id=slug, severity=severity, title=slug, cause=slug, grade=grade, explains=explains)


def order(*findings: Finding, clues: tuple[Clue, ...] = ()) -> list[str]:
    return [finding.id for finding in rank_findings(findings, clues)]


def test_what_explains_the_users_words_comes_first() -> None:
    told, seen = Clue(id="no-kernel-image", told=True), Clue(id="low-memory")
    other = make("other", explains=("low-memory",), grade="named")
    assert ["asked", "other"] == order(other, make("asked", explains=("no-kernel-image",)), clues=(told, seen))


def test_a_named_cause_comes_before_a_likely_one() -> None:
    clue = Clue(id="error", told=True)
    likely, named = (make(grade, grade=grade, explains=("error",)) for grade in ("likely", "named"))
    assert ["named", "likely"] == order(likely, named, clues=(clue,))


def test_a_consequence_is_folded_under_its_cause() -> None:
    down, cause = make("nvidia-driver-not-working", grade="named"), make("nouveau-loaded", grade="likely")
    ranked = rank_findings([down, cause], ())
    assert ["nouveau-loaded", "nvidia-driver-not-working"] == [finding.id for finding in ranked]
    assert ("nvidia-driver-not-working",) == ranked[0].consequences


def test_good_to_know_comes_last() -> None:
    assert ["warns", "note"] == order(make("note", "info"), make("warns", "warning", grade="likely"))
