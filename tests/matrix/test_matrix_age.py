"""Old data says so."""

from __future__ import annotations

import datetime as dt

import pytest

from mlenv.matrix.age import warn_of_age
from mlenv.matrix.rows import MatrixInfo

INFO = MatrixInfo(schema=1, version="2026.11.22", as_of=dt.date(2026, 11, 22))


@pytest.mark.parametrize(
    ("today", "warns"), [("2026-11-22", False), ("2027-02-20", False), ("2027-02-21", True), ("2024-01-01", False)]
)
def test_age(today: str, warns: bool) -> None:
    warning = warn_of_age(INFO, dt.date.fromisoformat(today))
    assert warns is (warning is not None)
    if warning:
        assert "91 days old (version 2026.11.22)" in warning
