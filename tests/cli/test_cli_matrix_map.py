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


def test_every_framework_by_devices_where_none_is_named(mlenv: Run) -> None:
    text = mlenv("matrix", "show", "--format", "html", "--machine", str(H100)).stdout
    assert "What this machine can run" in text
    assert all(f'<th scope="row">{name}</th>' in text for name in ("torch", "tensorflow", "jax"))
    assert "NVIDIA CUDA" in text
    bare = mlenv("matrix", "show", "--format", "html", "--no-machine").stdout
    assert ('class="runs' in text, 'class="runs' in bare, 'class="published"' in bare) == (True, False, True)


def test_all_of_them_by_releases_where_that_is_asked_for(mlenv: Run) -> None:
    text = mlenv("matrix", "show", "--all", "--format", "html", "--no-machine").stdout
    assert [name in text for name in ('id="torch"', 'id="numpy"')] == [True, True]


def test_no_machine_contradicts_a_machine(mlenv: Run) -> None:
    done = mlenv("matrix", "show", "torch", "--no-machine", "--machine", str(H100))
    assert done.returncode == 2
    assert "--no-machine contradicts --machine" in done.stderr
