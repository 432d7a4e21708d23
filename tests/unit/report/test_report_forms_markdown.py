"""The verification in Markdown, and Markdown that keeps below a size."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlenv.report.forms.cut import NOTE, cut_markdown
from mlenv.report.forms.markdown import render_markdown
from mlenv.report.summary import Entry, Remedy
from tests.unit.report.forms_cases import HEALTHY, MIXED, NOTHING, make_entry, make_summary


def to_html(text: str) -> str:
    return str(MarkdownIt("gfm-like", {"linkify": False}).render(text))


def test_the_whole_report() -> None:
    entry = make_entry(
        "fail", "x", title="", detail="element 3 is wrong", remedies=(Remedy(text="Go", command="a | b"),)
    )
    lines = render_markdown(make_summary(entry, Entry(group="gpu", id="gpu.ecc", status="pass"))).splitlines()
    assert "## mlenv verify: 1 of 2 frameworks fails" == lines[0]
    assert "| About | pass | fail |" in lines
    assert "| framework | 0 | 1 |" in lines
    assert "### 1. Failed: compute torch x (x)" in lines
    assert "element 3 is wrong" in lines
    assert ["1. Go", "", "   ```", "   a | b", "   ```"] == lines[lines.index("1. Go") :][:5]
    assert "<summary>All checks (2)</summary>" in lines
    assert "| pass | gpu | `gpu.ecc` | 0.0 s |  |" in lines
    assert "mlenv 1.2.3, matrix 2026.11.23" == lines[-1]


def test_problems_come_worst_first() -> None:
    heads = [
        line.split(" ", 2)[2].split(":")[0] for line in render_markdown(MIXED).splitlines() if line.startswith("### ")
    ]
    assert ["Failed", "Failed", "Could not run", "Could not run", "Warning", "Warning"] == heads


def test_nothing_and_nothing_wrong() -> None:
    assert "### 1. Could not run: Nothing could be checked" in render_markdown(NOTHING)
    assert "###" not in render_markdown(HEALTHY)


def test_tables_are_tables() -> None:
    html = to_html(render_markdown(make_summary(make_entry("fail", "a|b `c` | d"))))
    assert 2 == html.count("<table>")
    assert 5 == html.split("<table>")[2].split("</tr>")[1].count("<td>")


def test_a_large_report_is_cut_below_the_limit() -> None:
    summary = make_summary(*(make_entry("fail", f"{number} " + "wörter " * 40) for number in range(3000)))
    whole = render_markdown(summary)
    assert len(whole.encode()) > 1024 * 1024
    text = cut_markdown(whole)
    assert 900_000 < len(text.encode()) < 1024 * 1024
    assert text.endswith(f"\n{NOTE}\n")
    assert whole.startswith(text[:800_000])


PARTS = st.sampled_from(
    ["text", "", "<details>", "<summary>x</summary>", "</details>", "```", "   ````", "| a | b |", "# h", "ä" * 50]
)


def is_whole(lines: list[str]) -> bool:
    """Whether every fence and fold is closed."""
    fence, folds = "", 0
    for line in lines:
        if fence:
            fence = "" if line == fence else fence
        elif line.strip().startswith("```"):
            fence = line
        else:
            folds += (line == "<details>") - (line == "</details>")
    return not fence and folds <= 0


@given(st.lists(PARTS, min_size=1, max_size=20), st.integers(min_value=0, max_value=3000))
@example(["```", "x", "```"], 270)
@example(["```", "x", "```"], 274)
@example(["<details>", "", "x", "</details>"], 300)
@example(["<details>", "   ````", "x", "   ````", "</details>"], 310)
def test_what_is_cut_is_closed(parts: list[str], limit: int) -> None:
    text = "\n".join(parts * 60)
    cut = cut_markdown(text, limit)
    assert len(cut.encode()) <= max(limit, 0)
    assert text == cut or not cut or is_whole(cut.splitlines())
    assert text == cut or bool(cut) == (limit > 256)


@pytest.mark.parametrize("limit", [-5, 0, 100])
def test_no_room_at_all(limit: int) -> None:
    assert "" == cut_markdown("x" * 1000, limit)
