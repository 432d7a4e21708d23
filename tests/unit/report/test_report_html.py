"""Pages: whole by themselves, sound, the same for eyes, ears and keys, and deaf to what foreign texts say."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re

import msgspec
import pytest

from mlenv.matrix.opening import open_matrix
from mlenv.report.compatibility import find_map, find_maps
from mlenv.report.html import render_html, render_maps
from mlenv.report.html.engine import read_part
from tests.unit.report.html_pages import (
    CAUSE,
    CONSEQUENCE,
    NOTE,
    RESULTS,
    Page,
    diagnosis,
    machine,
    result,
    verification,
)

H100X8 = "linux-ubuntu2204-h100x8"
HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\x1b[31m\u202e\ud800{{ 7*7 }}"
LIMIT = 300_000


def make_pages() -> dict[str, str]:
    matrix = open_matrix(None)
    here = machine(H100X8)
    maps = find_maps(matrix, here)
    return {
        "healthy": render_html(diagnosis(here, status="ok"), None, maps),
        "broken": render_html(diagnosis(here, CAUSE, CONSEQUENCE, NOTE), None, maps),
        "nothing": render_html(diagnosis(machine("linux-gvisor-sandbox"), status="unknown", checks=()), None),
        "verify": render_html(verification(*RESULTS, policy="ws-2026"), here, maps),
        "verify nothing": render_html(verification()),
        "map": render_maps([find_map(matrix, here, "torch")], mlenv_version="1", matrix_version="2"),
        "maps": render_maps(
            [find_map(matrix, None, name) for name in ("jax", "numpy")], mlenv_version="1", matrix_version="2"
        ),
    }


PAGES = make_pages()
every_page = pytest.mark.parametrize("name", PAGES)


@every_page
def test_pages_are_whole_by_themselves(name: str) -> None:
    page = Page(PAGES[name])
    assert [] == page.open
    assert [] == page.of("link") + page.of("img") + page.of("iframe")
    assert all("src" not in attributes for _, attributes in page.tags)
    assert all(attributes["href"].startswith("#") for attributes in page.of("a"))
    assert "url(" not in read_part("style.css")
    assert "@import" not in read_part("style.css")
    assert len(PAGES[name].encode()) < LIMIT


@every_page
def test_only_our_script_may_run(name: str) -> None:
    policy = next(row["content"] for row in Page(PAGES[name]).of("meta") if "http-equiv" in row)
    scripts = re.findall(r"<script>(.*?)</script>", PAGES[name], re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert [read_part("script.js")] == scripts
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy


@every_page
def test_headings_step_down_one_at_a_time(name: str) -> None:
    levels = [int(tag[1]) for tag, _ in Page(PAGES[name]).tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(below - above <= 1 for above, below in itertools.pairwise(levels))


@every_page
def test_landmarks_labels_and_ids(name: str) -> None:
    page = Page(PAGES[name])
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    named = [attributes["aria-labelledby"] for _, attributes in page.tags if "aria-labelledby" in attributes]
    links = [attributes["href"][1:] for attributes in page.of("a")]
    assert len(ids) == len(set(ids))
    assert set(named) | set(links) <= set(ids)
    assert [len(page.of(tag)) for tag in ("main", "header", "footer")] == [1, 1, 1]
    assert page.of("html") == [{"lang": "en"}]
    assert len(page.of("caption")) == len(page.of("table"))
    assert all(row.get("aria-label") for _, row in page.tags if row.get("role") in ("img", "region"))


@every_page
def test_marks_have_words(name: str) -> None:
    marks = re.findall(r'<span class="mark [^"]*">.*?</span></span>', PAGES[name])
    assert marks or name.startswith("map")
    assert all(re.search(r'<span class="unseen">\w[^<]*:</span>', mark) for mark in marks)


# ---------------------------------------------------------------- what a diagnosis shows


def test_finding_with_its_fix_and_what_follows() -> None:
    page = Page(PAGES["broken"])
    assert "1 error in 1 category." in page.text
    assert [row for row in page.of("details") if "finding" in row.get("class", "")] == [
        {"class": "panel finding error", "open": ""},
        {"class": "panel finding info"},
    ]
    assert "This also explains" in page.text
    assert page.text.count(CONSEQUENCE.title) == 1
    assert '<code>sudo reboot</code></pre><button type="button" class="copy" hidden>' in PAGES["broken"]


def test_what_could_not_be_checked_is_told_once() -> None:
    page = Page(PAGES["broken"])
    assert "2 reasons" in page.text
    assert "the check odd-one failed: ValueError" in page.text


def test_healthy_and_unknown_are_told_apart() -> None:
    assert "found this machine in order" in Page(PAGES["healthy"]).text
    assert "found this machine in order" not in Page(PAGES["nothing"]).text
    assert "Nothing could be checked" in Page(PAGES["nothing"]).text


def test_every_gpu_is_drawn() -> None:
    page = Page(PAGES["healthy"])
    assert len(page.classed("card")) == 8
    assert page.text.count("PCIe 5.0 x16") == 8
    assert "Ubuntu 22.04 with 8 × NVIDIA H100 80GB HBM3" in page.text


# ---------------------------------------------------------------- what a verification shows


def test_rates_are_bars_against_the_peak() -> None:
    page = Page(PAGES["verify"])
    bars = [row["aria-label"] for row in page.classed("bar") if "percent of the peak" in row["aria-label"]]
    assert bars == ["78 percent of the peak", "52 percent of the peak"]
    assert [row["style"] for row in page.classed("limit")] == ["left:60.0%"]
    assert [row["style"] for row in page.classed("fill")][:2] == ["width:100.0%", "width:25.0%"]
    assert "54.1 GB/s, not judged" in page.text


def test_problems_are_open_and_have_their_remedy() -> None:
    page = Page(PAGES["verify"])
    assert "1 of 2 frameworks does not work: jax." in page.text
    assert "What helps: install jax[cuda13]" in page.text
    assert [row.get("class") for row in page.of("details") if "open" in row] == [
        "panel error",
        "panel warning",
        "panel warning",
        "panel",  # the map of the first framework
    ]


def test_verification_of_nothing() -> None:
    page = Page(PAGES["verify nothing"])
    assert "Nothing could be checked, so nothing is proven." in page.text
    assert "No framework was checked." in page.text
    assert [] == page.of("table")


# ---------------------------------------------------------------- maps


def test_map_says_in_each_field_what_blocks() -> None:
    source = PAGES["map"]
    page = Page(source)
    fields = [row for row in page.of("td") if "tabindex" in row]
    lit = source.count('<td tabindex="0" class="runs')
    assert lit > 50
    assert len(fields) == source.count('<span class="tip">')
    assert len(re.findall(r'<td tabindex="0" class="fails.*?<span class="reason">', source)) == source.count(
        '<td tabindex="0" class="fails'
    )
    assert len([row for row in fields if "best" in row["class"].split()]) == 1
    assert "this machine has none" in page.text


# ---------------------------------------------------------------- foreign text


def spoil(value: object, key: str = "") -> object:
    """A document with hostile words in every text that is free to say anything."""
    if isinstance(value, dict):
        return {name: spoil(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [spoil(item, key) for item in value]
    free = {"title", "cause", "evidence", "text", "command", "name", "model", "distribution", "detail", "applies_to"}
    return value + HOSTILE + "x" * 500 if isinstance(value, str) and key in free else value


def test_hostile_texts_stay_texts() -> None:
    plain = diagnosis(machine(H100X8), CAUSE, NOTE)
    document = msgspec.convert(spoil(msgspec.to_builtins(plain)), type(plain))
    source = render_html(document)
    page = Page(source)
    assert [] == page.of("img")
    assert [{}] == page.of("script")
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert not {"\x1b", "\u202e", "\ud800"} & set(source)
    assert "{{ 7*7 }}" in page.text


def test_hostile_environment() -> None:
    bad = result(HOSTILE, HOSTILE, "fail", device=HOSTILE, detail=HOSTILE, remedy=HOSTILE)
    page = Page(render_html(verification(bad, environment=HOSTILE, policy=HOSTILE)))
    assert ([], [{}]) == (page.of("img"), page.of("script"))


def test_private_words_are_taken_out_before_escaping() -> None:
    document = verification(environment="/home/o'brien/.venv")
    source = render_html(document, strip=lambda text: text.replace("o'brien", "user"))
    assert "/home/user/.venv" in source
    assert "brien" not in source
