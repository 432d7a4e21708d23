"""Python: whether there is an interpreter that the frameworks' wheels fit."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import cite, join
from mlenv.checks.finding import Finding, Fix, Severity
from mlenv.checks.registry import Case, Skip, Unknown, check
from mlenv.facts.machine import Machine, PythonInterpreter
from mlenv.facts.version import numbers, series
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Release

READINGS = ("python", "pythons", "python.interpreters")


@check("python-missing", subject="python")
def python_missing(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """No CPython at all."""
    if not _interpreters(case.machine):
        yield Finding(
            id="python-missing",
            severity="warning",
            title="No Python was found",
            cause="No CPython interpreter is installed here; mlenv can bring one through uv.",
            evidence=(cite(case.machine, "interpreters found: none", *READINGS),),
            fix=(_bring_python(matrix, case.machine),),
        )


@check("python-too-old", subject="python")
def python_too_old(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Only Pythons older than those that the newest PyTorch has wheels for."""
    yield from _out_of_range(case, matrix, newer=False)


@check("python-too-new", subject="python")
def python_too_new(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Only Pythons newer than those that the newest PyTorch has wheels for."""
    yield from _out_of_range(case, matrix, newer=True)


@check("python-free-threaded-no-wheel", subject="python")
def python_free_threaded_no_wheel(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Only free-threaded Pythons (3.14t), of a series without such wheels."""
    pythons = _require_interpreters(case)
    if not all(python.free_threaded for python in pythons):
        raise Skip("there is an ordinary Python")
    served = served_pythons(matrix, case.machine)
    if any(f"{series(python.version)}t" in served for python in pythons):
        return
    newest = pythons[0]
    yield Finding(
        id="python-free-threaded-no-wheel",
        severity="warning",
        title=f"The free-threaded Python {newest.version} has no wheels",
        cause=f"The newest PyTorch has wheels for {_range(served)}, none for {series(newest.version)}t.",
        evidence=_evidence(case.machine, pythons),
        fix=(_bring_python(matrix, case.machine),),
        applies_to=("torch",),
    )


@check("python-32bit", subject="python")
def python_32bit(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A 32-bit system, or only 32-bit Pythons: frameworks are published for 64 bits."""
    machine = case.machine
    if machine.architecture == "x86":
        yield _python_32bit("This system is 32-bit", (cite(machine, "processor x86", "architecture", "arch"),), None)
        return
    pythons = _require_interpreters(case)
    if any(python.bits == 64 for python in pythons):
        return
    if any(python.bits is None for python in pythons):
        raise Unknown("whether the Python is a 64-bit one is not known")
    fix = _bring_python(matrix, machine)
    yield _python_32bit(f"Python {pythons[0].version} is a 32-bit one", _evidence(machine, pythons), fix)


def _python_32bit(title: str, evidence: tuple[str, ...], fix: Fix | None) -> Finding:
    return Finding(
        id="python-32bit",
        severity="error",
        title=title,
        cause="PyTorch, TensorFlow and JAX publish wheels for 64-bit Python only.",
        evidence=evidence,
        fix=(fix or Fix(text="Install a 64-bit system"),),
        applies_to=("torch", "tensorflow", "jax"),
    )


@check("rosetta-x86-python", subject="python")
def rosetta_x86_python(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Only Pythons for Intel processors on a Mac with Apple silicon."""
    machine = case.machine
    if machine.platform != "macos-arm64":
        raise Skip("this is no Mac with Apple silicon")
    pythons = _require_interpreters(case)
    if all(python.architecture is None for python in pythons):
        raise Unknown("which processor the Python was built for is not known")
    if all(python.architecture == "x86_64" for python in pythons):
        yield Finding(
            id="rosetta-x86-python",
            severity="error",
            title="This Python was built for Intel processors",
            cause="It runs translated by Rosetta: the newest wheels do not exist for it, and it cannot use the GPU.",
            evidence=_evidence(machine, pythons),
            fix=(_bring_python(matrix, machine),),
            applies_to=("torch",),
        )


@check("pep668-externally-managed", subject="python")
def pep668_externally_managed(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A Python that belongs to the system: pip may not install into it (PEP 668)."""
    managed = [python for python in _interpreters(case.machine) if python.externally_managed]
    if managed:
        where = join(f"Python {python.version}" for python in managed)
        yield Finding(
            id="pep668-externally-managed",
            severity="info",
            title=f"{where} belongs to the system",
            cause="pip may not install into it (PEP 668); an environment of its own is the way, and mlenv makes one.",
            evidence=_evidence(case.machine, tuple(managed)),
            fix=(Fix(text="Let mlenv make an environment", command="mlenv install --profile pytorch"),),
        )


def served_pythons(matrix: Matrix, machine: Machine) -> tuple[str, ...]:
    """The Python series that the newest PyTorch has wheels for on this platform, oldest first."""
    newest = query.newest_with_builds(matrix.framework("torch"), machine.platform)
    found = {python for build in newest[1] for python in build.pythons} if newest else set()
    return tuple(sorted(found, key=lambda python: (numbers(python), python)))


def _interpreters(machine: Machine) -> tuple[PythonInterpreter, ...]:
    if machine.pythons is None:
        raise Unknown("the Pythons of this machine are not known")
    return tuple(python for python in machine.pythons if python.implementation.lower() == "cpython")


def _require_interpreters(case: Case) -> tuple[PythonInterpreter, ...]:
    """The interpreters in question: the environment's own, or all of the machine's."""
    known = case.machine.pythons or ()
    if case.environment is not None and case.environment.python is not None:
        path, version = case.environment.executable, case.environment.python
        own = next((row for row in known if row.path is not None and row.path == path), None)
        return (own or PythonInterpreter(version=version.rstrip("t"), path=path, free_threaded=version.endswith("t")),)
    found = _interpreters(case.machine)
    if not found:
        raise Skip("there is no Python")
    return found


def _out_of_range(case: Case, matrix: Matrix, *, newer: bool) -> Iterator[Finding]:
    pythons = [python for python in _require_interpreters(case) if not python.free_threaded]
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
        cause=f"The newest PyTorch has wheels for Python {_range(served)}, and the newest here is {here}{still}.",
        evidence=_evidence(case.machine, pythons),
        fix=(_bring_python(matrix, case.machine),),
        applies_to=("torch",),
    )


def _severity(case: Case, matrix: Matrix, release: Release | None) -> Severity:
    """What a current release still serves is good to know, no more.

    mlenv brings another Python to a machine; an environment is bound to its own.
    """
    if release is not None and query.is_current(matrix.framework("torch"), release):
        return "info"
    return "error" if case.environment is not None and release is None else "warning"


def _last_release_for(matrix: Matrix, machine: Machine, python: str) -> Release | None:
    for release in query.newest_first(matrix.framework("torch")):
        if any(python in build.pythons for build in query.proven_builds(release, machine.platform)):
            return release
    return None


def _bring_python(matrix: Matrix, machine: Machine) -> Fix:
    """A Python from the middle of the range, for which other packages have wheels too."""
    ordinary = [python for python in served_pythons(matrix, machine) if not python.endswith("t")]
    pin = f" --python {ordinary[(len(ordinary) - 1) // 2]}" if ordinary else ""
    return Fix(
        text="Let mlenv make an environment with a Python that it brings along",
        command=f"mlenv install --profile pytorch{pin}",
    )


def _range(served: tuple[str, ...]) -> str:
    ordinary = [python for python in served if not python.endswith("t")]
    return f"{ordinary[0]} to {ordinary[-1]}" if len(ordinary) > 1 else "".join(ordinary)


def _evidence(machine: Machine, pythons: tuple[PythonInterpreter, ...]) -> tuple[str, ...]:
    return tuple(
        cite(machine, f"Python {row.version}{f' at {row.path}' if row.path else ''}", *READINGS) for row in pythons
    )
