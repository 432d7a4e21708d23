"""A framework cut down to its newest releases answers what is asked about the newest as the whole does."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from mlenv.matrix.compiled import Store
from mlenv.matrix.load import Matrix
from mlenv.matrix.newest import keep_newest
from mlenv.matrix.query import newest_first, newest_with_builds
from mlenv.matrix.rows import Accelerator

MATRIX = Matrix()
PLATFORMS = (
    "linux-x86_64",
    "linux-aarch64",
    "windows-x86_64",
    "windows-aarch64",
    "macos-arm64",
    "macos-x86_64",
    "other",
)


@pytest.mark.parametrize("name", MATRIX.framework_ids)
def test_the_same_newest_releases(name: str) -> None:
    whole = MATRIX.framework(name)
    cut = keep_newest(whole)
    assert newest_first(whole)[:1] == newest_first(cut)[:1]
    for platform in PLATFORMS:
        for accelerator in (None, *get_args(Accelerator)):
            assert newest_with_builds(whole, platform, accelerator) == newest_with_builds(cut, platform, accelerator)


def test_it_is_kept_and_made_anew_for_another_day(tmp_path: Path) -> None:
    import datetime as dt

    store = Store(tmp_path)
    newest = Matrix(store=store).newest("torch")
    assert newest == Matrix(store=store).newest("torch")
    before = Matrix(store=store, as_of=dt.date(2024, 7, 1)).newest("torch")
    assert ("2.3.1", True) == (newest_first(before)[0].version, newest != before)
