"""The best choice by trying all of them; only what provably cannot be better is passed over.

Costs add up over the parts of a choice and are compared level by level, so whatever is added, the
cheaper one of two sums stays the cheaper one.  What is chosen so far plus the cheapest build left
of each framework is therefore less than, or equal to, every choice that goes on from here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from packaging.specifiers import SpecifierSet

from tests.property.independent.clashes import Clashes
from tests.property.independent.computer import Computer
from tests.property.independent.data import Data, Offer
from tests.property.independent.law import (
    LEVELS,
    Cost,
    add,
    cost_of_leaving_out,
    cost_of_level,
    cost_of_offer,
    device_of,
    uses,
)
from tests.property.independent.question import Interpreter, Question, Want, accelerators, interpreters
from tests.property.independent.rules import broken_rules
from tests.property.independent.use import Use


class TooLargeError(Exception):
    """The search was given up: there is no verdict."""


@dataclass(frozen=True)
class Choice:
    """One answer: builds on an accelerator and a Python, and what it costs."""

    accelerator: str
    python: str
    offers: tuple[Offer, ...]
    cost: Cost

    def __str__(self) -> str:
        return f"{self.accelerator}, Python {self.python}: {', '.join(offer.name for offer in self.offers)}"


@dataclass(frozen=True, eq=False)
class Field:
    """The builds of one framework that break no rule, the cheapest first; None is to do without."""

    rows: tuple[tuple[Cost, Offer | None], ...]
    users: int
    masks: dict[Offer, int] = field(default_factory=dict)


@dataclass
class Search:
    """Finds the best choices of one computer; gives up after ``limit`` steps."""

    data: Data
    computer: Computer
    clashes: Clashes
    limit: int = 300_000
    steps: int = 0
    best: Choice | None = None

    def answer(self, question: Question) -> Choice | None:
        """The best choice of all accelerators in question, None where there is none."""
        order = accelerators(question, self.computer)
        found = [choice for name in order if (choice := self.on(question, name)) is not None]
        return min(found, key=lambda choice: self._rank(question, choice, order), default=None)

    def start(self) -> None:
        """Forget what was found."""
        self.best, self.steps = None, 0

    def _rank(self, question: Question, choice: Choice, order: tuple[str, ...]) -> tuple[int, ...]:
        """A device that is proven before the CPU, the CPU before what nobody has proven.

        Of several devices the one that more of the required frameworks use.
        """
        place = order.index(choice.accelerator)
        if choice.cost[LEVELS.index("unproven")]:
            return (1, place)
        optional = {want.framework for want in question.wants if want.optional}
        users = sum(uses(row, choice.accelerator) for row in choice.offers if row.framework not in optional)
        return (0, int(choice.accelerator == "cpu"), -users, place)

    def on(self, question: Question, accelerator: str) -> Choice | None:
        """The best choice on one accelerator."""
        self.start()
        fields = [self.field(question, want, accelerator) for want in question.wants]
        groups = [
            [(place, self.field(question, want, accelerator)) for place, want in enumerate(group)]
            for group in question.groups
        ]
        for place, python in enumerate(interpreters(question, self.computer, self.data)):
            for members in itertools.product(*groups):
                start = add(
                    cost_of_level("Python", place), cost_of_level("alternative", sum(row[0] for row in members))
                )
                self.choose(accelerator, python, [*fields, *(row[1] for row in members)], start)
        return self.best

    def field(self, question: Question, want: Want, accelerator: str) -> Field:
        """The builds of a framework that may be used when an accelerator is wanted."""
        rows: list[tuple[Cost, Offer | None]] = [
            (cost_of_offer(self.data, offer, accelerator, optional=want.optional), offer)
            for offer in self.data.projects[want.framework].offers
            if self.may_use(question, want, offer, accelerator)
        ]
        if want.optional:
            rows.append((cost_of_leaving_out(), None))
        return make_field(rows, accelerator)

    def may_use(self, question: Question, want: Want, offer: Offer, accelerator: str) -> bool:
        """Whether a build breaks no rule when an accelerator is wanted."""
        device = device_of(offer, accelerator)
        if not device or self.computer.platform not in offer.build["platforms"]:
            return False
        use = Use(self.data, self.computer, offer, device, want.condition, question.named, want.optional)
        return not broken_rules(use)

    # ------------------------------------------------------------ one Python

    def choose(self, accelerator: str, python: Interpreter, fields: list[Field], start: Cost) -> None:
        """Keep the best choice of one build of each field on a Python, where it beats the best so far."""
        open_ = {row: _mask(offer is None or runs_on(offer, python) for _, offer in row.rows) for row in fields}
        self._descend(accelerator, python, open_, (), start, found=accelerator == "cpu")

    def _descend(
        self,
        accelerator: str,
        python: Interpreter,
        open_: dict[Field, int],
        chosen: tuple[Offer, ...],
        cost: Cost,
        *,
        found: bool,
    ) -> None:
        """Go on from a part of a choice; ``found`` says that something in it uses the accelerator."""
        self.steps += 1
        if self.steps > self.limit:
            raise TooLargeError
        if not all(open_.values()) or not (found or any(mask & row.users for row, mask in open_.items())):
            return
        places = {row: _lowest(mask) for row, mask in open_.items()}
        least = cost
        for row, place in places.items():
            least = add(least, row.rows[place][0])
        if self.best is not None and least >= self.best.cost:
            return
        next_ = self._in_the_way(places, found=found)
        if next_ is None:  # the cheapest of all go together: nothing below is cheaper
            offers = (*chosen, *(offer for row, place in places.items() if (offer := row.rows[place][1]) is not None))
            self.best = Choice(accelerator, python.series, offers, least)
            return
        rest = {row: mask for row, mask in open_.items() if row is not next_}
        for place in _bits(open_[next_]):
            own, offer = next_.rows[place]
            if offer is None:
                self._descend(accelerator, python, rest, chosen, add(cost, own), found=found)
                continue
            left = {row: mask & self._beside(row, offer) for row, mask in rest.items()}
            now = found or bool(next_.users >> place & 1)
            self._descend(accelerator, python, left, (*chosen, offer), add(cost, own), found=now)

    def _in_the_way(self, places: dict[Field, int], *, found: bool) -> Field | None:
        """A field that must be decided before the others, None where these builds are a choice."""
        for row, place in places.items():
            offer = row.rows[place][1]
            if offer is None:
                continue
            for other, theirs in places.items():
                if other is not row and not self._beside(other, offer) >> theirs & 1:
                    return row
        if found or any(row.users >> place & 1 for row, place in places.items()):
            return None
        return next(row for row in places if row.users)

    def _beside(self, row: Field, offer: Offer) -> int:
        """Which builds of a field may stand beside one of another framework."""
        if offer not in row.masks:
            row.masks[offer] = _mask(one is None or not self.clashes.between(offer, one) for _, one in row.rows)
        return row.masks[offer]


def make_field(rows: Iterable[tuple[Cost, Offer | None]], accelerator: str) -> Field:
    """Some builds of one framework with their costs, as a field."""
    cheapest_first = sorted(rows, key=lambda row: row[0])
    users = _mask(offer is not None and uses(offer, accelerator) for _, offer in cheapest_first)
    return Field(rows=tuple(cheapest_first), users=users)


def runs_on(offer: Offer, python: Interpreter) -> bool:
    """Whether a build is for a Python series, and its release admits the exact version where that is known."""
    if python.series not in offer.build["pythons"]:
        return False
    condition = offer.release.get("requires_python", "")
    return not (condition and python.version) or SpecifierSet(condition).contains(python.version, prereleases=True)


def _mask(flags: Iterable[bool]) -> int:
    return sum(1 << place for place, flag in enumerate(flags) if flag)


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _bits(mask: int) -> Iterator[int]:
    while mask:
        yield _lowest(mask)
        mask &= mask - 1
