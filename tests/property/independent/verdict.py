"""The verdict on one plan: does it keep every rule, and is there no better one?"""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass
from typing import Any, Literal

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.property.independent.data import Offer
from tests.property.independent.law import (
    LEVELS,
    NOTHING,
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
from tests.property.independent.search import Choice, Search, TooLargeError, make_field, runs_on
from tests.property.independent.use import Use

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Document = dict[str, Any]
Outcome = Literal[
    "best", "rightly refused", "kept the rules", "broke a rule", "worse than the best", "wrongly refused", "crashed"
]
"""``kept the rules``: there were too many choices to try them all."""


@dataclass(frozen=True)
class Verdict:
    """How a plan stands, and in one line each what is wrong."""

    outcome: Outcome
    problems: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return self.outcome in ("best", "rightly refused", "kept the rules")


def judge(search: Search, question: Question, document: Document) -> Verdict:
    """Judge the JSON document of ``mlenv plan`` for a question, on the search's computer."""
    try:
        best, tried = search.answer(question), True
    except TooLargeError:
        best, tried = None, False
    if document["status"] == "impossible":
        if not tried:
            return Verdict("kept the rules")
        return Verdict("wrongly refused", (f"there is {best}",)) if best else Verdict("rightly refused")
    problems, cost = Reading(search, question, document).examine()
    if problems:
        return Verdict("broke a rule", tuple(problems))
    if not tried:
        return Verdict("kept the rules")
    return _compare(document, cost, best)


def _compare(document: Document, cost: Cost, best: Choice | None) -> Verdict:
    if best is None:
        return Verdict("broke a rule", ("no choice keeps the rules, and yet there is a plan",))
    if document["accelerator"]["kind"] != best.accelerator:
        return Verdict("worse than the best", (f"better: {best}",))
    if cost > best.cost:
        level = next(name for name, mine, theirs in zip(LEVELS, cost, best.cost, strict=True) if mine != theirs)
        return Verdict("worse than the best", (f"better at {level!r}: {best}",))
    if cost < best.cost:
        return Verdict("broke a rule", (f"cheaper than anything that keeps the rules: {best}",))
    return Verdict("best")


@dataclass(frozen=True)
class Reading:
    """A plan's document, read as builds of the matrix."""

    search: Search
    question: Question
    document: Document

    def examine(self) -> tuple[list[str], Cost]:
        """What is wrong with the plan, and what it costs."""
        accelerator, python = self.document["accelerator"]["kind"], self.document["python"]
        order = interpreters(self.question, self.search.computer, self.search.data)
        place = next((place for place, row in enumerate(order) if row.series == python), None)
        if place is None:
            return [f"Python {python} is not to be had"], NOTHING
        if accelerator not in accelerators(self.question, self.search.computer):
            return [f"{accelerator} was not asked for, or is not there"], NOTHING
        problems, rows, start = self._match(accelerator, order[place])
        if problems:
            return problems, NOTHING
        self.search.start()
        fields = [make_field(row, accelerator) for row in rows]
        self.search.choose(accelerator, order[place], fields, add(start, cost_of_level("Python", place)))
        choice = self.search.best
        if choice is None:
            return self._clashes(accelerator, [row[0][1] for row in rows]), NOTHING
        return self._variant(choice), choice.cost

    def _match(self, accelerator: str, python: Interpreter) -> tuple[list[str], list[list[tuple[Cost, Offer]]], Cost]:
        """Find the builds that each package can be: several where one package serves several devices."""
        problems, rows = [], []
        packages: dict[str, Document] = {canonicalize_name(row["name"]): row for row in self.document["packages"]}
        wants, cost = self._wants(packages)
        for want in wants:
            offers = self._named(want, packages)
            fits = [offer for offer in offers if not self._broken(offer, accelerator, python, want)]
            if fits:
                rows.append([(self._cost(offer, accelerator, want), offer) for offer in fits])
            elif offers:
                problems.append(f"{offers[0].name}: {self._broken(offers[0], accelerator, python, want)}")
            elif want.optional:
                cost = add(cost, cost_of_leaving_out())
            else:
                problems.append(f"{want.framework} is missing, or no build of the matrix")
        known = {offer.distribution for row in rows for _, offer in row}
        if not problems:
            problems = [f"{name} was not asked for" for name in sorted(packages.keys() - known)]
        return problems, rows, cost

    def _clashes(self, accelerator: str, offers: list[Offer]) -> list[str]:
        """Why builds cannot be one environment for an accelerator."""
        if accelerator != "cpu" and not any(uses(offer, accelerator) for offer in offers):
            return [f"nothing uses {accelerator}"]
        pairs = itertools.combinations(offers, 2)
        return [reason for one, two in pairs for reason in self.search.clashes.reasons(one, two)] or ["they clash"]

    def _wants(self, packages: dict[str, Document]) -> tuple[list[Want], Cost]:
        """What must be there, of each group the first member that is."""
        wants, cost = list(self.question.wants), NOTHING
        for group in self.question.groups:
            place = next((n for n, want in enumerate(group) if self._named(want, packages)), 0)
            wants.append(group[place])
            cost = add(cost, cost_of_level("alternative", place))
        return wants, cost

    def _named(self, want: Want, packages: dict[str, Document]) -> list[Offer]:
        """The builds of a framework for this platform that the plan's package can be."""
        return [
            offer
            for offer in self.search.data.projects[want.framework].offers
            if offer.distribution in packages
            and self.search.computer.platform in offer.build["platforms"]
            and self._is(offer, packages[offer.distribution])
        ]

    def _is(self, offer: Offer, package: Document) -> bool:
        build, version = offer.build, Version(package["version"])
        index = build.get("indexes", ("default",))[0]
        at_home = index != "default"
        local = build["variant"] if at_home and build.get("local") else None
        address = self.search.data.indexes[index]["url"].format(variant=build["variant"]) if at_home else None
        if Version(version.public) != offer.version or version.local != local or package["index"] != address:
            return False
        return set(filter(None, build.get("extra", "").split(","))) <= self._extras(offer.distribution)

    def _extras(self, distribution: str) -> set[str]:
        """The extras that the plan asks for of a distribution."""
        texts = [file["text"] for file in self.document["files"] if file["path"].endswith("pyproject.toml")]
        rows = [Requirement(row) for text in texts for row in tomllib.loads(text)["project"]["dependencies"]]
        return {extra for row in rows if canonicalize_name(row.name) == distribution for extra in row.extras}

    def _broken(self, offer: Offer, accelerator: str, python: Interpreter, want: Want) -> list[str]:
        device = device_of(offer, accelerator)
        if not device:
            return [f"not for {accelerator}"]
        search, question = self.search, self.question
        use = Use(search.data, search.computer, offer, device, want.condition, question.named, want.optional)
        return [*broken_rules(use), *([] if runs_on(offer, python) else [f"Python {python.version or python.series}"])]

    def _cost(self, offer: Offer, accelerator: str, want: Want) -> Cost:
        return cost_of_offer(self.search.data, offer, accelerator, optional=want.optional)

    def _variant(self, choice: Choice) -> list[str]:
        """The build that the plan names is PyTorch's, else one that uses the device."""
        named = self.document["accelerator"]["variant"]
        using = [offer for offer in choice.offers if uses(offer, choice.accelerator)]
        torch = [offer for offer in using if offer.framework == "torch"]
        right = {offer.build["variant"] for offer in torch or using}
        if not torch and choice.accelerator == "cpu":
            right = {"cpu"}
        return [] if named in right else [f"the plan names the build {named}, not one of {sorted(right)}"]
