"""The release cycle of Python: when each series came out and when its security support ends.

The table is the official one, ``release-cycle.json`` of the PEPs site.  Its form is documented
there (``peps.python.org/api``) and seen in an archived copy of the file itself: one object per
series, dates as days or, while they are still planned, as a month.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Sequence

import msgspec

from mlenv.facts.version import numbers
from mlenv.matrix.rows import PythonSeries
from mlenv.matrix.sources.published import SourceTrouble
from mlenv.system.page import WebDoor
from mlenv.typed import decode_json

SOURCE = "the release cycle of Python"
ROW_SOURCE = "python-releases"
"""The source that rows from here name; the text belongs into the file's ``[sources]`` table."""
ROW_SOURCE_TEXT = "peps.python.org/api/release-cycle.json, the release cycle of Python"
URL = "https://peps.python.org/api/release-cycle.json"

_UNRELEASED = ("feature", "prerelease", "planned", "")
_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """One series as the table has it."""

    status: str = ""
    first_release: str = ""
    end_of_life: str = ""


class SeriesTable(msgspec.Struct, frozen=True, kw_only=True):
    """``rows`` are newest first; ``troubles`` say what could not be read or understood."""

    rows: tuple[PythonSeries, ...]
    troubles: tuple[SourceTrouble, ...] = ()


def read_series(web: WebDoor, *, today: dt.date, known: Sequence[PythonSeries] = (), url: str = URL) -> SeriesTable:
    """The series of Python that are out on a day.

    ``known`` rows come back as they are where upstream says the same, nothing, or nothing that we
    understand; they also say where the table begins: older series are left out.
    """
    page = web.page(url)
    if page.state != "found":
        return SeriesTable(rows=tuple(known), troubles=(_trouble(url, page.detail or "there is no such page"),))
    try:
        cycles = parse_release_cycle(page.body)
    except msgspec.MsgspecError as error:
        return SeriesTable(rows=tuple(known), troubles=(_trouble(url, f"the table has another form: {error}"),))
    return _merged(cycles, today, known, url)


# {"3.15": {"branch": "3.15", "pep": 790, "status": "bugfix", "first_release": "2026-10-01",
#           "end_of_life": "2031-10", "release_manager": "..."}, ...}
def parse_release_cycle(body: bytes) -> dict[str, Cycle]:
    """The table by series; :class:`msgspec.MsgspecError` where it has another form."""
    return decode_json(body, dict[str, Cycle])


# "2025-10-31", or "2031-10" for a day of that month that is not set yet
def parse_date(text: str) -> dt.date:
    """A day; a month alone means its last day.  :class:`ValueError` for anything else."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no date")
    year, month = int(match[1]), int(match[2])
    if match[3] is None and 1 <= month <= 12:
        return dt.date(year, month, calendar.monthrange(year, month)[1])
    return dt.date(year, month, int(match[3] or 0))


def _merged(cycles: dict[str, Cycle], today: dt.date, known: Sequence[PythonSeries], url: str) -> SeriesTable:
    rows = {row.version: row for row in known}
    oldest = min(map(numbers, rows), default=())
    troubles = []
    for version, cycle in cycles.items():
        if cycle.status in _UNRELEASED or numbers(version) < oldest:
            continue
        try:
            row = _row(version, cycle)
        except ValueError as error:
            troubles.append(_trouble(url, f"Python {version}: {error}"))
            continue
        if row.released <= today and not _agree(row, rows.get(version)):
            rows[version] = row
    newest_first = sorted(rows.values(), key=lambda row: numbers(row.version), reverse=True)
    return SeriesTable(rows=tuple(newest_first), troubles=tuple(troubles))


def _row(version: str, cycle: Cycle) -> PythonSeries:
    if not re.fullmatch(r"\d+\.\d+", version):
        raise ValueError("this is no series")
    return PythonSeries(
        version=version,
        released=parse_date(cycle.first_release),
        end_of_life=parse_date(cycle.end_of_life),
        source=(ROW_SOURCE,),
    )


def _agree(row: PythonSeries, known: PythonSeries | None) -> bool:
    return known is not None and (known.released, known.end_of_life) == (row.released, row.end_of_life)


def _trouble(url: str, phrase: str) -> SourceTrouble:
    return SourceTrouble(source=SOURCE, url=url, phrase=phrase)
