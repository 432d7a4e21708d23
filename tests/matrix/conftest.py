"""A copy of the built-in matrix, to plant faults in."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mlenv.matrix.load import data_folder

Plant = Callable[[str, str, str], Path]


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """``plant("drivers.toml", old, new)`` gives the folder of a matrix with that text replaced once."""
    folder = tmp_path / "matrix"
    shutil.copytree(data_folder(), folder)

    def replace(path: str, old: str, new: str) -> Path:
        file = folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} does not hold {old!r}"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return replace
