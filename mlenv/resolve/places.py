"""Places: where a build can be had, by what the sources offered."""

from __future__ import annotations

import msgspec

from mlenv.matrix.rows import Build
from mlenv.resolve.candidates import Candidate
from mlenv.supply.offers import Offer, Supply


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a build can be had: an id of the supply and the version's local part there."""

    source: str
    local: str


def find_place(candidate: Candidate, python: str, supply: Supply | None) -> Place | None:
    """The best source that has a candidate for a Python series.

    The framework's own index comes first, then what the user configured, then the default index.
    Without a supply (a plan for another machine, or without the network) the matrix is believed.
    """
    build = candidate.build
    if python not in build.pythons:
        return None
    if supply is None:
        return _believed(build)
    for place in (*_own_places(candidate, python, supply), *_user_places(candidate, python, supply)):
        return place
    return _default_place(candidate, python, supply)


def index_source(index: str, variant: str) -> str:
    """The supply's id of a framework's own index: ``pytorch`` and ``cu126`` give ``pytorch-cu126``."""
    return f"{index}-{variant}"


def _believed(build: Build) -> Place:
    first = build.indexes[0]
    if first == "default":
        return Place(source="default", local="")
    return Place(source=index_source(first, build.variant), local=build.variant if build.local else "")


def _own_places(candidate: Candidate, python: str, supply: Supply) -> list[Place]:
    build, places = candidate.build, []
    for index in build.indexes:
        name = index_source(index, build.variant)
        source = supply.source(name) if index != "default" else None
        if source is None or source.state == "unreachable":
            continue
        local = build.variant if build.local else ""
        if not supply.was_listed(name, candidate.distribution) or _offered(candidate, python, supply, name, (local,)):
            places.append(Place(source=name, local=local))
    return places


def _user_places(candidate: Candidate, python: str, supply: Supply) -> list[Place]:
    build, places = candidate.build, []
    locals_ = (*((build.variant,) if build.local else ()), *(("",) if "default" in build.indexes else ()))
    for source in supply.of_kind("index", "links"):
        offer = _offered(candidate, python, supply, source.id, locals_)
        if offer is not None:
            places.append(Place(source=source.id, local=offer.local))
    return places


def _default_place(candidate: Candidate, python: str, supply: Supply) -> Place | None:
    source = supply.source("default")
    if source is None or source.state == "unreachable":
        return None
    build = candidate.build
    if supply.was_listed("default", candidate.distribution):
        locals_ = ("", *((build.variant,) if build.local else ()))
        offer = _offered(candidate, python, supply, "default", locals_)
        if offer is None or (not offer.local and "default" not in build.indexes):
            return None
        return Place(source="default", local=offer.local)
    return Place(source="default", local="") if "default" in build.indexes else None


def _offered(candidate: Candidate, python: str, supply: Supply, source: str, locals_: tuple[str, ...]) -> Offer | None:
    for offer in supply.offers:
        if (
            offer.source == source
            and offer.distribution == candidate.distribution
            and offer.version == candidate.release.version
            and offer.local in locals_
            and offer.fits(python)
        ):
            return offer
    return None
