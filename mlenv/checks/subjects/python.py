"""Python: whether there is an interpreter that the frameworks' wheels fit."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import cite
from mlenv.checks.finding import Finding, Severity
from mlenv.checks.interpreters import (
    READINGS,
    bring_python,
    cite_interpreters,
    describe_range,
    find_interpreters,
    require_interpreters,
    served_pythons,
)
from mlenv.checks.refused import leave_to_message, refused
from mlenv.checks.registry import Case, Skip, check
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.version import numbers, series
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Release


@check("python-missing", subject="python")
def python_missing(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """No CPython at all."""
    if not find_interpreters(case.machine):
        yield Finding(
            id="python-missing",
            severity="warning",
            title="No Python was found",
            cause="No CPython interpreter is installed here; mlenv can bring one through uv.",
            evidence=(cite(case.machine, "interpreters found: none", *READINGS),),
            fix=(bring_python(matrix, case.machine),),
        )


@check("python-too-old", subject="python")
def python_too_old(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Only Pythons older than those that the newest PyTorch has wheels for."""
    yield from _out_of_range(case, matrix, newer=False)


@check("python-too-new", subject="python")
def python_too_new(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Only Pythons newer than those that the newest PyTorch has wheels for."""
    yield from _out_of_range(case, matrix, newer=True)


@check("python-end-of-life", subject="python")
def python_end_of_life(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Only Pythons whose series gets no more corrections."""
    pythons = require_interpreters(case)
    ends = {row.version: row.end_of_life for row in matrix.pythons}
    known = [(python, ends.get(series(python.version))) for python in pythons]
    if any(end is None or end > matrix.day for _, end in known):
        return
    python, end = known[0]
    yield Finding(
        id="python-end-of-life",
        severity="info",
        title=f"Python {series(python.version)} gets no more corrections",
        cause=f"Its support ended in {end:%B %Y}; new releases of the frameworks leave it out.",
        evidence=cite_interpreters(case.machine, pythons),
        fix=(bring_python(matrix, case.machine),),
    )


def _out_of_range(case: Case, matrix: Matrix, *, newer: bool) -> Iterator[Finding]:
    yield from refused(case, matrix, "python-too-new" if newer else "python-too-old")
    leave_to_message(case)
    pythons = [python for python in require_interpreters(case) if not python.free_threaded]
    if not pythons:
        raise Skip("there are only free-threaded Pythons")
    served = served_pythons(matrix, case.machine)
    if not served:
        raise Skip(f"PyTorch has no wheels for {case.machine.platform}")
    if any(series(python.version) in served for python in pythons):
        return
    last = numbers(served[-1])
    if any(numbers(series(python.version)) > last for python in pythons) is not newer:
        return
    yield _describe(case, matrix, tuple(pythons), served, newer=newer)


def _describe(
    case: Case, matrix: Matrix, pythons: tuple[PythonInterpreter, ...], served: tuple[str, ...], *, newer: bool
) -> Finding:
    slug, word = ("python-too-new", "new") if newer else ("python-too-old", "old")
    release = _last_release_for(matrix, case.machine, series(pythons[0].version))
    still = f"; PyTorch {release.version} is the newest that has wheels for it" if release else ""
    here = f"Python {pythons[0].version}"
    severity, title = _severity(case, matrix, release), f"{here} is too {word} for the newest PyTorch"
    if release is not None and severity == "info":
        title = f"With {here} the newest PyTorch is {release.version}"
    return Finding(
        id=slug,
        severity=severity,
        title=title,
        cause=f"The newest PyTorch has wheels for Python {describe_range(served)}; the newest here is {here}{still}.",
        evidence=cite_interpreters(case.machine, pythons),
        fix=(bring_python(matrix, case.machine),),
        applies_to=("torch",),
        grade="likely" if case.is_report else "shown",
    )


def _severity(case: Case, matrix: Matrix, release: Release | None) -> Severity:
    """What a current release still serves is good to know, no more.

    mlenv brings another Python to a machine; an environment is bound to its own.
    """
    if release is not None and query.is_current(matrix.framework("torch"), release):
        return "info"
    own = case.environment is not None and not case.is_report
    return "error" if own and release is None else "warning"


def _last_release_for(matrix: Matrix, machine: Machine, python: str) -> Release | None:
    for release in query.newest_first(matrix.framework("torch")):
        if any(python in build.pythons for build in query.proven_builds(release, machine.platform)):
            return release
    return None
