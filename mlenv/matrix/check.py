"""The checks of the matrix itself.

The types say what a row may hold; the checks say what must hold between rows and files.  Every
problem is one line: the file, the row, and what is wrong with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path

from packaging.utils import canonicalize_name

from mlenv.matrix import check_builds, check_hardware, check_health, check_metadata, check_profiles, check_texts
from mlenv.matrix.age import last_day
from mlenv.matrix.canonical import render_file
from mlenv.matrix.check_builds import Problems
from mlenv.matrix.files import Files, load_files, render_schemas
from mlenv.matrix.hardware import Drivers
from mlenv.matrix.layers import identity
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import FileFamilies, Framework, MatrixInfo, Profile, Row, SystemNeeds
from mlenv.matrix.toml_file import read_text
from mlenv.matrix.walk import holds_rows, walk_rows

__all__ = ["check_matrix", "render_schemas"]


def check_matrix(matrix: Matrix) -> list[str]:
    """Every problem of a matrix, one line each; empty where all is well."""
    files = load_files(matrix)
    problems = [*files.broken, *(problem for check in _CHECKS for problem in check(files))]
    if matrix.site is not None:
        return problems
    told = {problem.split(":")[0] for problem in problems}
    return [*problems, *(problem for problem in _check_form(matrix, files) if problem.split(":")[0] not in told)]


def _check_form(matrix: Matrix, files: Files) -> Problems:
    """Each file is in canonical form, so that a refresh changes what has changed and nothing else.

    The form quotes docstrings, which Python leaves out where it is told to (``-OO``).
    """
    for path, file in files.rows.items() if Row.__doc__ else ():
        if render_file(file) != read_text(matrix.folder / path):
            yield f"{path}: is not in canonical form; `mlenv matrix update --write --into DIR` writes it so"


def check_site(matrix: Matrix, site: Path) -> list[str]:
    """The problems of a matrix that a site's files bring in, each with the path of the site's file.

    A site's folder that stands alone must be whole.
    """
    own = {path.relative_to(site).as_posix() for path in site.rglob("*.toml")}
    files = load_files(matrix)
    # A site's rows may be younger than the data that they are laid over.
    checks = [check for check in _CHECKS if check is not _check_dates]
    problems = [*files.broken, *(problem for check in checks for problem in check(files))]
    named = [problem if problem.startswith(str(site)) else f"{site}/{problem}" for problem in problems]
    if matrix.site is None:
        return named
    return [problem for problem in named if problem.removeprefix(f"{site}/").split(": ")[0] in own]


def _check_names(files: Files) -> Problems:
    """A file is called by the id or name that it holds."""
    for path, framework in files.of(Framework).items():
        if framework.id != Path(path).stem or framework.id != canonicalize_name(framework.distribution):
            yield f"{path}: id {framework.id!r} is not the file's name and the normalised distribution"
    for path, profile in files.of(Profile).items():
        if profile.name != Path(path).stem:
            yield f"{path}: name {profile.name!r} is not the file's name"


def _check_ids(files: Files) -> Problems:
    """What tells rows apart is not used twice."""
    for path, file in files.rows.items():
        for table in file.__struct_fields__:
            rows = getattr(file, table)
            if holds_rows(rows):
                yield from _repeated(path, table, (" ".join(map(str, identity(row))) for row in rows))
    for path, drivers in files.of(Drivers).items():
        capabilities = (item for row in drivers.architecture for item in row.compute_capabilities)
        yield from _repeated(path, "architecture", capabilities)


def _repeated(path: str, table: str, values: Iterable[Hashable]) -> Problems:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{path}: {table} {value}: stands {count} times"


def _check_sources(files: Files) -> Problems:
    """Every source that a row names is in the file's table, and every one there is named."""
    for path, file in files.rows.items():
        known: dict[str, str] | None = getattr(file, "sources", None)
        if known is None:
            continue
        used: set[str] = set()
        for place, row in walk_rows(file):
            named: tuple[str, ...] = getattr(row, "source", ())
            used.update(named)
            yield from (f"{path}: {place}: source {name!r} is not in [sources]" for name in named if name not in known)
            if not named:
                yield f"{path}: {place}: names no source"
        yield from (f"{path}: source {name!r} is used by no row" for name in known if name not in used)


def _check_dates(files: Files) -> Problems:
    """Nothing was checked or released after the day of the data."""
    info = files.one(MatrixInfo)
    if info is None:
        return
    last = last_day(info)
    for path, file in files.rows.items():
        checked_on = getattr(file, "checked_on", last)
        if checked_on > last:
            yield f"{path}: checked_on {checked_on} is after {last}, the day of the data"
    for path, framework in files.of(Framework).items():
        for release in framework.release:
            if release.released > last:
                yield f"{path}: {release.version}: released {release.released} is after {last}"


def _check_families(files: Files) -> Problems:
    """A distribution belongs to one family of files."""
    for path, families in files.of(FileFamilies).items():
        yield from _repeated(path, "distribution", (name for row in families.family for name in row.distributions))


def _check_needs(files: Files) -> Problems:
    """What a build needs beside Python packages has a row that says how to get it."""
    needs = files.one(SystemNeeds)
    known = {row.id for row in needs.need} if needs else set()
    for place, build in files.builds():
        for text in build.needs:
            if text.split(">=")[0] not in known:
                yield f"{place}: needs {text!r}, which needs.toml does not know"


_CHECKS: tuple[Callable[[Files], Problems], ...] = (
    _check_names,
    _check_ids,
    _check_sources,
    _check_dates,
    check_builds.check_order,
    check_builds.check_project,
    check_builds.check_runtime,
    check_builds.check_places,
    check_builds.check_overlap,
    check_builds.check_gpu_code,
    check_builds.check_requirements,
    *check_metadata.CHECKS,
    *check_profiles.CHECKS,
    _check_families,
    _check_needs,
    *check_hardware.CHECKS,
    *check_health.CHECKS,
    *check_texts.CHECKS,
)
