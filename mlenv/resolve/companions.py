"""Companions: whether two builds may share an environment."""

from __future__ import annotations

import functools

from packaging.specifiers import SpecifierSet

from mlenv.resolve.candidates import Candidate


def goes_with(candidate: Candidate, other: Candidate | None) -> str | None:
    """Why two builds cannot share an environment, or None where they can."""
    if other is None:
        return None
    return next((text for rule in _RULES if (text := rule(candidate, other)) is not None), None)


def _unmet_condition(candidate: Candidate, other: Candidate) -> str | None:
    """One of the two asks for another version of the other."""
    for one, two in ((candidate, other), (other, candidate)):
        for conditions in (one.release.requires, one.release.constraints, one.build.requires):
            specifier = conditions.get(two.framework.id) or conditions.get(two.distribution)
            if specifier and not SpecifierSet(specifier).contains(two.release.version, prereleases=True):
                return f"{one.name} needs {two.framework.id} {specifier}"
    return None


def _other_cuda(one: Candidate, two: Candidate) -> str | None:
    """They bring CUDA libraries of different majors."""
    if one.build.runtime and two.build.runtime and one.build.runtime != two.build.runtime:
        return f"{one.name} and {two.name} bring CUDA libraries of different majors into the same files"
    return None


def _same_files(one: Candidate, two: Candidate) -> str | None:
    """They bring different distributions of one file family."""
    for family, distribution in one.writes.items():
        rival = two.writes.get(family, distribution)
        if rival != distribution:
            return f"{distribution} (of {one.name}) and {rival} (of {two.name}) write the same files"
    return None


def _other_variant(one: Candidate, two: Candidate) -> str | None:
    """They are builds of one index of variants, and not of one variant."""
    shared = set(one.build.indexes) & set(two.build.indexes) - {"default"}
    if shared and one.build.variant != two.build.variant:
        return f"{one.name} and {two.name} are different builds of one family"
    return None


def _opposite_needs(one: Candidate, two: Candidate) -> str | None:
    """Whether two releases want versions of one neighbour that cannot be had at once (``protobuf``)."""
    mine = {**one.build.requires, **one.release.requires, **one.release.constraints}
    theirs = {**two.build.requires, **two.release.requires, **two.release.constraints}
    for name in mine.keys() & theirs.keys():
        if not may_agree(mine[name], theirs[name]):
            return f"{one.name} needs {name} {mine[name]}, {two.name} needs {name} {theirs[name]}"
    return None


@functools.lru_cache(maxsize=4096)
def may_agree(one: str, two: str) -> bool:
    """Whether some version can satisfy two PEP 440 conditions.

    The versions tried are those that the conditions name, what comes right after each, and zero:
    where none of them fits both, nothing does.
    """
    both = SpecifierSet(one) & SpecifierSet(two)
    named = [row.version.removesuffix(".*") for row in both]
    tried = ["0", *named, *(f"{version}{more}" for version in named for more in (".1", ".0.1", ".post1"))]
    return any(both.contains(version, prereleases=True) for version in tried)


def _library_clash_either(one: Candidate, two: Candidate) -> str | None:
    return _library_clash(one, two) or _library_clash(two, one)


def _library_clash(one: Candidate, two: Candidate) -> str | None:
    """Whether ``one`` asks for another cuDNN, NCCL or toolkit than the exact one that ``two`` brings.

    A build that was only compiled for ``9`` takes any 9.x; three numbers are a pin.
    """
    brought = {"nvidia-cudnn": two.build.cudnn, "nvidia-nccl": two.build.nccl}
    if two.build.nccl.count(".") >= 2:  # who pins NCCL pins every library of its toolkit
        brought |= {"cuda": two.build.cuda, "nvidia-nvjitlink": two.build.cuda}
    for name, specifier in one.build.requires.items():
        version = brought.get(name.rpartition("-")[0], "")
        if (
            version.count(".") >= 2
            and one.build.runtime == two.build.runtime
            and not SpecifierSet(specifier).contains(version)
        ):
            return f"{one.name} needs {name} {specifier}, {two.name} brings {version}"
    return None


_RULES = (_unmet_condition, _opposite_needs, _other_cuda, _same_files, _library_clash_either, _other_variant)
"""In this order: what the packages state themselves before what only their files show."""
