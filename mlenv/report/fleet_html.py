"""A fleet as one HTML file: causes, outliers, and a map of machines and checks that can be filtered."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from markupsafe import Markup

from mlenv.fleet.board import CELLS, WORDS, Cell
from mlenv.fleet.host import STATUSES
from mlenv.fleet.majority import Outlier, word_number
from mlenv.report import fleet_text
from mlenv.report.fleet import FleetCause, FleetDocument, FleetHost
from mlenv.report.fleet_text import (
    HOST_STATES,
    STATES,
    closing_line,
    count,
    count_hosts,
    describe_fleet,
    is_of_files,
    name_cause,
)
from mlenv.report.html.engine import read_part, render_template
from mlenv.report.style import clean

NAMES = 200
"""Machines that a cause names; the map shows all."""
LISTED = 1000
"""Machines of the table of those to look at."""
TITLES = 500
"""Titles of single machines that the map tells of one check; where there are more it tells none of it."""
GLYPHS: dict[Cell, str] = {"f": "✗", "e": "E", "w": "!", "u": "?", "i": "i", "p": "✓", "s": "–", "-": ""}
SPOKEN: dict[Cell, str] = {**WORDS, "f": "failed", "e": "could not run", "w": "warning", "i": "note", "p": "good"}
SPOKEN |= {"u": "not known", "s": "not applicable"}
_LETTERS: dict[str, Cell] = {"unreachable": "f", "error": "f", "unknown": "u", "warning": "w", "ok": "p"}


def render_html(document: FleetDocument) -> str:
    """The page."""
    script = read_part("script.js") + read_part("fleet.js")
    style = read_part("style.css") + read_part("fleet.css")
    bad = [host for host in document.hosts if host.status not in ("ok", "warning")]
    return render_template(
        "fleet",
        document=document,
        machines=count(document.machines, "machine"),
        state=document.status,
        closing=closing_line(document),
        about=describe_fleet(document),
        contents=list(_list_sections(document, bad)),
        figures=[(name, number, HOST_STATES[name], fleet_text.WORDS[name]) for name, number in document.counts.items()],
        groups=list(_share_groups(document)),
        causes=[_show_cause(document, cause) for cause in document.causes],
        outliers=document.outliers,
        hosts=bool(document.hosts),
        bad=bad[:LISTED],
        bad_words=f"The first {LISTED:,} of {len(bad):,}" if len(bad) > LISTED else count(len(bad), "machine"),
        letters=[(cell, SPOKEN[cell]) for cell in reversed(CELLS)],
        glyphs=GLYPHS,
        tones=HOST_STATES,
        words=fleet_text.WORDS,
        odd_lines=fleet_text.describe_odd,
        usual=_word_usual,
        count=count,
        unit=word_number,
        map_data=_embed(_draw_map(document)),
        style=Markup(style),  # noqa: S704 - our own files
        script=Markup(script),  # noqa: S704
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _list_sections(document: FleetDocument, bad: Sequence[FleetHost]) -> Iterator[tuple[str, str]]:
    yield "glance", "At a glance"
    if document.causes:
        yield "causes", "What is wrong"
    if document.outliers:
        yield "outliers", "Not like the others"
    yield "map", "Machines and checks"
    if bad:
        yield "machines", "Machines to look at"
    if document.groups:
        yield "have", "What they have"


def _share_groups(document: FleetDocument) -> Iterator[dict[str, Any]]:
    """The groups, and those of which nothing is known, with how many of their machines are how."""
    counts: dict[str, Counter[str]] = {group.name: Counter() for group in document.groups}
    for host in document.hosts:
        counts.setdefault(host.group, Counter())[host.status] += 1
    for name, states in counts.items():
        shares = [(status, states[status]) for status in reversed(STATUSES) if states[status]]
        words = [f"{number:,} {fleet_text.WORDS[status]}" for status, number in shares]
        yield {
            "name": name or "nothing is known",
            "machines": f"{states.total():,}",
            "words": ", ".join(words),
            "shares": [
                {"tone": HOST_STATES[status], "number": number, "words": word}
                for (status, number), word in zip(shares, words, strict=True)
            ],
        }


def _show_cause(document: FleetDocument, cause: FleetCause) -> dict[str, Any]:
    return {
        "id": cause.id,
        "name": name_cause(cause),
        "tone": STATES[cause.severity],
        "title": cause.title or name_cause(cause),
        "detail": cause.detail,
        "remedies": cause.remedies,
        "count": count_hosts(cause),
        "hosts": _name_files(document) if is_of_files(cause) else cause.hosts[:NAMES],
        "more": f"{len(cause.hosts) - NAMES:,}" if len(cause.hosts) > NAMES else "",
        "column": any(check.id == cause.id for check in document.checks),
    }


def _name_files(document: FleetDocument) -> list[str]:
    return [f"{unread.place}: {unread.reason}" for unread in document.unreadable[:NAMES]]


def _word_usual(outlier: Outlier) -> str:
    if outlier.odd[0].deviation is None:
        return f"on {outlier.alike:,} of {outlier.known:,}"
    return f"is the median of {outlier.known:,}"


# ---------------------------------------------------------------- the map


def _draw_map(document: FleetDocument) -> dict[str, Any]:
    """What the script draws: checks (id, title, titles of single machines, whether bad somewhere), machines, words."""
    columns = _rank_columns(document)
    groups = list(dict.fromkeys(host.group for host in document.hosts))
    places = {name: place for place, name in enumerate(groups)}
    titles = _tell_titles(document)
    return {
        "checks": [
            (clean(document.checks[number].id), *titles.get(document.checks[number].id, ("", {})), bad)
            for number, bad in columns
        ],
        "hosts": [
            (
                clean(host.name),
                STATUSES.index(host.status),
                places[host.group],
                "".join([host.cells[number] for number, _ in columns]).rstrip("-"),
            )
            for host in document.hosts
        ],
        "groups": [clean(name) or "nothing is known" for name in groups],
        "statuses": [
            (f"{document.counts[status]:,}", fleet_text.WORDS[status], _LETTERS[status]) for status in STATUSES
        ],
        "glyphs": GLYPHS,
        "words": SPOKEN,
    }


def _rank_columns(document: FleetDocument) -> list[tuple[int, bool]]:
    """The columns that say something, with whether one is bad somewhere; the worst first."""
    ranked: list[tuple[int, int, int, int]] = []
    for number in range(len(document.checks)):
        letters = Counter(host.cells[number] for host in document.hosts)
        if set(letters) - {"-", "s"}:
            ranked.append((-letters["f"], -letters["e"], -letters["w"], number))
    return [(number, bool(fail or error or warn)) for fail, error, warn, number in sorted(ranked)]


def _tell_titles(document: FleetDocument) -> dict[str, tuple[str, dict[str, str]]]:
    """By id of a check what it says on most machines, and on each of the others; nothing where those are too many."""
    said: dict[str, tuple[str, dict[str, str]]] = {}
    for cause in document.causes:
        title, others = said.setdefault(cause.id, (clean(cause.title), {}))
        own = {} if clean(cause.title) == title else dict.fromkeys(map(clean, cause.hosts), clean(cause.title))
        others |= own | {clean(host): clean(words) for host, words in cause.other_titles.items()}
    return {check: row if len(row[1]) <= TITLES else ("", {}) for check, row in said.items()}


def _embed(value: object) -> Markup:
    """JSON that may stand inside an element: nothing in it ends that or begins another."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for letter in "<>&'":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704 - nothing in it is markup any more
