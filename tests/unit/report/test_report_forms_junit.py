"""JUnit XML: valid for Ant and Jenkins, names unique, skipped, failed and could-not-run told apart."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from xml.etree import ElementTree as ET

import junitparser
import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from mlenv.report.forms.junit import render_junit
from mlenv.report.summary import Entry, Summary
from tests.unit.report.forms_cases import HEALTHY, MIXED, NOTHING, make_entry, make_summary

WRITTEN = dt.datetime(2026, 11, 23, 8, 30, 5, 123456, tzinfo=dt.timezone.utc)
SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))


def read(summary: Summary) -> junitparser.JUnitXml:
    """The report as a consumer reads it; what the schema forbids is an error."""
    text = render_junit(summary, written=WRITTEN)
    SCHEMA.validate(ET.fromstring(text))
    return junitparser.JUnitXml.fromstring(text.encode())


def test_a_suite_for_each_group_with_its_counts() -> None:
    suites = list(read(MIXED))
    assert ["verify.framework", "verify.gpu"] == [suite.name for suite in suites]
    for suite in suites:
        assert (6, 1, 1, 1, 9.0) == (suite.tests, suite.failures, suite.errors, suite.skipped, suite.time)
        assert "2026-11-23T08:30:05" == suite.timestamp
        properties = {row.name: row.value for row in suite.properties()}  # type: ignore[no-untyped-call]
        assert ("1.2.3", "2026.11.23") == (properties["mlenv_version"], properties["matrix_version"])


def test_the_counts_are_those_of_the_cases() -> None:
    found = read(MIXED)
    told = (found.tests, found.failures, found.errors, found.skipped)
    found.update_statistics()  # type: ignore[no-untyped-call]
    assert (12, 2, 2, 2) == told == (found.tests, found.failures, found.errors, found.skipped)


def test_outcomes_are_told_apart() -> None:
    (suite, _) = read(MIXED)
    cases = {case.name.split("-")[0]: case for case in suite}
    kinds = {name: [type(row).__name__ for row in case.result] for name, case in cases.items()}
    expected = {"pass": [], "info": [], "warn": [], "fail": ["Failure"], "error": ["Error"], "skip": ["Skipped"]}
    assert expected == kinds
    assert ("verify.framework", 1.5) == (cases["fail"].classname, cases["fail"].time)
    assert ("it is fail", "fail-check") == (cases["fail"].result[0].message, cases["fail"].result[0].type)
    assert "it is skip" == cases["skip"].result[0].message
    said = ET.fromstring(render_junit(MIXED, written=WRITTEN)).findtext("testsuite/system-out") or ""
    assert "warn warn-check torch 2.14.1: it is warn" in said.splitlines()


def test_equal_checks_have_names_of_their_own() -> None:
    twins = make_summary(*[make_entry("fail", "x")] * 3, make_entry("fail", "x", group="gpu"))
    names = [[case.name for case in suite] for suite in read(twins)]
    name = "compute torch x (x)"
    assert [[name, f"{name} (2)", f"{name} (3)"], [name]] == names


def test_a_name_that_looks_like_a_counted_one() -> None:
    entries = (Entry(group="g", id="a", status="pass"), Entry(group="g", id="a (2)", status="pass"))
    (suite,) = read(make_summary(*entries, entries[0], entries[0]))
    assert ["a", "a (2)", "a (3)", "a (4)"] == [case.name for case in suite]


def test_what_proved_nothing_is_an_error() -> None:
    (suite,) = read(NOTHING)
    assert ("verify.verdict", 1, 1) == (suite.name, suite.tests, suite.errors)
    (case,) = suite
    assert "Nothing could be checked, so nothing is proven." == case.result[0].message


def test_a_healthy_report_has_no_verdict_of_its_own() -> None:
    assert ["verify.gpu"] == [suite.name for suite in read(HEALTHY)]


def test_what_would_help_stands_in_the_failure() -> None:
    (suite,) = read(make_summary(make_entry("fail", "x", remedies=make_entry(text="do it").remedies)))
    (case,) = suite
    assert "fix: do it\n    do it" in case.result[0].text


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 1e-9, 123456.789])
def test_times(seconds: float) -> None:
    (suite,) = read(make_summary(make_entry(seconds=seconds)))
    assert math.isclose(max(seconds, 0), suite.time, abs_tol=0.001)


@given(st.text(), st.text(alphabet=st.characters(codec=None)))
def test_every_text_is_valid_and_comes_back(title: str, detail: str) -> None:
    entry = make_entry("fail", detail, title=f"x{title}", id=title)
    (suite,) = read(make_summary(entry, entry))
    assert (2, 2) == (suite.tests, len({case.name for case in suite}))
