"""From what the package resolver says to clauses for the search: which of our releases take part."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from mlenv.formats.uv_conflict import UvConflict, normalise
from mlenv.matrix.rows import FileFamily
from mlenv.plan.lock import Lock
from mlenv.resolve.refutation import Refutation
from mlenv.resolve.resolution import Pick, Resolution

TEXT_LENGTH = 700
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def refute(conflict: UvConflict, resolution: Resolution) -> Refutation | None:
    """The releases of a resolution that a conflict names; None where it names none of them.

    uv's proof names every package that it needed, so the others have no part in it.  Conditions may
    depend on the Python, so it holds for the resolution's; a release that no index has is absent on all.
    """
    picks = [pick for pick in resolution.picks if takes_part(pick, conflict)]
    if not picks:
        return None
    refutation = make_refutation(picks, shorten(conflict.text), resolution, by_build=_is_about_cuda(conflict))
    absent = len(picks) == 1 and normalise(picks[0].distribution) in (*conflict.missing, *conflict.not_found)
    return msgspec.structs.replace(refutation, python="") if absent else refutation


def takes_part(pick: Pick, conflict: UvConflict) -> bool:
    """Whether a conflict names a release, what it brings, or what its row forbids beside it."""
    brought = (match[0] for text in pick.build.brings if (match := _NAME.match(text)))
    own = {normalise(name) for name in (pick.distribution, *brought, *pick.release.constraints)}
    return bool(own & conflict.names)


def _is_about_cuda(conflict: UvConflict) -> bool:
    """Whether NVIDIA's libraries take part: another build of the same release brings others."""
    return any(name.startswith(("nvidia-", "cuda-")) for name in conflict.names)


def make_refutation(picks: Sequence[Pick], text: str, resolution: Resolution, *, by_build: bool = False) -> Refutation:
    """These releases together, on the resolution's Python; ``by_build`` holds for these builds alone."""
    rows = {(pick.framework, pick.release.version): pick.build.variant for pick in picks}
    names = sorted(rows)
    builds = tuple(rows[name] for name in names) if by_build else ()
    return Refutation(picks=tuple(names), text=text, python=resolution.python, builds=builds)


def find_rivals(lock: Lock, families: Sequence[FileFamily]) -> tuple[tuple[FileFamily, tuple[str, ...]], ...]:
    """The file families of which a lock holds more than one distribution, with those, in order."""
    names = {normalise(package.name) for package in lock.packages}
    found = ((family, tuple(sorted(names.intersection(family.distributions)))) for family in families)
    return tuple((family, rivals) for family, rivals in found if len(rivals) > 1)


def refute_rivals(
    family: FileFamily, rivals: Sequence[str], askers: Mapping[str, Sequence[str]], resolution: Resolution
) -> tuple[Refutation, ...]:
    """Which releases together bring distributions that write the same files.

    Each release that brings the one cannot be with any that brings the other.  None where no
    release brings any of them: then the packages that the user asked for do.
    """
    found: dict[tuple[tuple[str, str], ...], Refutation] = {}
    for one, two in itertools.combinations(rivals, 2):
        text = f"{one} and {two} write the same files ({family.path}), and the last one installed wins"
        for picks in _pairs(one, two, askers, resolution):
            refutation = make_refutation(picks, text, resolution, by_build=True)
            if all(_states(pick, (one, two)) for pick in picks):
                refutation = msgspec.structs.replace(refutation, python="")  # its row says so, for all Pythons
            found.setdefault(refutation.picks, refutation)
    return tuple(found.values())


def _pairs(
    one: str, two: str, askers: Mapping[str, Sequence[str]], resolution: Resolution
) -> Iterator[tuple[Pick, ...]]:
    mine, theirs = (_bringers(name, askers, resolution) for name in (one, two))
    if not mine or not theirs:
        yield from ((pick,) for pick in mine or theirs)
        return
    yield from (tuple({pick.framework: pick for pick in pair}.values()) for pair in itertools.product(mine, theirs))


def _bringers(name: str, askers: Mapping[str, Sequence[str]], resolution: Resolution) -> list[Pick]:
    """The picks nearest above a package: who asks for one of them is not to blame."""
    picks = {normalise(pick.distribution): pick for pick in resolution.picks}
    found: dict[str, Pick] = {}
    seen, ahead = set[str](), [normalise(name)]
    while ahead:
        current = ahead.pop()
        if current in seen:
            continue
        seen.add(current)
        if current in picks:
            found[current] = picks[current]
        else:
            ahead += askers.get(current, ())
    return [pick for pick in resolution.picks if normalise(pick.distribution) in found]


def _states(pick: Pick, rivals: Sequence[str]) -> bool:
    """Whether the row of a build says that it is or brings one of the rivals (by the major of its CUDA libraries)."""
    build = pick.build
    return any(
        name == pick.distribution or name in build.requires or (build.runtime and name.endswith(f"-{build.runtime}"))
        for name in rivals
    )


def shorten(text: str) -> str:
    """At most 700 characters, the end kept: it says what follows."""
    if len(text) <= TEXT_LENGTH:
        return text
    half = TEXT_LENGTH // 2 - 3
    return f"{text[:half]} ... {text[-half:]}"
