"""Refreshed files written into a folder: all of them sound, or none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from mlenv.errors import UsageError
from mlenv.matrix.canonical import render_file
from mlenv.matrix.check import check_matrix
from mlenv.matrix.files import FOLDERS, list_files
from mlenv.matrix.load import INFO_FILE, Matrix
from mlenv.matrix.rows import Row


def write_files(matrix: Matrix, files: Mapping[str, Row], target: Path) -> None:
    """Write a whole matrix, some files of it with new rows and all in canonical form, into ``target``.

    It is made beside and checked first; :class:`UsageError` with the first problem, and nothing
    touched, where the new files do not fit the others, or where the folder cannot be written.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copytree(matrix.folder, draft)
        standing = {path: matrix.read(path, kind) for path, kind in list_files(matrix)}
        for path, row in {**standing, **files}.items():
            (draft / path).write_text(render_file(row), encoding="utf-8")
        problems = check_matrix(Matrix(draft))
        if problems:
            raise UsageError(f"the refreshed data is not sound, nothing was written: {problems[0]}")
        _take_over(draft, target)
    except OSError as error:
        raise UsageError(f"{target}: cannot be written ({error.strerror or error})") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _take_over(draft: Path, target: Path) -> None:
    """A new folder takes its place whole; in one that is there what differs is replaced.

    An older copy of the data loses the frameworks and profiles that are no more.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        os.replace(draft, target)
        return
    gone = _rows_of(target) - _rows_of(draft) if (target / INFO_FILE).is_file() else set()
    for path in sorted(file.relative_to(draft) for file in draft.rglob("*") if file.is_file()):
        if not _is_same(draft / path, target / path):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            os.replace(draft / path, target / path)
    for path in gone:
        (target / path).unlink()


def _rows_of(folder: Path) -> set[Path]:
    """The files of frameworks and profiles."""
    return {path.relative_to(folder) for below in FOLDERS.values() for path in (folder / below).glob("*.toml")}


def _is_same(one: Path, two: Path) -> bool:
    return two.is_file() and one.read_bytes() == two.read_bytes()
