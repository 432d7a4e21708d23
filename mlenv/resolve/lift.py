"""What would lift a choice: changes that would give newer releases or a device, each tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlenv.resolve.attempt import Attempt, pose_problem
from mlenv.resolve.candidates import Candidate, Field
from mlenv.resolve.change import (
    Change,
    Outcome,
    driver_changes,
    python_changes,
    remedy_changes,
    try_changes,
    version_changes,
)
from mlenv.resolve.resolution import Lift
from mlenv.resolve.search import Value, find_best, value_of

TRIED = 8
"""So many changes are tried of each kind."""
GRAVE = 5
"""The levels of a value that are worth a change: device, proof, alternatives, weight, age of what is required."""


def find_lifts(attempts: Sequence[Attempt], chosen: Attempt) -> tuple[Lift, ...]:
    """Single changes after which the required frameworks would be newer or use a device.

    Of several drivers each one is named that gives more than the one before.
    """
    lifts: dict[Lift, None] = {}
    for attempt in attempts:
        if attempt is chosen or attempt.accelerator != "cpu":
            lifts.update(dict.fromkeys(_lifts_of(attempt, chosen)))
    return tuple(lifts)


def _lifts_of(attempt: Attempt, chosen: Attempt) -> Iterator[Lift]:
    fields = [field for field in attempt.fields if not field.wanted.optional]
    best = _present_value(attempt, chosen, fields)
    others = remedy_changes(fields, attempt.accelerator)
    if attempt is not chosen:
        others += version_changes(fields)  # in the chosen one the user has what was asked for
    if attempt.case.request.python is not None:
        others += python_changes(attempt)
    ladders = [driver_changes(fields, attempt)[:TRIED], *([change] for change in others[:TRIED])]
    for ladder in ladders:
        yield from _climb(attempt, chosen, fields, ladder, best)


def _present_value(attempt: Attempt, chosen: Attempt, fields: Sequence[Field]) -> Value | None:
    """What the required frameworks cost now; None for a device that is not in use: any answer is better."""
    if attempt is not chosen:
        return None
    problem = pose_problem(attempt, admits=lambda row: not row.failures, fields=fields)
    choice = find_best(problem)
    return None if choice is None else value_of(problem, choice)


def _climb(
    attempt: Attempt, chosen: Attempt, fields: Sequence[Field], changes: Sequence[Change], value: Value | None
) -> Iterator[Lift]:
    """The changes that give more than what is there and than those before."""
    for change in changes:
        outcome = try_changes(attempt, [change], fields)
        if outcome is None or _needs_unproven(outcome):
            continue
        if value is None or outcome.value[:GRAVE] < value[:GRAVE]:
            value = outcome.value
            yield Lift(change=change.words, gives=_name_gains(outcome, chosen))


def _needs_unproven(outcome: Outcome) -> bool:
    return any(candidate.costs.unproven for candidate in outcome.candidates)


def _name_gains(outcome: Outcome, chosen: Attempt) -> str:
    """The builds that are newer than the chosen ones, or use a device that those do not."""
    present = {row.candidate.framework.id: row.candidate for row in chosen.placed if row.candidate is not None}
    gained = [row for row in outcome.candidates if _is_gain(row, present.get(row.framework.id))]
    return ", ".join(row.name for row in gained or outcome.candidates)


def _is_gain(row: Candidate, present: Candidate | None) -> bool:
    if present is None:
        return True
    newer = row.costs.staleness < present.costs.staleness
    return newer or (row.uses_accelerator and not present.uses_accelerator)
