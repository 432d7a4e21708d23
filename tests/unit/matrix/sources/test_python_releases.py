"""The release cycle of Python, from pages in the true form."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from mlenv.matrix.rows import PythonSeries
from mlenv.matrix.sources.python_releases import ROW_SOURCE, SOURCE, URL, SeriesTable, parse_date, read_series
from mlenv.system.page import Page
from tests.unit.matrix.sources.sources_web import PagesOnly

TODAY = dt.date(2026, 11, 22)


def cycle(status: str, first_release: str, end_of_life: str) -> dict[str, Any]:
    return {
        "branch": "main" if status == "feature" else "a branch",
        "pep": 790,
        "status": status,
        "first_release": first_release,
        "end_of_life": end_of_life,
        "release_manager": "Łukasz Example",
    }


CYCLES = {
    "3.16": cycle("feature", "2027-10-06", "2032-10"),
    "3.15": cycle("bugfix", "2026-10-01", "2031-10"),
    "3.9": cycle("end-of-life", "2020-10-05", "2025-10-31"),
    "3.10": cycle("security", "2021-10-04", "2026-10"),
    "2.8": {"branch": "2.8", "pep": 404, "status": "ex-release"},
    "2.7": cycle("end-of-life", "2010-07-03", "2020-01-01"),
}


def row(version: str, released: str, end_of_life: str, source: str = ROW_SOURCE) -> PythonSeries:
    return PythonSeries(
        version=version,
        released=dt.date.fromisoformat(released),
        end_of_life=dt.date.fromisoformat(end_of_life),
        source=(source,),
    )


KNOWN = (row("3.10", "2021-10-04", "2026-10-31", "devguide"), row("3.9", "2020-10-05", "2025-10-05", "devguide"))


def read(cycles: object, known: tuple[PythonSeries, ...] = KNOWN, today: dt.date = TODAY) -> SeriesTable:
    body = cycles if isinstance(cycles, bytes) else json.dumps(cycles).encode()
    web = PagesOnly({URL: Page(state="found", url=URL, content_type="application/json", body=body)})
    return read_series(web, today=today, known=known)


def phrases(table: SeriesTable) -> list[str]:
    return [trouble.phrase for trouble in table.troubles]


def test_rows_are_newest_first_and_only_what_differs_names_this_source() -> None:
    expected = (
        row("3.15", "2026-10-01", "2031-10-31"),
        row("3.10", "2021-10-04", "2026-10-31", "devguide"),
        row("3.9", "2020-10-05", "2025-10-31"),
    )
    assert SeriesTable(rows=expected) == read(CYCLES)


def test_without_a_known_row_the_table_is_whole() -> None:
    table = read(CYCLES, known=())
    assert ["3.15", "3.10", "3.9", "2.7"] == [series.version for series in table.rows]
    assert ["Python 2.8: '' is no date"] == phrases(table)


@pytest.mark.parametrize(
    ("status", "today", "is_out"),
    [
        ("bugfix", "2026-10-01", True),
        ("bugfix", "2026-09-30", False),
        ("prerelease", "2026-10-05", False),
        ("feature", "2026-10-05", False),
        ("planned", "2026-10-05", False),
        ("", "2026-10-05", False),
    ],
)
def test_a_series_counts_from_its_day_unless_it_is_late(status: str, today: str, is_out: bool) -> None:
    table = read({"3.15": cycle(status, "2026-10-01", "2031-10")}, today=dt.date.fromisoformat(today))
    assert is_out == ("3.15" in [series.version for series in table.rows])


@pytest.mark.parametrize(
    ("text", "day"), [("2025-10-31", "2025-10-31"), ("2031-10", "2031-10-31"), ("2028-02", "2028-02-29")]
)
def test_dates(text: str, day: str) -> None:
    assert dt.date.fromisoformat(day) == parse_date(text)


@pytest.mark.parametrize("text", ["", "October 2031", "2031", "2031-13", "2031-13-01", "2031-02-30", "2031-10-01x"])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError):
        parse_date(text)


def test_a_row_that_cannot_be_understood_stays_as_it_was() -> None:
    table = read({"3.10": cycle("security", "2021-10-04", "some day"), "3.15": CYCLES["3.15"]})
    assert ("3.15", *[series.version for series in KNOWN]) == tuple(series.version for series in table.rows)
    assert KNOWN == table.rows[1:]
    assert ["Python 3.10: 'some day' is no date"] == phrases(table)


def test_what_is_no_series() -> None:
    assert ["Python 4: this is no series"] == phrases(read({"4": cycle("bugfix", "2026-10-01", "2031-10")}))


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b"[]", b'{"3.15": "soon"}', b"\xff\x00", b""])
def test_another_form_loses_nothing(body: bytes) -> None:
    table = read(body)
    assert KNOWN == table.rows
    assert [True] == [phrase.startswith("the table has another form: ") for phrase in phrases(table)]


@pytest.mark.parametrize(
    ("page", "phrase"),
    [
        (Page(state="unreachable", url=URL, detail="its name does not resolve"), "its name does not resolve"),
        (Page(state="missing", url=URL), "there is no such page"),
    ],
)
def test_out_of_reach_loses_nothing(page: Page, phrase: str) -> None:
    table = read_series(PagesOnly({URL: page}), today=TODAY, known=KNOWN)
    assert KNOWN == table.rows
    assert [(SOURCE, URL, phrase)] == [(trouble.source, trouble.url, trouble.phrase) for trouble in table.troubles]
