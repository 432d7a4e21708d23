"""The age of the data: what is old must say so."""

from __future__ import annotations

import datetime as dt

from mlenv.matrix.rows import MatrixInfo

FRESH_DAYS = 90


def warn_of_age(info: MatrixInfo, today: dt.date) -> str | None:
    """A warning where the data is more than 90 days old, None where it is fresh."""
    days = (today - info.as_of).days
    if days <= FRESH_DAYS:
        return None
    return (
        f"the compatibility matrix is {days} days old (version {info.version}): "
        "newer releases are not known to it; update mlenv"
    )
