"""A small whole matrix in a folder: the built-in tables with frameworks of our own."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from mlenv.matrix.canonical import render_file
from mlenv.matrix.load import Matrix, data_folder
from mlenv.matrix.rows import Framework, MatrixInfo


def make_matrix(folder: Path, *frameworks: Framework, day: dt.date = dt.date(2026, 3, 2)) -> Matrix:
    """A sound matrix of some day with those frameworks and no profile."""
    (folder / "frameworks").mkdir(parents=True)
    for path in data_folder().glob("*.toml"):
        shutil.copy(path, folder)
    for name in ("drivers", "families", "gpus", "health", "images", "indexes", "needs", "pythons", "rocm"):
        make_older(folder / f"{name}.toml", day)
    info = MatrixInfo(schema=1, version=day.strftime("%Y.%m.%d"), as_of=day)
    (folder / "matrix.toml").write_text(render_file(info))
    for row in frameworks:
        (folder / "frameworks" / f"{row.id}.toml").write_text(render_file(row))
    return Matrix(folder)


def make_older(path: Path, day: dt.date) -> None:
    """Let a file have been looked at no later than on a day."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text(
        "".join(f"checked_on = {day}\n" if line.startswith("checked_on") else line for line in lines), encoding="utf-8"
    )


def texts(folder: Path) -> dict[str, str]:
    """Every file of a folder, by its path."""
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}
