"""The age of the data: what is old must say so."""

from __future__ import annotations

import datetime as dt

from mlenv.facts.version import numbers
from mlenv.matrix.rows import MatrixInfo

FRESH_DAYS = 90


def last_day(info: MatrixInfo) -> dt.date:
    """The last day on which something of the data was looked at.

    ``as_of`` is the day on which all of it was; a refresh of some frameworks moves the calendar
    version alone.
    """
    parts = numbers(info.version)[:3]
    try:
        return max(dt.date(*parts), info.as_of)
    except (TypeError, ValueError, OverflowError):
        return info.as_of


def warn_of_age(info: MatrixInfo, today: dt.date) -> str | None:
    """A warning where the data is more than 90 days old, None where it is fresh."""
    days = (today - info.as_of).days
    if days <= FRESH_DAYS:
        return None
    return (
        f"the compatibility matrix is {days} days old (version {info.version}): "
        "newer releases are not known to it; update mlenv"
    )
