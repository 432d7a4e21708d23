"""An attempt: one accelerator tried, with its judged builds and the best choice among them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import msgspec

from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Accelerator
from mlenv.resolve.candidates import Candidate, Field, judge_field
from mlenv.resolve.condition import admits as admits_version
from mlenv.resolve.places import Place as Source
from mlenv.resolve.places import find_place
from mlenv.resolve.preference import serves
from mlenv.resolve.pythons import PythonChoice, pythons_to_try
from mlenv.resolve.refutation import Refutation
from mlenv.resolve.request import Request, Wanted
from mlenv.resolve.search import Choice, Option, Place, Problem, Value, find_best, value_of
from mlenv.supply.offers import Supply


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """All that an answer depends on."""

    request: Request
    machine: Machine
    matrix: Matrix
    supply: Supply | None = None
    refuted: tuple[Refutation, ...] = ()


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """What a requested framework got, and the source it comes from; nothing where it was left out."""

    wanted: Wanted
    field: Field
    candidate: Candidate | None
    source: Source | None


class Attempt(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One accelerator: the judged builds of each framework, the Pythons, and the best choice."""

    case: Case
    accelerator: Accelerator
    fields: tuple[Field, ...]
    pythons: tuple[PythonChoice, ...]

    @functools.cached_property
    def problem(self) -> Problem:
        """What the search is asked: the builds that no rule forbids."""
        return pose_problem(self, admits=lambda row: not row.failures)

    @functools.cached_property
    def choice(self) -> Choice | None:
        """The best choice; None where there is none."""
        return find_best(self.problem) if self.is_worth_a_search else None

    @functools.cached_property
    def value(self) -> Value:
        """What the best choice costs."""
        assert self.choice is not None
        return value_of(self.problem, self.choice)

    @property
    def is_worth_a_search(self) -> bool:
        """Whether some framework can use the accelerator; the CPU serves any."""
        if self.accelerator == "cpu":
            return True
        if not self.fields:
            return self.case.request.accelerator == "auto"
        return any(row.uses_accelerator for field in self.fields for row in field.candidates)

    @property
    def could_serve(self) -> bool:
        """Whether any requested framework has builds for the accelerator at all, on whatever system."""
        return any(serves(field.framework, self.accelerator) for field in self.fields)

    @property
    def python(self) -> PythonChoice:
        """The Python of the best choice."""
        assert self.choice is not None
        return self.pythons[self.choice.python]

    @functools.cached_property
    def placed(self) -> tuple[Placed, ...]:
        """What each framework got, in the order in which they were asked for; empty groups left out."""
        assert self.choice is not None
        chosen = {option.candidate.framework.id: option.candidate for option in self.choice.options if option}
        rows = []
        for field in self.fields:
            candidate = chosen.get(field.framework.id)
            if candidate is None and field.wanted.group:
                continue
            source = find_place(candidate, self.python.series, self.case.supply) if candidate else None
            rows.append(Placed(wanted=field.wanted, field=field, candidate=candidate, source=source))
        return tuple(rows)

    @property
    def users(self) -> int:
        """How many of the required frameworks use the accelerator."""
        candidates = [row.candidate for row in self.placed if row.candidate and not row.wanted.optional]
        return sum(candidate.uses_accelerator for candidate in candidates)

    @property
    def doubtful(self) -> tuple[Candidate, ...]:
        """The required builds of the choice that nobody has confirmed to exist or to run."""
        if self.choice is None:
            return ()
        candidates = [row.candidate for row in self.placed if row.candidate and not row.wanted.optional]
        return tuple(candidate for candidate in candidates if candidate.build.evidence == "unknown")


def make_attempt(case: Case, accelerator: Accelerator) -> Attempt:
    """Judge every build of the requested frameworks for an accelerator."""
    known = [wanted for wanted in case.request.wanted if wanted.known]
    return Attempt(
        case=case,
        accelerator=accelerator,
        fields=tuple(judge_field(case.request, case.machine, case.matrix, wanted, accelerator) for wanted in known),
        pythons=pythons_to_try(case.request, case.machine, case.matrix, case.supply, empty=not known),
    )


def pose_problem(
    attempt: Attempt,
    *,
    admits: Callable[[Candidate], bool],
    fields: Sequence[Field] | None = None,
    pythons: Sequence[PythonChoice] | None = None,
    believing: bool = False,
) -> Problem:
    """An attempt as a problem for the search, with what is admitted, asked for and at hand.

    The places stand in the order of their names, so that the order of a request decides nothing.
    ``believing`` takes the matrix's word for what can be had, whatever the sources answered.
    """
    supply = None if believing else attempt.case.supply
    asked = attempt.fields if fields is None else fields
    choices = attempt.pythons if pythons is None else pythons
    return Problem(
        places=tuple(
            Place(field.wanted, _options(field, admits, choices, supply))
            for field in sorted(asked, key=lambda field: field.framework.id)
        ),
        pythons=tuple(row.series for row in choices),
        device=attempt.accelerator != "cpu" and bool(asked),
        refuted=attempt.case.refuted,
    )


def _options(
    field: Field, admits: Callable[[Candidate], bool], pythons: Sequence[PythonChoice], supply: Supply | None
) -> tuple[Option, ...]:
    options = []
    for row in field.rows:
        if admits(row):
            found = [number for number, python in enumerate(pythons) if _serves(row, python, supply)]
            if found:
                options.append(Option(row, frozenset(found)))
    return tuple(options)


def _serves(row: Candidate, python: PythonChoice, supply: Supply | None) -> bool:
    """Whether a build can be had for a Python, and its release takes that very version."""
    if find_place(row, python.series, supply) is None:
        return False
    return (
        not python.version
        or not row.release.requires_python
        or admits_version(row.release.requires_python, python.version)
    )
