"""Companions: whether two builds may share an environment."""

from __future__ import annotations

from packaging.specifiers import SpecifierSet

from mlenv.resolve.candidates import Candidate


def goes_with(candidate: Candidate, other: Candidate | None) -> str | None:
    """Why two builds cannot share an environment, or None where they can."""
    if other is None:
        return None
    for one, two in ((candidate, other), (other, candidate)):
        for conditions in (one.release.requires, one.release.constraints):
            specifier = conditions.get(two.framework.id) or conditions.get(two.distribution)
            if specifier and not SpecifierSet(specifier).contains(two.release.version, prereleases=True):
                return f"{one.name} needs {two.framework.id} {specifier}"
    first, second = candidate.build, other.build
    if first.runtime and second.runtime and first.runtime != second.runtime:
        return f"{candidate.name} and {other.name} bring CUDA libraries of different majors into the same files"
    for family, distribution in candidate.writes.items():
        rival = other.writes.get(family, distribution)
        if rival != distribution:
            return f"{distribution} (of {candidate.name}) and {rival} (of {other.name}) write the same files"
    library = _library_clash(candidate, other) or _library_clash(other, candidate)
    if library:
        return library
    shared = set(first.indexes) & set(second.indexes) - {"default"}
    if shared and first.variant != second.variant:
        return f"{candidate.name} and {other.name} are different builds of one family"
    return None


def _library_clash(one: Candidate, two: Candidate) -> str | None:
    """Whether ``one`` asks for another cuDNN or NCCL than the exact one that ``two`` brings.

    A build that was only compiled for ``9`` takes any 9.x; three numbers are a pin.
    """
    brought = {"nvidia-cudnn": two.build.cudnn, "nvidia-nccl": two.build.nccl}
    for name, specifier in one.build.requires.items():
        version = brought.get(name.rpartition("-")[0], "")
        if (
            version.count(".") >= 2
            and one.build.runtime == two.build.runtime
            and not SpecifierSet(specifier).contains(version)
        ):
            return f"{one.name} needs {name} {specifier}, {two.name} brings {version}"
    return None
