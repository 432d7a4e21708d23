"""What comes along from a framework's own index although nobody asked for it, tied to that index by name.

torch for ROCm asks for ``triton-rocm``, torchvision for torch.  uv ties an index to direct
requirements alone: one that comes along would be looked for in the default index, where anybody may
have put a package of that name, or the framework's index would have to supply every package there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from mlenv.matrix.load import Matrix
from mlenv.resolve.resolution import Pick
from mlenv.supply.offers import Source


class Companions(msgspec.Struct, frozen=True, kw_only=True):
    """``requirements`` to state, and the index that alone may supply them, by name (``ties``)."""

    requirements: tuple[str, ...] = ()
    ties: dict[str, str] = {}


def find_companions(picks: Sequence[Pick], others: Sequence[str], matrix: Matrix, own: dict[str, Source]) -> Companions:
    """What the indexes of the picks own beside the picks themselves, as far as it is asked for.

    ``own`` are the frameworks' own indexes by distribution, ``others`` what the user asks for beside
    the picks.
    """
    owners = dict(_owners(picks, matrix, own))
    brought = [text for pick in picks for text in pick.build.brings]
    required = [text for pick in picks for text in _required(pick, owners, matrix)]
    wanted = tuple(dict.fromkeys([*brought, *required]))
    named = {canonicalize_name(name) for name in _names([*wanted, *others])}
    return Companions(requirements=wanted, ties={name: owners[name] for name in sorted(named & owners.keys())})


def _owners(picks: Sequence[Pick], matrix: Matrix, own: dict[str, Source]) -> Iterator[tuple[str, str]]:
    """What an index of the plan owns beside the picks, each name with the id of its source.

    That is what its row says, what a build brings (from the same index), and the frameworks that are
    published there: a site's row for its copy of an index need not repeat it.
    """
    chosen = {pick.distribution for pick in picks}
    for pick in picks:
        index = next((name for name in pick.build.indexes if name != "default"), None)
        if index is None or pick.distribution not in own:
            continue
        published = [name for name in pick.release.requires if _is_published(name, index, matrix)]
        along = [text for name in published for text in _brought_by(name, pick, matrix)]
        names = {*matrix.indexes[index].owns, *_names([*pick.build.brings, *along]), *published}
        yield from ((canonicalize_name(name), own[pick.distribution].id) for name in names - chosen)


def _is_published(name: str, index: str, matrix: Matrix) -> bool:
    """Whether a framework is published at an index of its own."""
    if name not in matrix.framework_ids:
        return False
    return any(index in build.indexes for release in matrix.framework(name).release for build in release.builds)


def _required(pick: Pick, owners: dict[str, str], matrix: Matrix) -> Iterator[str]:
    """What a release requires of its index's own, and what that brings in turn."""
    for name in pick.release.requires:
        if name in owners:
            yield name
            yield from _brought_by(name, pick, matrix)


def _brought_by(name: str, pick: Pick, matrix: Matrix) -> Iterator[str]:
    """What a framework brings that a pick requires: its newest release that will do, in the same build."""
    condition = pick.release.requires[name]
    for release in matrix.framework(name).release if name in matrix.framework_ids else ():
        builds = [build for build in release.builds if build.variant == pick.build.variant]
        if builds and _admits(condition, release.version):
            yield from builds[0].brings
            return


def _admits(condition: str, version: str) -> bool:
    try:
        return SpecifierSet(condition).contains(version, prereleases=True)
    except InvalidSpecifier:
        return False


def _names(texts: Iterable[str]) -> Iterator[str]:
    return (name for text in texts if (name := _name(text)))


def _name(text: str) -> str:
    try:
        return Requirement(text).name
    except InvalidRequirement:
        return ""
