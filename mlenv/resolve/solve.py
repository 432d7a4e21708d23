"""The search: the best joint choice of accelerator, Python, releases and builds.

The number of builds that pass the rules is small (tens per framework), so the search is complete:
for each accelerator in order of preference and each Python, the requested frameworks are placed
one after another, best candidate first, and the first full placement is the best one for that
Python.  Ties between Pythons go to one that is installed already, then to the newest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.version import numbers, series
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Accelerator
from mlenv.resolve.candidates import Candidate, Field, judge_field
from mlenv.resolve.companions import goes_with
from mlenv.resolve.devices import accelerators_to_try
from mlenv.resolve.explain import explain_choice
from mlenv.resolve.places import Place, find_place
from mlenv.resolve.refusal import explain_failure
from mlenv.resolve.request import Request, Wanted
from mlenv.resolve.resolution import Impossible, Pick, Resolution
from mlenv.supply.offers import Supply

WORST = 1_000_000
"""The rank of an optional framework that was left out."""


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate and the place it comes from; ``candidate`` is None for an optional one left out."""

    wanted: Wanted
    candidate: Candidate | None
    place: Place | None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The best placement for one accelerator and Python."""

    accelerator: Accelerator
    python: str
    interpreter: PythonInterpreter | None
    placed: tuple[Placed, ...]
    key: tuple[int, ...]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one accelerator: its judged builds and, where there is one, the answer."""

    accelerator: Accelerator
    fields: tuple[Field, ...]
    pythons: tuple[str, ...]
    answer: Answer | None

    @property
    def doubtful(self) -> tuple[Candidate, ...]:
        """The required builds of the answer that nobody has confirmed to exist or to run."""
        placed = self.answer.placed if self.answer else ()
        candidates = [item.candidate for item in placed if item.candidate is not None and not item.wanted.optional]
        return tuple(candidate for candidate in candidates if candidate.build.evidence == "unknown")


def resolve(
    request: Request, machine: Machine, matrix: Matrix, supply: Supply | None = None
) -> Resolution | Impossible:
    """The best environment for a request on a machine, or the reasons why there is none."""
    passthrough = tuple(wanted for wanted in request.wanted if not wanted.known)
    known = tuple(wanted for wanted in request.wanted if wanted.known)
    attempts: list[Attempt] = []
    for accelerator in accelerators_to_try(request, machine):
        attempt = _attempt(request, machine, matrix, supply, known, accelerator)
        attempts.append(attempt)
        if attempt.answer is not None and (request.accelerator != "auto" or not attempt.doubtful):
            return _conclude(request, machine, matrix, supply, attempts, passthrough)
    for position, attempt in enumerate(attempts):
        if attempt.answer is not None:  # nothing proven was found on any device
            return _conclude(request, machine, matrix, supply, attempts[: position + 1], passthrough)
    return explain_failure(request, machine, supply, attempts)


def _attempt(
    request: Request,
    machine: Machine,
    matrix: Matrix,
    supply: Supply | None,
    known: Sequence[Wanted],
    accelerator: Accelerator,
) -> Attempt:
    fields = tuple(judge_field(request, machine, matrix, wanted, accelerator) for wanted in known)
    fields = tuple(sorted(fields, key=lambda field: field.wanted.optional))
    answer: Answer | None = None
    pythons = pythons_to_try(request, machine, matrix, supply, fields)
    if _is_worth_a_search(request, fields, accelerator):
        for python, interpreter in pythons:
            placed = _place(list(fields), python, accelerator, supply, ())
            if placed is None:
                continue
            key = tuple(WORST if item.candidate is None else item.candidate.rank for item in placed)
            if answer is None or key < answer.key:
                answer = Answer(accelerator=accelerator, python=python, interpreter=interpreter, placed=placed, key=key)
    labels = tuple(python for python, _ in pythons)
    return Attempt(accelerator=accelerator, fields=fields, pythons=labels, answer=answer)


def _is_worth_a_search(request: Request, fields: Sequence[Field], accelerator: Accelerator) -> bool:
    """A device other than the CPU is only tried where some requested framework can use it."""
    if accelerator == "cpu":
        return True
    if not fields:
        return request.accelerator == "auto"
    return any(field.accelerates for field in fields)


