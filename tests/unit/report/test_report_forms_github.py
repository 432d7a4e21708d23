"""Annotations: worst first, at most ten of a kind, and nothing foreign becomes a command."""

from __future__ import annotations

import pytest

from mlenv.report.forms.github import escape_message, escape_property, render_github
from mlenv.report.summary import Entry
from tests.unit.report.forms_cases import HEALTHY, MIXED, NOTHING, make_entry, make_summary


def test_the_kinds_worst_first() -> None:
    lines = render_github(MIXED).splitlines()
    assert [*["error"] * 4, *["warning"] * 2, *["notice"] * 2] == [line.split(" ")[0][2:] for line in lines[:-1]]
    titles = [line.split("::")[1].partition("title=mlenv verify%3A ")[2] for line in lines[:4]]
    assert ["fail", "fail", "error", "error"] == [title.split("-")[0] for title in titles]
    assert "::error title=mlenv verify%3A fail-check torch 2.14.1::it is fail" == lines[0]
    assert "mlenv verify: 1 of 2 frameworks fails." == lines[-1]


@pytest.mark.parametrize(("count", "told"), [(10, ""), (11, "1 more error,"), (37, "27 more errors,")])
def test_ten_of_a_kind(count: int, told: str) -> None:
    entries = [Entry(group="g", id=f"n{number}", status="error") for number in range(count - 1)]
    summary = make_summary(*entries, Entry(group="g", id="worst", status="fail"), make_entry("warn"))
    lines = render_github(summary).splitlines()
    errors = [line for line in lines if line.startswith("::error ")]
    assert 10 == len(errors)
    assert "worst" in errors[0]
    more = [line for line in lines if " more " in line]
    assert (1 if told else 0) == len(more)
    assert not told or more[0].startswith(f"mlenv verify: {told}")
    assert 1 == sum(line.startswith("::warning ") for line in lines)


def test_what_proved_nothing_is_an_error() -> None:
    annotation, line = render_github(NOTHING).splitlines()
    assert annotation.startswith("::error title=mlenv verify%3A verdict::Nothing could be checked")
    assert not line.startswith("::")
    assert "mlenv verify: All is well.\n" == render_github(HEALTHY)


def test_a_long_message_is_cut() -> None:
    (line, _) = render_github(make_summary(make_entry("fail", "x" * 100_000))).splitlines()
    assert len(line) < 5000


@pytest.mark.parametrize(
    ("text", "message", "property_"),
    [
        ("a\nb", "a%0Ab", "a b"),
        ("a\r\nb\rc", "a%0Ab%0Ac", "a b c"),
        ("100%", "100%25", "100%25"),
        ("%0A", "%250A", "%250A"),
        ("a: b, c", "a: b, c", "a%3A b%2C c"),
        ("::error::x", "::error::x", "%3A%3Aerror%3A%3Ax"),
        ("##[error]x", "# #[error]x", "# #[error]x"),
    ],
)
def test_escapes(text: str, message: str, property_: str) -> None:
    assert (message, property_) == (escape_message(text), escape_property(text))
