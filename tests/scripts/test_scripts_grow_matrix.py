"""A larger matrix, to measure with, is a sound matrix."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mlenv.matrix.check import check_matrix
from mlenv.matrix.load import Matrix
from mlenv.matrix.product import compute_capability_of

SCRIPT = Path(__file__).parents[2] / "scripts" / "grow_matrix.py"
SMALL = Matrix()


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few real frameworks and profiles with all the rows about machines."""
    folder = tmp_path_factory.mktemp("seed")
    for path in sorted(SMALL.folder.rglob("*.toml")):
        name = path.relative_to(SMALL.folder)
        if name.parent.name in ("frameworks", "profiles") and name.stem not in ("numpy", "scipy"):
            continue
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(path.read_bytes())
    (folder / "profiles").mkdir()
    (folder / "profiles" / "pair.toml").write_text(
        'name = "pair"\ntitle = "A pair"\nframeworks = ["numpy", "scipy>=1"]\n'
    )
    return folder


def grow(seed: Path, target: Path, *options: str) -> Matrix:
    argv = [sys.executable, str(SCRIPT), str(target), "--times", "3", "--source", str(seed), *options]
    subprocess.run(argv, check=True, capture_output=True, text=True)
    return Matrix(target)


def test_more_frameworks(seed: Path, tmp_path: Path) -> None:
    small, large = Matrix(seed), grow(seed, tmp_path / "large")
    assert [] == check_matrix(large)
    assert large.info.replaces
    assert {f"numpy{end}" for end in ("", "-grown1", "-grown2")} < set(large.framework_ids)
    sizes = [
        (len(matrix.framework_ids), len(matrix.profile_names), len(matrix.gpus.gpu), len(matrix.families))
        for matrix in (small, large)
    ]
    assert sizes[1] == tuple(3 * size for size in sizes[0])
    assert ("numpy-grown2", "scipy-grown2>=1") == large.profile("pair-grown2").frameworks
    assert "8.0" == compute_capability_of(large.gpus, "A100 SXM4 40 GB grown1")


def test_more_releases(seed: Path, tmp_path: Path) -> None:
    small, large = Matrix(seed), grow(seed, tmp_path / "large", "--releases")
    assert [] == check_matrix(large)
    assert small.framework_ids == large.framework_ids
    for name in small.framework_ids:
        few, many = small.framework(name).release, large.framework(name).release
        assert few == many[: len(few)]
        assert 3 * len(few) == len(many)


def test_a_folder_that_is_there_is_left_alone(seed: Path) -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), str(seed)], capture_output=True, text=True, check=False)
    assert (2, True) == (done.returncode, "must not exist" in done.stderr)
