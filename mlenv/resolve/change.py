"""Changes of a machine or a request that would admit more builds, and what each would give.

The judged builds keep every rule that they fell by, so a change is tried without judging anew: it
admits the builds whose failures it would all lift, and the search is asked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from mlenv.facts.version import at_least, numbers
from mlenv.resolve.attempt import Attempt, pose_problem
from mlenv.resolve.candidates import Candidate, Field
from mlenv.resolve.driver_words import update_words
from mlenv.resolve.pythons import PythonChoice, pythons_to_try
from mlenv.resolve.question import Failure
from mlenv.resolve.search import Choice, Problem, Value, find_best, value_of


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do, in words that follow "to have more": ``update the NVIDIA driver to 580 or newer``.

    It lifts a NVIDIA driver floor up to ``driver``, failures whose remedy is ``remedy``, the
    condition on the version of the framework ``version``, with ``build`` the pin of a build; it
    leaves the framework ``without`` out; it has the Python series ``python`` in place of those at
    hand.
    """

    words: str
    driver: str = ""
    remedy: str = ""
    build: bool = False
    version: str = ""
    without: str = ""
    python: str = ""

    def lifts(self, row: Candidate, failure: Failure) -> bool:
        """Whether a build would no longer fall by a rule."""
        if self.driver and failure.driver:
            return at_least(self.driver, failure.driver)
        if self.build and failure.rule == "requested-build":
            return True
        if self.version and failure.rule in ("requested-version", "requested-package"):
            return row.framework.id == self.version
        return bool(self.remedy) and failure.remedy == self.remedy


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the search answers after some changes."""

    changes: tuple[Change, ...]
    problem: Problem
    choice: Choice

    @property
    def value(self) -> Value:
        """What the choice costs."""
        return value_of(self.problem, self.choice)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The builds that would be chosen."""
        return self.choice.candidates


def try_changes(attempt: Attempt, changes: Sequence[Change], fields: Sequence[Field] | None = None) -> Outcome | None:
    """The best choice of an attempt after changes; None where there is none."""
    asked = attempt.fields if fields is None else fields
    left = {change.without for change in changes}
    series = [change.python for change in changes if change.python]
    problem = pose_problem(
        attempt,
        admits=lambda row: all(any(change.lifts(row, failure) for change in changes) for failure in row.failures),
        fields=[field for field in asked if field.framework.id not in left],
        pythons=[PythonChoice(series=name) for name in series] if series else attempt.pythons,
    )
    if not problem.places:
        return None
    choice = find_best(problem)
    return None if choice is None else Outcome(changes=tuple(changes), problem=problem, choice=choice)


def driver_changes(fields: Sequence[Field], attempt: Attempt) -> list[Change]:
    """Newer NVIDIA drivers that would admit more builds, the lowest first."""
    machine = attempt.case.machine
    floors = {
        max(drivers, key=numbers)
        for row in _fallen_for(fields, attempt.accelerator)
        if (drivers := [failure.driver for failure in row.failures if failure.driver])
    }
    return [Change(words=update_words(machine, floor), driver=floor) for floor in sorted(floors, key=numbers)]


def remedy_changes(fields: Sequence[Field], accelerator: str) -> list[Change]:
    """What the rules themselves name as a remedy, best builds first."""
    remedies: dict[str, None] = {}
    for row in _fallen_for(fields, accelerator):
        remedies.update({failure.remedy: None for failure in row.failures if failure.remedy})
    return [Change(words=remedy, remedy=remedy) for remedy in remedies]


def version_changes(fields: Sequence[Field]) -> list[Change]:
    """The conditions that the request makes: on versions, extras and packages."""
    return [
        Change(words=f"drop the condition {field.wanted.text}", version=field.framework.id)
        for field in fields
        if field.wanted.text != field.wanted.name
    ]


def build_changes(attempt: Attempt) -> list[Change]:
    """The build that the request pins."""
    request = attempt.case.request
    if request.variant is None:
        return []
    return [Change(words=f"take another build than {request.variant}: --accelerator {request.accelerator}", build=True)]


def python_changes(attempt: Attempt) -> list[Change]:
    """Pythons that the request or the sources rule out, those first that are tried first."""
    case = attempt.case
    free = msgspec.structs.replace(case.request, python=None)
    at_hand = {row.series for row in attempt.pythons}
    choices = pythons_to_try(free, case.machine, case.matrix, None)
    return [
        Change(words=f"use Python {row.series} (--python {row.series})", python=row.series)
        for row in choices
        if row.series not in at_hand
    ]


def _fallen_for(fields: Sequence[Field], accelerator: str) -> Iterator[Candidate]:
    """The builds for an accelerator that fell and are known to exist."""
    for field in fields:
        for row in field.fallen:
            if accelerator in row.build.accelerators and row.build.evidence != "unknown":
                yield row
