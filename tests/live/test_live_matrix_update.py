"""`mlenv matrix update` against the default index, for real."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mlenv.matrix.canonical import render_file
from mlenv.matrix.load import Matrix, data_folder

pytestmark = [pytest.mark.live, pytest.mark.registry]
Update = Callable[..., tuple[int, Any]]


@pytest.fixture
def update(tmp_path: Path) -> Update:
    """``mlenv matrix update`` with this user's settings and an empty cache: its status and document."""

    def run(*arguments: str) -> tuple[int, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "mlenv", "matrix", "update", *arguments, "--format", "json"],
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_DATA_HOME": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, json.loads(done.stdout)

    return run


def test_run_twice_the_second_transfers_nothing(update: Update) -> None:
    first, again = update("--check", "numpy", "torch"), update("--check", "numpy", "torch")
    assert (2, 2) == (first[1]["distributions_read"], first[1]["distributions_asked"])
    assert (first[0], first[1]["changes"]) == (again[0], again[1]["changes"])
    assert int(bool(first[1]["changes"])) == first[0]
    added = sum(change["how"] == "added" for change in first[1]["changes"])
    assert 0 < first[1]["transferred_bytes"] < 16_000_000
    # What a wheel requires is read in parts, which no cache keeps.
    assert again[1]["transferred_bytes"] <= added * 1_000_000


def test_what_differs_is_named_and_written(update: Update, tmp_path: Path) -> None:
    folder = tmp_path / "matrix"
    shutil.copytree(data_folder(), folder)
    numpy = Matrix(folder).framework("numpy")
    newest, *older = numpy.release
    (folder / "frameworks" / "numpy.toml").write_text(render_file(replace(numpy, release=tuple(older))))
    status, document = update("--check", "numpy", "--into", str(folder))
    named = {(change["row"], change["how"]) for change in document["changes"]}
    assert (1, True) == (status, (newest.version, "added") in named)
    assert (0, True) == ((written := update("--write", "numpy", "--into", str(folder)))[0], written[1]["written"])
    fresh = Matrix(folder).framework("numpy").release[0]
    assert (newest.version, newest.released, newest.requires_python) == (
        fresh.version,
        fresh.released,
        fresh.requires_python,
    )
    pythons = [{one for build in row.builds for one in build.pythons} for row in (newest, fresh)]
    assert pythons[0] == pythons[1]
    assert 0 == update("--check", "numpy", "--into", str(folder))[0]
