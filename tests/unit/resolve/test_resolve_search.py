"""The search: its answer is the best of all joint choices, tried one by one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from mlenv.resolve.candidates import Candidate
from mlenv.resolve.claims import clash_of
from mlenv.resolve.preference import Costs
from mlenv.resolve.refutation import Refutation
from mlenv.resolve.request import Wanted
from mlenv.resolve.search import Choice, Option, Place, Problem, find_best, value_of
from tests.unit.resolve.resolve_cases import build, framework, release

PYTHONS = ("3.13", "3.12", "3.11")
NAMES = ("alpha", "beta", "gamma", "delta")


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Up to four frameworks with up to four builds that disagree about each other, CUDA and a neighbour."""
    names = NAMES[: draw(st.integers(1, 4))]
    grouped = draw(st.sampled_from(["", "", "beta or gamma"]))
    places = []
    for name in names:
        group = grouped if grouped and name in ("beta", "gamma") else ""
        optional = not group and draw(st.booleans())
        wanted = Wanted(name=name, optional=optional, group=group, position=int(name == "gamma"))
        rows = sorted((draw(candidates(wanted)) for _ in range(draw(st.integers(0, 4)))), key=lambda row: row.costs)
        pythons = st.frozensets(st.integers(0, len(PYTHONS) - 1), min_size=1)
        places.append(Place(wanted, tuple(Option(row, draw(pythons)) for row in rows)))
    refuted = draw(
        st.lists(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(["1.0", "2.0"])), min_size=1, max_size=2))
    )
    return Problem(
        places=tuple(sorted(places, key=lambda place: place.wanted.name)),
        pythons=PYTHONS,
        device=draw(st.booleans()),
        refuted=tuple(
            Refutation(
                picks=tuple(dict.fromkeys(row)),
                text="",
                python=draw(st.sampled_from(["", "3.12"])),
                builds=draw(st.sampled_from([(), ("cu12",) * len(set(row))])),
            )
            for row in refuted[:2]
        ),
    )


@st.composite
def candidates(draw: st.DrawFn, wanted: Wanted) -> Candidate:
    conditions = st.dictionaries(
        st.sampled_from([*NAMES, "neighbour"]), st.sampled_from(["<2", ">=2", "!=1.0", "==2.0"]), max_size=2
    )
    variant = draw(st.sampled_from(["any", "cu12", "cu13"]))
    made = build(
        variant=variant,
        runtime="" if variant == "any" else variant,
        indexes=draw(st.sampled_from([("default",), ("own", "default")])),
    )
    row = release(draw(st.sampled_from(["1.0", "2.0", "3.0"])), made, requires=draw(conditions))
    return Candidate(
        wanted=wanted,
        framework=framework(row, name=wanted.name),
        release=row,
        build=made,
        uses_accelerator=variant != "any",
        writes=draw(st.sampled_from([{}, {"family": "one"}, {"family": "two"}])),
        costs=Costs(*(draw(st.integers(0, 1)) for _ in range(2)), *(draw(st.integers(0, 2)) for _ in range(3))),
    )


def refutes(row: Refutation, rows: list[Candidate]) -> bool:
    """Whether each release of a refutation is there, in the build that it names."""
    found = {(one.framework.id, one.release.version): one.build.variant for one in rows}
    builds = row.builds or [""] * len(row.picks)
    return all(pick in found and build in ("", found[pick]) for pick, build in zip(row.picks, builds, strict=True))


def every_choice(problem: Problem) -> Iterator[Choice]:
    """All joint choices that keep every rule, written without the search's own means."""
    for python, series in enumerate(problem.pythons):
        options = [
            [*(row for row in place.options if python in row.pythons), *([None] if place.may_stay_empty else [])]
            for place in problem.places
        ]
        for chosen in itertools.product(*options):
            rows = [option.candidate for option in chosen if option is not None]
            taken = [
                place.wanted.group for place, option in zip(problem.places, chosen, strict=True) if option is not None
            ]
            if (
                all(taken.count(place.wanted.group) == 1 for place in problem.places if place.wanted.group)
                and not any(clash_of(one, two) for one, two in itertools.combinations(rows, 2))
                and (not problem.device or any(row.uses_accelerator for row in rows))
                and not any(refutes(row, rows) for row in problem.refuted if row.python in ("", series))
            ):
                yield Choice(tuple(chosen), python)


@settings(deadline=None, max_examples=250)
@given(problem=problems())
def test_no_joint_choice_is_better(problem: Problem) -> None:
    best = min((value_of(problem, choice) for choice in every_choice(problem)), default=None)
    found = find_best(problem)
    assert best == (None if found is None else value_of(problem, found))


@settings(deadline=None, max_examples=60)
@given(problem=problems())
def test_the_answer_keeps_every_rule_and_is_always_the_same(problem: Problem) -> None:
    found = find_best(problem)
    assert found == find_best(problem)
    assert found is None or found in list(every_choice(problem))
