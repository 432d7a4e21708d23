"""Which builds cannot share an environment, written anew from what the rows say of themselves."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.property.independent.data import Data, Offer
from tests.property.independent.ranges import can_be_met

TOOLKIT = ("cuda-toolkit", "nvidia-nvjitlink", "nvidia-nvjitlink-{runtime}")
"""Packages that carry the number of the CUDA release."""


class Clashes:
    """Whether pairs of builds clash; a pair is looked at once."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.seen: dict[tuple[Offer, Offer], bool] = {}

    def between(self, one: Offer, two: Offer) -> bool:
        """Whether two builds cannot stand side by side."""
        if (one, two) not in self.seen:
            found = next(self.reasons(one, two), None) is not None
            self.seen[one, two] = self.seen[two, one] = found
        return self.seen[one, two]

    def reasons(self, one: Offer, two: Offer) -> Iterator[str]:
        """Every rule by which two builds clash."""
        for asks, has in ((one, two), (two, one)):
            yield from _unmet(asks, has)
            yield from _pinned(asks, has)
        mine, theirs = conditions(one), conditions(two)
        for name in sorted(mine.keys() & theirs.keys()):
            if not can_be_met(mine[name] | theirs[name]):
                yield f"{name}: {sorted(mine[name])} and {sorted(theirs[name])}"
        majors = {one.build.get("runtime", ""), two.build.get("runtime", "")} - {""}
        if len(majors) > 1:
            yield f"CUDA libraries of {sorted(majors)}"
        yield from self._same_files(one, two)
        shared = set(one.build.get("indexes", ())) & set(two.build.get("indexes", ())) - {"default"}
        if shared and one.build["variant"] != two.build["variant"]:
            yield f"two variants of {sorted(shared)}"

    def _same_files(self, one: Offer, two: Offer) -> Iterator[str]:
        for mine in sorted(brought(one)):
            for theirs in sorted(brought(two)):
                family = self.data.family_of.get(mine)
                if mine != theirs and family is not None and family == self.data.family_of.get(theirs):
                    yield f"{mine} and {theirs} write the same files"


@functools.cache
def conditions(offer: Offer) -> dict[str, frozenset[str]]:
    """What a build asks of other packages, by name; all of it must hold."""
    found: dict[str, set[str]] = {}
    release, build = offer.release, offer.build
    for table in (release.get("requires", {}), release.get("constraints", {}), build.get("requires", {})):
        for name, condition in table.items():
            found.setdefault(canonicalize_name(name), set()).add(condition)
    for text in build.get("brings", ()):
        requirement = Requirement(text)
        found.setdefault(canonicalize_name(requirement.name), set()).add(str(requirement.specifier))
    return {name: frozenset(texts) for name, texts in found.items()}


@functools.cache
def brought(offer: Offer) -> frozenset[str]:
    """The distributions that come with a build, itself among them, by name."""
    beside = (canonicalize_name(Requirement(text).name) for text in offer.build.get("brings", ()))
    return frozenset((offer.distribution, *offer.build.get("requires", ()), *beside))


def _unmet(asks: Offer, has: Offer) -> Iterator[str]:
    for name in {has.framework, has.distribution}:
        for condition in sorted(conditions(asks).get(name, ())):
            if not SpecifierSet(condition).contains(has.version, prereleases=True):
                yield f"{asks.name} wants {name} {condition}, there is {has.version}"


def _pinned(asks: Offer, has: Offer) -> Iterator[str]:
    """A library that one pins exactly (three numbers) is not the one that the other asks for.

    Who pins NCCL pins every library of its toolkit.
    """
    for name, version in pins(has).items():
        for condition in sorted(conditions(asks).get(name, ())):
            if not SpecifierSet(condition).contains(version, prereleases=True):
                yield f"{asks.name} wants {name} {condition}, {has.name} pins {version}"


@functools.cache
def pins(offer: Offer) -> dict[str, str]:
    """The exact versions of libraries that a build insists on, by name."""
    build, runtime = offer.build, offer.build.get("runtime", "")
    found = {}
    if build.get("cudnn", "").count(".") >= 2:
        found[f"nvidia-cudnn-{runtime}"] = build["cudnn"]
    if build.get("nccl", "").count(".") >= 2:
        found[f"nvidia-nccl-{runtime}"] = build["nccl"]
        found |= {name.format(runtime=runtime): build["cuda"] for name in TOOLKIT}
    return found
