"""Foreign text is only text in every form: it ends no element, begins no line, and commands nothing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from mlenv.checks.finding import CheckOutcome, Finding, Fix
from mlenv.report.doctor import DoctorDocument
from mlenv.report.forms.github import render_github
from mlenv.report.forms.junit import render_junit
from mlenv.report.forms.markdown import render_markdown
from mlenv.report.forms.prometheus import render_prometheus
from mlenv.report.forms.render import find_writers
from mlenv.report.forms.tap import render_tap
from mlenv.report.summary import Summary
from mlenv.report.verify import VerifyDocument
from tests.unit.report import (
    test_report_forms_junit as junit,
)
from tests.unit.report import (
    test_report_forms_prometheus as prometheus,
)
from tests.unit.report import (
    test_report_forms_tap as tap,
)
from tests.unit.report.forms_cases import HOSTILE, make_entry, make_summary
from tests.unit.report.test_report_doctor_markdown import CAUSE, make
from tests.unit.report.test_report_verify import BAD, TORCH, document

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
WORDS = {name: text for name, text in HOSTILE.items() if text.strip()}
"""Those that leave something to be read."""
WRITERS: dict[str, Callable[[Summary], str]] = {
    "junit": lambda summary: render_junit(summary, written=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)),
    "tap": render_tap,
    "prometheus": render_prometheus,
    "github": render_github,
    "markdown": render_markdown,
}


def hostile_summary(text: str) -> Summary:
    """Failures, a pass and a skip that say it everywhere; the verdict too."""
    entries = (make_entry(status, text) for status in ("fail", "fail", "pass", "warn", "info", "skip"))
    return make_summary(*entries, closing=f"It {text}.")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("form", WRITERS)
def test_it_can_be_written_and_commands_no_terminal(form: str, text: str) -> None:
    written = WRITERS[form](hostile_summary(text))
    assert CONTROL.search(written) is None
    assert written.encode().decode() == written


@pytest.mark.parametrize("text", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("form", WRITERS)
def test_it_changes_no_count(form: str, text: str) -> None:
    """A reader finds as many checks, and as many failures, as with a plain word."""
    assert COUNTS[form](hostile_summary("word")) == COUNTS[form](hostile_summary(text))


def count_junit(summary: Summary) -> object:
    (suite,) = junit.read(summary)
    return suite.tests, suite.failures, suite.errors, suite.skipped, [len(case.result) for case in suite]


def count_tap(summary: Summary) -> object:
    return [(result.ok, result.skip, result.todo, bool(result.yaml_block)) for result in tap.read(summary)]


def count_prometheus(summary: Summary) -> object:
    return [(name, value) for (name, _), value in prometheus.read(summary).items()]


def count_github(summary: Summary) -> object:
    """What the runner takes for a command: a line that begins with ``::``, or the old spelling anywhere."""
    lines = WRITERS["github"](summary).split("\n")
    commands = [line.strip().split(" ")[0] for line in lines if line.strip().startswith("::")]
    heads = [
        len(re.findall("::", line.split(" title=")[1].partition("::")[0])) for line in lines if line.startswith("::")
    ]
    return len(lines), commands, heads, any("##[" in line for line in lines)


def count_markdown(summary: Summary) -> object:
    """The tags that a browser sees."""
    return count_tags(WRITERS["markdown"](summary))


def count_tags(markdown: str) -> dict[str, int]:
    html = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(markdown)
    tags = ("h1", "h2", "h3", "tr", "td", "pre", "details", "/details", "img", "a", "script")
    return {tag: len(re.findall(rf"<{tag}\b", html)) for tag in tags}


COUNTS: dict[str, Callable[[Summary], object]] = {
    "junit": count_junit,
    "tap": count_tap,
    "prometheus": count_prometheus,
    "github": count_github,
    "markdown": count_markdown,
}


def hostile_diagnosis(text: str) -> DoctorDocument:
    finding = Finding(
        id=CAUSE.id,
        severity="error",
        title=text,
        cause=text,
        evidence=(text,),
        fix=(Fix(text=text, command=text),),
        applies_to=(text,),
    )
    return make(finding, checks=(CheckOutcome(id="a", subject="gpu", outcome="crashed", detail=text),))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("form", WRITERS)
def test_a_diagnosis_is_written(form: str, text: str) -> None:
    written = find_writers(hostile_diagnosis(text))[form]()
    assert CONTROL.search(written) is None
    assert written.encode().decode() == written


@pytest.mark.parametrize("text", WORDS.values(), ids=WORDS)
def test_a_diagnosis_in_markdown(text: str) -> None:
    plain, hostile = (find_writers(hostile_diagnosis(word))["markdown"]() for word in ("word", text))
    assert count_tags(plain) == count_tags(hostile)


class Tags(HTMLParser):
    """The elements of a page, in their order, with the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def hostile_verification(text: str) -> VerifyDocument:
    bad = replace(BAD, detail=text, device=text, remedy=text, about=text)
    return replace(document(*TORCH, bad), environment=text, policy=text)


@pytest.mark.parametrize("make_document", [hostile_diagnosis, hostile_verification], ids=["doctor", "verify"])
@pytest.mark.parametrize("text", WORDS.values(), ids=WORDS)
def test_a_page(make_document: Callable[[str], DoctorDocument | VerifyDocument], text: str) -> None:
    plain, hostile = (find_writers(make_document(word))["html"]() for word in ("word", text))
    assert Tags(plain).found == Tags(hostile).found
    assert CONTROL.search(hostile) is None
    assert hostile.encode().decode() == hostile
