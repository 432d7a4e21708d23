"""One environment or two: whether the frameworks of a request would be served better apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlenv.resolve.attempt import Attempt, pose_problem
from mlenv.resolve.candidates import Field
from mlenv.resolve.resolution import Companion
from mlenv.resolve.search import Choice, Problem, find_best, value_of

WORTH_DAYS = 90
"""A second environment is worth its trouble from so many days of age on, summed over the frameworks."""


def find_split(chosen: Attempt) -> tuple[Companion, ...]:
    """Two environments that would let a framework use the device, or be a quarter of a year newer.

    Empty where one environment serves as well.  Only what is required counts: what is optional
    joins where it fits.
    """
    required = [field for field in chosen.fields if not field.wanted.optional and not field.wanted.group]
    together = _solve(chosen, required)
    if together is None or len(required) < 2:
        return ()
    best, parts = _losses(*together), None
    for one, two in _parts(required, chosen):
        answers = [_solve(chosen, part) for part in (one, two)]
        found = [answer for answer in answers if answer is not None]
        if len(found) == 2:
            losses = tuple(sum(pair) for pair in zip(*(_losses(*answer) for answer in found), strict=True))
            if losses < best:
                best, parts = losses, found
    now = _losses(*together)
    if parts is None or (best[:2] == now[:2] and now[2] - best[2] < WORTH_DAYS):
        return ()
    return tuple(_describe(chosen, *part) for part in parts)


def _parts(required: Sequence[Field], chosen: Attempt) -> Iterator[tuple[list[Field], list[Field]]]:
    """The frameworks in two: those that lose by living together against the rest, and each against the others."""
    present = {row.candidate.framework.id: row.candidate for row in chosen.placed if row.candidate is not None}
    losers = []
    for field in required:
        alone = _solve(chosen, [field])
        if alone is not None and alone[1].candidates[0].costs < present[field.framework.id].costs:
            losers.append(field)
    if losers:
        rest = [field for field in required if field not in losers]
        if rest:
            yield rest, losers
        for single in required:
            yield [field for field in required if field is not single], [single]


def _solve(chosen: Attempt, fields: Sequence[Field]) -> tuple[Problem, Choice] | None:
    """The best choice for some of the frameworks; those without a build for the device may use the CPU."""
    problem = pose_problem(chosen, admits=lambda row: not row.failures, fields=fields)
    if not any(option.candidate.uses_accelerator for place in problem.places for option in place.options):
        problem = problem._replace(device=False)
    choice = find_best(problem)
    return None if choice is None else (problem, choice)


def _losses(problem: Problem, choice: Choice) -> tuple[int, ...]:
    """Unproven builds, frameworks that leave the device idle, and days of age."""
    unproven, idle, _, _, staleness, *_ = value_of(problem, choice)
    return unproven, idle, staleness


def _describe(chosen: Attempt, problem: Problem, choice: Choice) -> Companion:
    names = {row.framework.id: row for row in choice.candidates}
    using = [row for row in choice.candidates if row.uses_accelerator]
    order = [field.framework.id for field in chosen.fields if field.framework.id in names]
    return Companion(
        accelerator=chosen.accelerator if using else "cpu",
        variant=using[0].build.variant if using else "cpu",
        python=problem.pythons[choice.python],
        packages=tuple(names[name].name for name in order),
    )
