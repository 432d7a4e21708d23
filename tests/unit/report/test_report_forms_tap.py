"""TAP version 14, read by a consumer; ``#`` begins no directive that we did not mean."""

from __future__ import annotations

import pytest
from tap.line import Bail, Plan, Result  # type: ignore[import-untyped]
from tap.parser import Parser  # type: ignore[import-untyped]

from mlenv.report.forms.tap import render_tap
from mlenv.report.forms.words import tell
from mlenv.report.summary import Summary
from tests.unit.report.forms_cases import ALL, HEALTHY, HOSTILE, MIXED, NOTHING, make_entry, make_summary


def read(summary: Summary) -> list[Result]:
    """The results; there is one plan, which promises as many, and nobody bails out."""
    lines = list(Parser().parse_text(render_tap(summary)))
    (plan,) = (line for line in lines if isinstance(line, Plan))
    results = [line for line in lines if isinstance(line, Result)]
    assert plan.expected_tests == len(results)
    assert not any(isinstance(line, Bail) for line in lines)
    assert {"version", "plan", "diagnostic", "test"} >= {line.category for line in lines}
    assert list(range(1, len(results) + 1)) == [result.number for result in results]
    return results


def test_the_head() -> None:
    lines = render_tap(MIXED).splitlines()
    assert ["TAP version 14", "1..12", "# mlenv verify: 1 of 2 frameworks fails."] == lines[:3]


def test_outcomes() -> None:
    results = dict(zip(ALL, read(MIXED), strict=False))
    assert {"fail", "error"} == {name for name, result in results.items() if not result.ok}
    assert {"skip"} == {name for name, result in results.items() if result.skip}
    assert not any(result.todo for result in results.values())
    assert "it is skip" in results["skip"].directive.text


def test_what_is_said_stands_below_as_yaml() -> None:
    (result,) = read(make_summary(make_entry("fail", "x", detail="two\nlines: yes")))
    facts = result.yaml_block
    assert ("fail", "framework", "compute", 250.0) == tuple(
        facts[name] for name in ("severity", "group", "check", "duration_ms")
    )
    assert "two\nlines: yes" in facts["message"]


def test_a_hash_is_no_directive() -> None:
    entry = make_entry("fail", "a #1 \\ b", device="c # skip")
    assert (
        "not ok 1 - framework: compute torch a \uff031 \\\\ b (c \uff03 skip)"
        in render_tap(make_summary(entry)).splitlines()
    )
    (result,) = read(make_summary(entry))
    assert (False, False, False) == (result.ok, result.skip, result.todo)
    assert result.yaml_block["message"].startswith("a #1 \\ b\n")


def test_what_proved_nothing_is_not_ok() -> None:
    (result,) = read(NOTHING)
    assert not result.ok
    assert [True] == [result.ok for result in read(HEALTHY)]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_said_comes_back_as_it_was(text: str) -> None:
    entry = make_entry("fail", f"x{text}")
    (result,) = read(make_summary(entry))
    assert tell(entry) == result.yaml_block["message"]
