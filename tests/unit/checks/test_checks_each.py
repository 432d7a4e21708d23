"""Every finding has a case that fires it, one that nearly does, and a page.

A new check fails here until its id has a row in the table of one of the files beside this one.
"""

from __future__ import annotations

from collections import Counter

import pytest

from mlenv.checks.manual import explain, page_ids
from mlenv.checks.registry import all_checks
from tests.unit.checks import near_builds, near_drivers, near_gpus, near_libraries, near_machines
from tests.unit.checks.near_misses import DATED, NearMiss, find_differences, is_likeness, judge

TABLES: tuple[dict[str, NearMiss], ...] = (
    near_builds.CASES,
    near_drivers.CASES,
    near_gpus.CASES,
    near_libraries.CASES,
    near_machines.CASES,
)
CASES = {slug: near for table in TABLES for slug, near in table.items()}


def own_ids() -> set[str]:
    """The ids of mlenv's own checks, and of what else has a page."""
    return {item.id for item in all_checks() if item.function.__module__.startswith("mlenv.")} | set(page_ids())


def test_every_finding_has_its_cases() -> None:
    assert own_ids() == set(CASES)


def test_no_finding_has_two_rows() -> None:
    assert [] == [slug for slug, count in Counter(slug for table in TABLES for slug in table).items() if count > 1]


@pytest.mark.parametrize("slug", CASES)
def test_every_finding_has_its_page(slug: str) -> None:
    assert explain(slug).title


@pytest.mark.parametrize("slug", CASES)
def test_a_near_miss_differs_in_one_fact(slug: str) -> None:
    near = CASES[slug]
    assert len(find_differences(near.fires, near.silent)) == 1
    assert is_likeness(near.fires, near.silent)


@pytest.mark.parametrize("slug", CASES)
def test_fires(slug: str) -> None:
    assert judge(slug, CASES[slug].fires, CASES[slug].matrix) == "found"


@pytest.mark.parametrize("slug", CASES)
def test_keeps_silent_on_a_near_miss(slug: str) -> None:
    assert judge(slug, CASES[slug].silent, CASES[slug].matrix) in ("silent", "skipped")


@pytest.mark.parametrize("outcome", ["crashed", "failed", "timed_out"])
def test_an_import_is_judged_beside_a_report_too(outcome: str) -> None:
    case, slug = near_builds.attempt(outcome, told=True), f"framework-import-{outcome.replace('_', '-')}"
    assert case.is_report
    assert judge(slug, case, DATED) == "found"
    assert judge(slug, near_builds.attempt("imported", told=True), DATED) == "silent"
