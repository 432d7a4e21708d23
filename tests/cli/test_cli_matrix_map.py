"""`mlenv matrix show --format html`: the map of a framework, for this machine or another, or for none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

H100 = Path(__file__).parents[1] / "machines" / "linux-ubuntu2204-h100x8"


@pytest.mark.parametrize("ending", [".html", ".htm"])
def test_a_file_of_that_ending_is_a_map_for_the_machine(mlenv: Run, tmp_path: Path, ending: str) -> None:
    page = tmp_path / f"torch{ending}"
    done = mlenv("matrix", "show", "torch", "--machine", str(H100), "--output", str(page))
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    text = page.read_text(encoding="utf-8")
    assert "What this machine can run of PyTorch" in text
    assert "NVIDIA H100 80GB HBM3" in text
    assert 'class="runs best"' in text


def test_this_machine_is_judged_unless_told_not_to(mlenv: Run) -> None:
    judged = mlenv("matrix", "show", "jax", "--format", "html").stdout
    rows = mlenv("matrix", "show", "jax", "--no-machine", "--format", "html").stdout
    assert 'class="runs' in judged
    assert 'class="runs' not in rows
    assert 'class="published"' in rows


def test_main_frameworks_where_none_is_named(mlenv: Run) -> None:
    text = mlenv("matrix", "show", "--format", "html", "--machine", str(H100)).stdout
    assert [name in text for name in ('id="torch"', 'id="tensorflow"', 'id="jax"')] == [True] * 3


def test_no_machine_contradicts_a_machine(mlenv: Run) -> None:
    done = mlenv("matrix", "show", "torch", "--no-machine", "--machine", str(H100))
    assert done.returncode == 2
    assert "--no-machine contradicts --machine" in done.stderr
