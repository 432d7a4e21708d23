"""What several checks ask about Python interpreters."""

from __future__ import annotations

import msgspec

from mlenv.checks.evidence import cite
from mlenv.checks.finding import Fix
from mlenv.checks.registry import Case, Skip, Unknown
from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.version import numbers, series
from mlenv.matrix import query
from mlenv.matrix.load import Matrix

READINGS = ("pythons", "python")


class AskedPython(msgspec.Struct, frozen=True, kw_only=True):
    """The Python that a report is about; what is None was not told."""

    version: str | None = None
    bits: int | None = None
    free_threaded: bool = False
    architecture: str | None = None

    @property
    def series(self) -> str:
        """``3.13``, or ``3.13t`` of a free-threaded one; empty where it was not told."""
        return f"{series(self.version)}{'t' if self.free_threaded else ''}" if self.version else ""


def served_pythons(matrix: Matrix, machine: Machine) -> tuple[str, ...]:
    """The Python series that the newest PyTorch has wheels for on this platform, oldest first."""
    newest = query.newest_with_builds(matrix.newest("torch"), machine.platform)
    found = {python for build in newest[1] for python in build.pythons} if newest else set()
    return tuple(sorted(found, key=lambda python: (numbers(python), python)))


def find_interpreters(machine: Machine) -> tuple[PythonInterpreter, ...]:
    """The CPython interpreters; :class:`Unknown` where nobody could look."""
    if machine.pythons is None:
        raise Unknown("the Pythons of this machine are not known")
    return tuple(python for python in machine.pythons if python.implementation.lower() == "cpython")


def require_interpreters(case: Case) -> tuple[PythonInterpreter, ...]:
    """The interpreters in question: the environment's own, or all of the machine's."""
    known = case.machine.pythons or ()
    if case.environment is not None and case.environment.python is not None:
        return (_own_interpreter(case.environment, known),)
    found = find_interpreters(case.machine)
    if not found:
        raise Skip("there is no Python")
    return found


def _own_interpreter(environment: Environment, known: tuple[PythonInterpreter, ...]) -> PythonInterpreter:
    listed = next((row for row in known if row.path is not None and row.path == environment.executable), None)
    version = environment.python or ""
    return listed or PythonInterpreter(
        version=version.rstrip("t"),
        path=environment.executable,
        bits=environment.bits,
        architecture=environment.architecture,
        free_threaded=version.endswith("t"),
    )


def asked_python(case: Case) -> AskedPython:
    """The environment's Python, else the first of the machine; the words of the report complete it."""
    known = next(iter(case.machine.pythons or ()), None)
    environment = case.environment
    version = (environment.python if environment else None) or (known.version if known else None)
    told_32 = case.clue("python-is-32bit") is not None
    architecture = (environment.architecture if environment else None) or (known.architecture if known else None)
    return AskedPython(
        version=version.rstrip("t") if version else None,
        bits=32 if told_32 else (environment.bits if environment else None) or (known.bits if known else None),
        free_threaded=bool(version and version.endswith("t"))
        or bool(known and known.free_threaded)
        or case.clue("python-is-free-threaded") is not None,
        architecture=architecture or ("x86_64" if case.machine.os.rosetta else None),
    )


def bring_python(matrix: Matrix, machine: Machine) -> Fix:
    """A Python from the middle of the range, for which other packages have wheels too."""
    ordinary = [python for python in served_pythons(matrix, machine) if not python.endswith("t")]
    pin = f" --python {ordinary[(len(ordinary) - 1) // 2]}" if ordinary else ""
    return Fix(
        text="Let mlenv make an environment with a Python that it brings along",
        command=f"mlenv install --profile pytorch{pin}",
    )


def describe_range(served: tuple[str, ...]) -> str:
    """``3.11 to 3.15``; free-threaded series are left out."""
    ordinary = [python for python in served if not python.endswith("t")]
    return f"{ordinary[0]} to {ordinary[-1]}" if len(ordinary) > 1 else "".join(ordinary)


def cite_interpreters(machine: Machine, pythons: tuple[PythonInterpreter, ...]) -> tuple[str, ...]:
    """A line of evidence for each interpreter."""
    lines = (f"Python {row.version}" + (f" at {row.path}" if row.path else "") for row in pythons)
    return tuple(cite(machine, line, *READINGS) for line in lines)
