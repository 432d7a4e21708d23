"""``mlenv matrix diff``: what differs between two states of the data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlenv.cli.options import output_options
from mlenv.cli.settings import OutputOptions, emit, user_matrix
from mlenv.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from mlenv.matrix.files import Files
    from mlenv.matrix.load import Matrix


@click.command("diff")
@click.argument("old")
@click.argument("new", required=False)
@output_options
def command(old: str, new: str | None, output: OutputOptions) -> int:
    """Show what differs between two states of the data, row by row.

    OLD and NEW are folders, or the words built-in (the data of this mlenv), user (the copy that
    `mlenv matrix update --write` keeps) and current (the newer of these two, which is also NEW
    where it is not named). The exit status is 1 where something differs.

    \b
    mlenv matrix diff ~/matrix-2026.08 current
    mlenv matrix diff built-in user
    """
    from mlenv.matrix.diff import compare
    from mlenv.report.matrix.diff import SCHEMA, MatrixDiffDocument, render_changes

    before, after = _open(old), _open(new or "current")
    changes = compare(_load(before), _load(after))
    document = MatrixDiffDocument(
        schema=SCHEMA,
        matrix_version=after.version,
        matrix_digest=after.digest,
        old=f"{before.version} {before.digest}",
        new=f"{after.version} {after.digest}",
        changes=changes,
    )
    emit(output.open_terminal(), document, lambda: render_changes(changes) or "no difference\n", output)
    return ExitStatus.FOUND_FAULT if changes else ExitStatus.OK


def _load(matrix: Matrix) -> Files:
    from mlenv.matrix.files import load_files

    files = load_files(matrix)
    if files.broken:
        raise UsageError(f"{matrix.folder}/{files.broken[0]}")
    return files


def _open(name: str) -> Matrix:
    from mlenv.matrix.load import Matrix, data_folder
    from mlenv.matrix.opening import check_folder, newest_folder

    user = user_matrix()
    named = {"built-in": data_folder(), "user": user, "current": newest_folder(user)}
    folder = named.get(name) or Path(name)
    check_folder(folder)
    return Matrix(folder)
