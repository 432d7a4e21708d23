"""The search: of all joint choices that clash nowhere the best one.

The optimum is found by clingo, an answer-set solver with minimisation level by level (the engine
of Spack's concretizer).  It is only told what matters: first each framework gets its best build as
if it were alone, which is a bound that no joint choice beats; the subjects on which those builds
disagree become constraints, builds that differ in nothing else are merged, and the optimum under
them is asked for, until nothing disagrees.  An optimum under fewer constraints that breaks none of
the others is the optimum under all.
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mlenv.resolve.candidates import Candidate
from mlenv.resolve.claims import Claim, agree
from mlenv.resolve.refutation import Chosen, Refutation
from mlenv.resolve.request import Wanted

if TYPE_CHECKING:
    import clingo

FIRST = 5
"""So many builds of each place are compared before the first joint search."""
Value = tuple[int, ...]
"""What a choice costs, level by level, the gravest first."""


class Option(NamedTuple):
    """A build that a framework could have, and the Pythons (by position) for which it can be had."""

    candidate: Candidate
    pythons: frozenset[int]


class Place(NamedTuple):
    """One requested framework and its options, best first."""

    wanted: Wanted
    options: tuple[Option, ...]

    @property
    def may_stay_empty(self) -> bool:
        """Whether the request can do without it, or takes another one of its group."""
        return self.wanted.optional or bool(self.wanted.group)


class Problem(NamedTuple):
    """What is searched: places, the Pythons' series, what was refuted, and whether a device must be used."""

    places: tuple[Place, ...]
    pythons: tuple[str, ...]
    device: bool = False
    refuted: tuple[Refutation, ...] = ()


class Choice(NamedTuple):
    """One option of each place (None where it stays empty), and a Python by position."""

    options: tuple[Option | None, ...]
    python: int

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The chosen builds."""
        return tuple(option.candidate for option in self.options if option is not None)


class Subject(NamedTuple):
    """What the options claim about one topic: claims that the same others contradict are one stance.

    ``stances`` has those claims that any other place contradicts at all, ``apart`` the stances
    that cannot both be taken; on an ``exclusive`` subject no two can.
    """

    stances: dict[Claim, int]
    apart: frozenset[tuple[int, int]]
    exclusive: bool


def find_best(problem: Problem) -> Choice | None:
    """The best choice that breaks no constraint; None where there is none."""
    choice = _best_alone(problem)
    if choice is None or (not _broken_topics(choice) and _is_allowed(problem, choice)):
        return choice
    claims = _collect_claims(problem)
    subjects = {topic: _compare(claims[topic]) for topic in sorted(_contested(problem))}
    while (choice := _best_under(problem, tuple(subjects.values()))) is not None:
        broken = _broken_topics(choice)
        if not broken:
            return choice
        subjects.update({topic: _compare(claims[topic]) for topic in sorted(broken)})
    return None


def value_of(problem: Problem, choice: Choice) -> Value:
    """What a choice costs; the smaller of two is the better choice."""
    levels = [0] * _TIES
    levels[_PYTHON] = choice.python
    for place, option in zip(problem.places, choice.options, strict=True):
        for level, cost in _costs(place, option):
            levels[level] += cost
    return tuple(levels)


# ---------------------------------------------------------------- levels

_UNPROVEN, _IDLE, _POSITION, _HEAVY, _STALE = range(5)
_OPTIONAL_UNPROVEN, _MISSED, _LEFT_OUT, _OPTIONAL_HEAVY, _OPTIONAL_STALE = range(5, 10)
_PYTHON, _OLDER, _TIES = 10, 11, 12
"""What is required, then what is optional: missed is what is left out or leaves the device idle.

