"""Which data a command works with: the built-in, a user's newer copy, a site's own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec

from mlenv.errors import UsageError
from mlenv.facts.version import numbers
from mlenv.matrix.compiled import Store
from mlenv.matrix.load import INFO_FILE, SCHEMA, Matrix, data_folder, read_info
from mlenv.matrix.toml_file import load_file, one_line


def open_matrix(
    site: Path | None = None,
    *,
    as_of: dt.date | None = None,
    checked: bool = True,
    cache: Path | None = None,
    user: Path | None = None,
) -> Matrix:
    """The matrix to work with, and a site's folder over it where one is named.

    The base is the newer of the built-in data and ``user``, the copy that ``mlenv matrix update
    --write`` keeps.  A site's folder whose ``matrix.toml`` says ``replaces = true`` stands alone.
    ``cache`` is a folder for what loads fast.  :class:`UsageError` names what is wrong with a
    folder; ``checked = False`` leaves that to the caller.
    """
    store = Store(cache)
    if site is None:
        return Matrix(newest_folder(user), as_of=as_of, store=store)
    check_folder(site)
    alone = (site / INFO_FILE).is_file() and read_info(site).replaces
    base = site if alone else newest_folder(user)
    matrix = Matrix(base, site=None if alone else site, as_of=as_of, store=store)
    if checked:
        _check_once(matrix, site)
    return matrix


def newest_folder(user: Path | None) -> Path:
    """The newer of the built-in data and the user's copy, by calendar version.

    A copy of the same version was made from the built-in data and is newer; one of another schema
    was written by another mlenv and does not count.
    """
    built_in = data_folder()
    if user is None or not (user / INFO_FILE).is_file() or not _is_of_this_schema(user):
        return built_in
    theirs, ours = read_info(user).version, read_info(built_in).version
    return user if numbers(theirs) >= numbers(ours) else built_in


class _Schema(msgspec.Struct, frozen=True):
    """The one key of ``matrix.toml`` that every schema has."""

    schema: int = SCHEMA


def _is_of_this_schema(folder: Path) -> bool:
    return load_file(folder / INFO_FILE, _Schema).schema == SCHEMA


def check_folder(folder: Path) -> None:
    """A site's folder is one, and holds something of a matrix."""
    if not folder.exists():
        raise UsageError(f"{folder}: there is no such folder", hint="a matrix folder has frameworks/, profiles/ ...")
    if not folder.is_dir():
        raise UsageError(f"{folder}: is not a folder", hint="name the folder that holds frameworks/, profiles/ ...")
    if not any(folder.rglob("*.toml")):
        raise UsageError(
            f"{folder}: holds no TOML file", hint="see `mlenv schema framework` and `mlenv schema profile`"
        )


def _check_once(matrix: Matrix, site: Path) -> None:
    """Check a site's rows as ours are checked; what was found sound is remembered until a file changes."""
    from mlenv.matrix.compiled import key_of

    state = " ".join(matrix.states)
    matrix.store.get(f"sound-{key_of(site)}", state, bool, lambda: _check(matrix, site))


def _check(matrix: Matrix, site: Path) -> bool:
    from mlenv.matrix.check import check_site

    problems = check_site(matrix, site)
    if problems:
        rest = f" (and {len(problems) - 1} more: `mlenv matrix check --matrix {site}`)" if len(problems) > 1 else ""
        raise UsageError(f"{one_line(problems[0])}{rest}", hint=_where_to_look(problems[0].removeprefix(f"{site}/")))
    return True


def _where_to_look(problem: str) -> str:
    """The command that shows what the file of a problem may hold."""
    from mlenv.matrix.files import kind_of

    kind = kind_of(problem.split(":")[0])
    return f"`mlenv schema {kind}` shows what such a file may hold" if kind else ""
