"""The checker's search finds what trying all choices finds."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from mlenv.matrix.load import data_folder
from tests.property.independent.clashes import Clashes
from tests.property.independent.computer import read_computer
from tests.property.independent.data import Data, Offer
from tests.property.independent.law import Cost, add, cost_of_leaving_out, cost_of_level
from tests.property.independent.question import Interpreter
from tests.property.independent.search import Search, make_field

DATA = Data(data_folder())
COMPUTER = read_computer('os = "linux"\narch = "x86_64"', DATA)


class Feuds(Clashes):
    """Pairs of builds that clash because somebody says so."""

    def __init__(self, pairs: set[frozenset[str]]) -> None:
        super().__init__(DATA)
        self.pairs = pairs

    def between(self, one: Offer, two: Offer) -> bool:
        return frozenset((one.framework, two.framework)) in self.pairs


def offer(name: str, pythons: list[str], devices: list[str]) -> Offer:
    build = {"variant": "made-up", "accelerators": devices, "pythons": pythons}
    return Offer(name, name, Version("1.0"), {}, build, 0)


COSTS = st.tuples(st.integers(0, 1), st.integers(0, 2)).map(
    lambda pair: add(cost_of_level("idle", pair[0]), cost_of_level("stale", pair[1]))
)


@st.composite
def drawn_fields(draw: st.DrawFn) -> tuple[list[list[tuple[Cost, Offer | None]]], set[frozenset[str]]]:
    """Up to four places with up to four builds each, and the pairs among them that clash."""
    rows: list[list[tuple[Cost, Offer | None]]] = []
    for place in range(draw(st.integers(1, 4))):
        row: list[tuple[Cost, Offer | None]] = []
        for number in range(draw(st.integers(1, 4))):
            pythons = draw(st.sampled_from([["3.12"], ["3.11", "3.12"], ["3.11"]]))
            devices = draw(st.sampled_from([["cpu"], ["cuda"], ["cuda", "cpu"]]))
            row.append((draw(COSTS), offer(f"p{place}-{number}", pythons, devices)))
        if draw(st.booleans()):
            row.append((cost_of_leaving_out(), None))
        rows.append(row)
    names = [one.framework for row in rows for _, one in row if one is not None]
    pairs = list(itertools.combinations(names, 2))
    return rows, {frozenset(pair) for pair in draw(st.lists(st.sampled_from(pairs), max_size=12))} if pairs else set()


@settings(deadline=None, max_examples=300)
@given(drawn=drawn_fields(), accelerator=st.sampled_from(["cuda", "cpu"]))
def test_the_search_finds_what_trying_all_finds(drawn: Any, accelerator: str) -> None:
    rows, pairs = drawn
    feuds = Feuds(pairs)
    costs = [
        add_up([cost for cost, _ in choice])
        for choice in itertools.product(*rows)
        if is_a_choice([one for _, one in choice if one is not None], feuds, accelerator)
    ]
    search = Search(DATA, COMPUTER, feuds)
    fields = [make_field(row, accelerator) for row in rows]
    search.choose(accelerator, Interpreter("3.12"), fields, cost_of_level("Python", 0))
    assert min(costs, default=None) == (search.best.cost if search.best else None)


def add_up(costs: list[Cost]) -> Cost:
    total = cost_of_level("Python", 0)
    for cost in costs:
        total = add(total, cost)
    return total


def is_a_choice(offers: list[Offer], feuds: Feuds, accelerator: str) -> bool:
    """Whether builds run on Python 3.12, clash nowhere, and use the accelerator."""
    if any("3.12" not in one.build["pythons"] for one in offers):
        return False
    if any(feuds.between(one, two) for one, two in itertools.combinations(offers, 2)):
        return False
    return accelerator == "cpu" or any(accelerator in one.devices for one in offers)