From the last one on each place has a level of its own, in order of names, so that no two choices
are equal.
"""


def _costs(place: Place, option: Option | None) -> Iterator[tuple[int, int]]:
    """The costs of an option by level; places of a group that stay empty cost nothing."""
    if option is None:
        if place.wanted.optional:
            yield from ((_MISSED, 1), (_LEFT_OUT, 1))
        return
    costs = option.candidate.costs
    if place.wanted.optional:
        yield from ((_OPTIONAL_UNPROVEN, costs.unproven), (_MISSED, costs.idle))
        yield from ((_OPTIONAL_HEAVY, costs.heavy), (_OPTIONAL_STALE, costs.staleness))
    else:
        yield from ((_UNPROVEN, costs.unproven), (_IDLE, costs.idle), (_POSITION, place.wanted.position))
        yield from ((_HEAVY, costs.heavy), (_STALE, costs.staleness))
    yield _OLDER, costs.older_build


# ---------------------------------------------------------------- each framework alone


def _best_alone(problem: Problem) -> Choice | None:
    """The best choice if nothing clashed: no joint choice is better."""
    choices = [choice for python in range(len(problem.pythons)) if (choice := _alone_on(problem, python)) is not None]
    return min(choices, key=functools.partial(value_of, problem), default=None)


def _alone_on(problem: Problem, python: int) -> Choice | None:
    firsts = [next((row for row in place.options if python in row.pythons), None) for place in problem.places]
    best: dict[str, tuple[Value, int]] = {}
    for number, (place, option) in enumerate(zip(problem.places, firsts, strict=True)):
        if option is None and not place.may_stay_empty:
            return None
        if option is not None and place.wanted.group:
            key = (_value_alone(place, option), number)
            best[place.wanted.group] = min(best.get(place.wanted.group, key), key)
    if best.keys() != {place.wanted.group for place in problem.places} - {""}:
        return None
    taken = {number for _, number in best.values()}
    options = [
        option if number in taken or (not place.wanted.group and _is_worth_having(place, option)) else None
        for number, (place, option) in enumerate(zip(problem.places, firsts, strict=True))
    ]
    return Choice(tuple(options), python)


def _value_alone(place: Place, option: Option | None) -> Value:
    levels = [0] * _TIES
    for level, cost in _costs(place, option):
        levels[level] += cost
    return tuple(levels)


def _is_worth_having(place: Place, option: Option | None) -> bool:
    """Whether an option is better than to do without: an optional build that nobody has confirmed is not."""
    return not place.wanted.optional or _value_alone(place, option) <= _value_alone(place, None)


# ---------------------------------------------------------------- constraints


def _is_allowed(problem: Problem, choice: Choice) -> bool:
    """Whether a choice uses the device that it must use, and holds nothing that was refuted."""
    if problem.device and not any(candidate.uses_accelerator for candidate in choice.candidates):
        return False
    builds = [_named(candidate) for candidate in choice.candidates]
    series = problem.pythons[choice.python]
    return not any(
        row.python in ("", series) and len({row.forbids(build) for build in builds} - {None}) == len(row.picks)
        for row in problem.refuted
    )


def _named(candidate: Candidate) -> Chosen:
    return candidate.framework.id, candidate.release.version, candidate.build.variant


def _broken_topics(choice: Choice) -> set[str]:
    """The subjects on which chosen builds disagree."""
    return _disputed(enumerate(choice.candidates))


def _contested(problem: Problem) -> set[str]:
    """The subjects on which the best few builds of each place disagree: likely to matter, and cheap to look at."""
    best = ((number, row.candidate) for number, place in enumerate(problem.places) for row in place.options[:FIRST])
    return _disputed(best)


def _disputed(rows: Iterable[tuple[int, Candidate]]) -> set[str]:
    """The subjects of which builds of different places (by number) claim what cannot both be true."""
    by_topic: dict[str, dict[tuple[int, Claim], None]] = {}
    for number, candidate in rows:
        for claim in candidate.claims:
            by_topic.setdefault(claim.topic, {})[number, claim] = None
    return {
        topic
        for topic, rows in by_topic.items()
        if any(one[0] != two[0] and not agree(one[1], two[1]) for one, two in itertools.combinations(rows, 2))
    }


# ---------------------------------------------------------------- all together

_RULES = """
#defined can/3. #defined must/1. #defined may/1. #defined group/1. #defined member/2. #defined leaves/2.
#defined cost/4. #defined device/0. #defined uses/2. #defined claims/4. #defined apart/3. #defined holds/2.
#defined exclusive/1. #defined stance/2.
can(F,C) :- can(F,C,_).
1 { python(P) : series(P) } 1.
1 { pick(F,C) : can(F,C) } 1 :- must(F).
{ pick(F,C) : can(F,C) } 1 :- may(F).
1 { pick(F,C) : can(F,C), member(G,F) } 1 :- group(G).
filled(F) :- pick(F,_).
:- pick(F,C), can(F,C,K), python(P), not serves(K,P).
claim(T,V) :- pick(F,C), claims(F,C,T,V).
:- claim(T,V), claim(T,W), apart(T,V,W).
:- exclusive(T), 2 { claim(T,V) : stance(T,V) }.
:- device, not pick(F,C) : uses(F,C).
#minimize { W@L,F,C : pick(F,C), cost(F,C,L,W) }.
#minimize { 1@L,F : leaves(F,L), not filled(F) }.
#minimize { P@L : python(P), python_level(L) }.
#show pick/2.
#show python/1.
"""


def _best_under(problem: Problem, subjects: Sequence[Subject]) -> Choice | None:
    """The best choice under the constraints about some subjects, the device and what was refuted."""
    merged = [_merge(problem, place, subjects) for place in problem.places]
    if any(not options and not place.may_stay_empty for place, options in zip(problem.places, merged, strict=True)):
        return None
    found = _solve("\n".join((_RULES, *_facts(problem, merged, subjects))))
    if found is None:
        return None
    picked = {place: option for name, place, option in found if name == "pick"}
    python = next(place for name, place, _ in found if name == "python")
    options = tuple(merged[number][picked[number]] if number in picked else None for number in range(len(merged)))
    return Choice(options, python)


def _collect_claims(problem: Problem) -> dict[str, dict[Claim, set[int]]]:
    """Every claim by its topic, and the places (by number) that have an option which makes it."""
    claims: dict[str, dict[Claim, set[int]]] = {}
    for number, place in enumerate(problem.places):
        for option in place.options:
            for claim in option.candidate.claims:
                claims.setdefault(claim.topic, {}).setdefault(claim, set()).add(number)
    return claims


def _compare(owners: Mapping[Claim, set[int]]) -> Subject:
    rivals: dict[Claim, set[Claim]] = {claim: set() for claim in owners}
    for one, two in itertools.combinations(owners, 2):
        if len(owners[one] | owners[two]) > 1 and not agree(one, two):
            rivals[one].add(two)
            rivals[two].add(one)
    numbers: dict[frozenset[Claim], int] = {}
    stances = {claim: numbers.setdefault(frozenset(rivals[claim]), len(numbers)) for claim in owners if rivals[claim]}
    pairs = (sorted((stances[one], stances[two])) for one in stances for two in rivals[one])
    apart = frozenset((one, two) for one, two in pairs)
    return Subject(stances, apart, exclusive=len(apart) == len(numbers) * (len(numbers) - 1) // 2)


def _merge(problem: Problem, place: Place, subjects: Sequence[Subject]) -> list[Option]:
    """The options that none before them, which cost less, could stand in for."""
    kept: list[tuple[frozenset[tuple[int, int]], Option]] = []
    for option in place.options:
        stances = frozenset(_stances_of(option.candidate, subjects))
        if not any(before <= stances and _stands_in(other, option, problem.refuted) for before, other in kept):
            kept.append((stances, option))
    return [option for _, option in kept]


def _stances_of(candidate: Candidate, subjects: Sequence[Subject]) -> Iterator[tuple[int, int]]:
    """The stances that a build takes, as (subject, stance)."""
    for number, subject in enumerate(subjects):
        yield from ((number, subject.stances[claim]) for claim in candidate.claims if claim in subject.stances)


def _stands_in(better: Option, option: Option, refuted: Sequence[Refutation]) -> bool:
    """Whether a cheaper option can take the place of another, their claims apart."""
    mine, theirs = better.candidate, option.candidate
    return (
        better.pythons >= option.pythons
        and mine.uses_accelerator >= theirs.uses_accelerator
        and all(row.forbids(_named(mine)) in (None, row.forbids(_named(theirs))) for row in refuted)
    )


def _facts(problem: Problem, merged: Sequence[Sequence[Option]], subjects: Sequence[Subject]) -> Iterator[str]:
    yield from (f"series({number})." for number in range(len(problem.pythons)))
    served = sorted({tuple(sorted(option.pythons)) for options in merged for option in options})
    yield from (f"serves({kind},{python})." for kind, pythons in enumerate(served) for python in pythons)
    yield f"python_level({-_PYTHON})."
    if problem.device:
        yield "device."
    for number, (place, options) in enumerate(zip(problem.places, merged, strict=True)):
        yield from _facts_of_place(number, place, options)
        for order, option in enumerate(options):
            yield f"can({number},{order},{served.index(tuple(sorted(option.pythons)))})."
    yield from _facts_of_claims(merged, subjects)
    yield from _facts_of_refuted(problem, merged)


def _facts_of_place(number: int, place: Place, options: Sequence[Option]) -> Iterator[str]:
    if place.wanted.group:
        group = '"' + place.wanted.group.replace('"', "") + '"'
        yield f"group({group}). member({group},{number})."
    else:
        yield f"{'may' if place.wanted.optional else 'must'}({number})."
    if place.wanted.optional:
        yield f"leaves({number},{-_MISSED}). leaves({number},{-_LEFT_OUT})."
    for order, option in enumerate(options):
        one = f"{number},{order}"
        yield from (f"cost({one},{-level},{cost})." for level, cost in _costs(place, option) if cost)
        if option.candidate.uses_accelerator:
            yield f"uses({one})."
        if order:
            yield f"cost({one},{-_TIES - number},{order})."


def _facts_of_claims(merged: Sequence[Sequence[Option]], subjects: Sequence[Subject]) -> Iterator[str]:
    """The stance of each option on each subject, and which stances cannot both be taken."""
    for number, options in enumerate(merged):
        for order, option in enumerate(options):
            for subject, stance in sorted(set(_stances_of(option.candidate, subjects))):
                yield f"claims({number},{order},{subject},{stance})."
    for topic, compared in enumerate(subjects):
        if compared.exclusive:
            yield f"exclusive({topic})."
            yield from (f"stance({topic},{stance})." for stance in sorted(set(compared.stances.values())))
        else:
            for one, pairs in itertools.groupby(sorted(compared.apart), key=operator.itemgetter(0)):
                yield f"apart({topic},{one},({';'.join(str(two) for _, two in pairs)}))."


def _facts_of_refuted(problem: Problem, merged: Sequence[Sequence[Option]]) -> Iterator[str]:
    """Each refuted set as a constraint on the options that belong to it."""
    for row, refutation in enumerate(problem.refuted):
        parts = []
        for part in range(len(refutation.picks)):
            yield from (f"holds({row},{part}) :- {pick}." for pick in _picks_of(refutation, part, merged))
            parts.append(f"holds({row},{part})")
        for number, series in enumerate(problem.pythons):
            if refutation.python in ("", series):
                yield f":- python({number}), {', '.join(parts)}."


def _picks_of(refutation: Refutation, part: int, merged: Sequence[Sequence[Option]]) -> Iterator[str]:
    for number, options in enumerate(merged):
        for order, option in enumerate(options):
            if refutation.forbids(_named(option.candidate)) == part:
                yield f"pick({number},{order})"


def _solve(program: str) -> list[tuple[str, int, int]] | None:
    """The optimal model of a program as its shown atoms; None where it has no model."""
    import clingo

    control = clingo.Control(["--opt-mode=opt", "--models=0", "--opt-strategy=bb,inc"], message_limit=0)
    control.add("base", [], program)
    control.ground([("base", [])])
    best: Sequence[clingo.Symbol] | None = None
    with control.solve(yield_=True) as handle:
        for model in handle:
            best = model.symbols(shown=True)  # each one is better than those before
    return None if best is None else [_atom(symbol) for symbol in best]


def _atom(symbol: clingo.Symbol) -> tuple[str, int, int]:
    numbers = [argument.number for argument in symbol.arguments]
    return symbol.name, numbers[0], numbers[-1]
