"""Which Pythons an environment could have, best first."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.version import numbers, series
from mlenv.matrix.load import Matrix
from mlenv.resolve.request import Request
from mlenv.supply.offers import Supply

SETTLED_DAYS = 365
"""A series that has been out for so long is tried before younger ones: more wheels are for it."""


class PythonChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A series such as ``3.12`` (``3.14t`` without the lock), and the interpreter that has it.

    Without one the installer brings the series along.  ``version`` is the exact one where it is
    known: that of the interpreter, or the pinned one.
    """

    series: str
    interpreter: PythonInterpreter | None = None
    pinned: str = ""

    @property
    def version(self) -> str:
        """The exact version; empty where the installer chooses among those of the series."""
        return self.interpreter.version if self.interpreter else self.pinned


def pythons_to_try(
    request: Request, machine: Machine, matrix: Matrix, supply: Supply | None, *, empty: bool = False
) -> tuple[PythonChoice, ...]:
    """Python series in order of preference, with the installed interpreter that has it.

    Installed ones come first, newest first; then those that the installer can bring, those that
    have been out for a year before newer ones.  ``empty`` says that no known framework is asked
    for, which needs no more than one to bring.
    """
    found: dict[str, PythonInterpreter] = {}
    for interpreter in machine.pythons or ():
        if is_usable(interpreter, request):
            found.setdefault(_series_of(interpreter), interpreter)
    may_bring = supply is None or supply.pythons_on_demand is not False
    if request.python is not None:
        label = _label(request.python)
        exact = request.python.rstrip("t")
        pinned = PythonChoice(series=label, interpreter=found.get(label), pinned=exact if exact.count(".") == 2 else "")
        return (pinned,) if pinned.interpreter is not None or may_bring else ()
    installed = [
        PythonChoice(series=label, interpreter=found[label]) for label in sorted(found, key=numbers, reverse=True)
    ]
    brought = _pythons_to_bring(matrix)[: 1 if empty else None] if may_bring else []
    return (*installed, *(PythonChoice(series=label) for label in brought if label not in found))


def is_usable(interpreter: PythonInterpreter, request: Request) -> bool:
    """Whether an interpreter may carry an environment: CPython, 64 bit, of the pinned version."""
    if interpreter.implementation != "cpython" or interpreter.bits == 32:
        return False
    if interpreter.free_threaded != bool(request.python and request.python.endswith("t")):
        return False
    if request.python is None:
        return True
    pinned = request.python.rstrip("t")
    return interpreter.version == pinned or interpreter.version.startswith(pinned + ".")


def _series_of(interpreter: PythonInterpreter) -> str:
    return series(interpreter.version) + ("t" if interpreter.free_threaded else "")


def _label(pinned: str) -> str:
    return series(pinned.rstrip("t")) + ("t" if pinned.endswith("t") else "")


def _pythons_to_bring(matrix: Matrix) -> Sequence[str]:
    settled = [row for row in matrix.pythons if (matrix.day - row.released).days >= SETTLED_DAYS]
    young = [row for row in matrix.pythons if row not in settled]
    return [row.version for row in (*settled, *young)]