def pythons_to_try(
    request: Request, machine: Machine, matrix: Matrix, supply: Supply | None, fields: Sequence[Field]
) -> list[tuple[str, PythonInterpreter | None]]:
    """Python series in order of preference, with the installed interpreter that has it.

    Installed ones come first, newest first; then those that the installer can bring, those that
    have been out for a year before newer ones.
    """
    found: dict[str, PythonInterpreter] = {}
    for interpreter in machine.pythons or ():
        if is_usable(interpreter, request):
            found.setdefault(_series_of(interpreter), interpreter)
    wanted = request.python
    if wanted is not None:
        label = _label(wanted)
        may_bring = supply is None or supply.pythons_on_demand is not False
        return [(label, found.get(label))] if label in found or may_bring else []
    order: list[tuple[str, PythonInterpreter | None]] = [
        (label, found[label]) for label in sorted(found, key=numbers, reverse=True)
    ]
    if supply is None or supply.pythons_on_demand is not False:
        order += [(label, None) for label in _pythons_to_bring(matrix, fields) if label not in found]
    return order


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


def _pythons_to_bring(matrix: Matrix, fields: Sequence[Field]) -> list[str]:
    today = matrix.day
    rows = matrix.pythons
    settled = [row for row in rows if (today - row.released).days >= 365]
    young = [row for row in rows if row not in settled]
    if not fields:
        return [row.version for row in settled[:1]]
    return [row.version for row in (*settled, *young)]


def _place(
    fields: list[Field], python: str, accelerator: Accelerator, supply: Supply | None, placed: tuple[Placed, ...]
) -> tuple[Placed, ...] | None:
    """Place the remaining frameworks beside those placed already; None where it cannot be done."""
    if not _may_use(fields, placed, python, accelerator):
        return None
    if not fields:
        return placed
    field, rest = fields[0], fields[1:]
    for choice in _choices(field, python, supply, placed):
        answer = _place(rest, python, accelerator, supply, (*placed, choice))
        if answer is not None:
            return answer
    return None


def _choices(field: Field, python: str, supply: Supply | None, placed: tuple[Placed, ...]) -> Iterator[Placed]:
    for candidate in field.candidates:
        place = find_place(candidate, python, supply)
        if place is not None and all(goes_with(candidate, other.candidate) is None for other in placed):
            yield Placed(wanted=field.wanted, candidate=candidate, place=place)
    if field.wanted.optional:
        yield Placed(wanted=field.wanted, candidate=None, place=None)


def _may_use(fields: Sequence[Field], placed: tuple[Placed, ...], python: str, accelerator: Accelerator) -> bool:
    """Whether some framework uses the accelerator that is being tried, or one still to be placed could.

    Asked before each step, so that a search without hope ends at once.
    """
    candidates = [item.candidate for item in placed if item.candidate is not None]
    if accelerator == "cpu" or any(candidate.uses_accelerator for candidate in candidates):
        return True
    if not fields:
        return not candidates
    return any(
        candidate.uses_accelerator and python in candidate.build.pythons
        for field in fields
        for candidate in field.candidates
    )


def _conclude(
    request: Request,
    machine: Machine,
    matrix: Matrix,
    supply: Supply | None,
    attempts: Sequence[Attempt],
    passthrough: tuple[Wanted, ...],
) -> Resolution:
    attempt = attempts[-1]
    answer = attempt.answer
    assert answer is not None
    picks = tuple(_pick(item) for item in answer.placed if item.candidate is not None)
    lead = next((item.candidate for item in answer.placed if item.candidate and item.candidate.uses_accelerator), None)
    variant = lead.build.variant if lead else "cpu"
    reasons, rejected, warnings = explain_choice(request, machine, matrix, supply, attempts)
    return Resolution(
        request=request,
        accelerator=answer.accelerator,
        variant=variant,
        python=answer.python,
        interpreter=answer.interpreter,
        picks=picks,
        passthrough=passthrough,
        reasons=reasons,
        rejected=rejected,
        warnings=warnings,
    )


def _pick(item: Placed) -> Pick:
    assert item.candidate is not None
    assert item.place is not None
    return Pick(
        wanted=item.wanted,
        framework=item.candidate.framework.id,
        release=item.candidate.release,
        build=item.candidate.build,
        source=item.place.source,
        local=item.place.local,
    )
