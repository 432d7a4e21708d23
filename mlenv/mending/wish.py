"""What an environment is asked to hold, put together from what it holds, and what becomes of it by a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.version import series
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Profile
from mlenv.mending.mending import Change
from mlenv.plan.plan import Plan

TOOLS = frozenset({"pip", "setuptools", "wheel", "uv"})
BROUGHT = ("nvidia-", "jax-cuda", "jax-rocm", "pytorch-triton-")
"""What builds bring along: another build brings its own."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution that is to stay.

    ``condition`` is what was asked of its version once (``>=2``).  ``framework`` says that the matrix has
    rows for it, ``implied`` that it comes without being asked for: by a profile, or by another one.
    """

    name: str
    version: str = ""
    condition: str = ""
    framework: bool = False
    implied: bool = False


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What an installer is asked for; ``python`` is a series, None for any.

    ``required`` are requirements as they are written; ``lost`` names distributions that no index has,
    with the place that they came from.
    """

    kept: tuple[Kept, ...]
    profiles: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    accelerator: str = "auto"
    python: str | None = None
    unset: tuple[str, ...] = ()
    lost: tuple[tuple[str, str], ...] = ()

    @property
    def requirements(self) -> tuple[str, ...]:
        """The requirements beside the profiles."""
        kept = (f"{row.name}{f'=={row.version}' if row.version else row.condition}" for row in self.kept)
        return (*kept, *self.required)


def wish_of_plan(plan: Plan, matrix: Matrix) -> Wish:
    """The request of an environment that mlenv made, repeated: its profiles and what came beside them."""
    profiles = tuple(name for name in plan.profile.split() if name in matrix.profile_names)
    brought = {name for profile in profiles for name in _names_of(matrix.profile(profile), matrix)}
    frameworks = [
        Kept(
            name=row.name,
            version=_public(row.version),
            framework=True,
            implied=matrix.distributions.get(row.name, row.name) in brought,
        )
        for row in plan.packages
    ]
    return Wish(
        kept=(*frameworks, *(_of_requirement(text) for text in plan.others)),
        profiles=profiles,
        accelerator=plan.accelerator.kind,
        python=plan.python,
        unset=plan.unset,
    )


def wish_of_environment(environment: Environment, origins: Mapping[str, Origin], matrix: Matrix) -> Wish:
    """The request that an environment of another's making answers: what somebody asked for, or nothing else asks for.

    ``origins`` says by name what the files state of each distribution.
    """
    kept: list[Kept] = []
    lost: list[tuple[str, str]] = []
    for dist in environment.distributions:
        origin = origins.get(dist.name, Origin())
        if dist.name in TOOLS or dist.name.startswith(BROUGHT) or not (origin.requested or not origin.mentioned):
            continue
        if dist.source:
            lost.append((dist.name, dist.source))
        else:
            kept.append(_keep(dist, origin, matrix))
    return Wish(
        kept=tuple({row.name: row for row in kept}.values()),
        python=series(environment.python) if environment.python else None,
        lost=tuple(lost),
    )


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """How a distribution came: ``requested`` by name, ``required`` by another one, ``mentioned`` by one at all."""

    requested: bool = False
    required: bool = False
    mentioned: bool = False


def apply_change(wish: Wish, change: Change, matrix: Matrix) -> Wish:
    """The wish with a change.

    A requirement with a condition comes in place of what was kept under its name; a bare name stays at
    its version where it is there already.
    """
    named = {canonicalize_name(Requirement(text).name): text for text in change.required}
    there = {row.name for row in wish.kept}
    replaced = {name for name, text in named.items() if name != text or name not in there}
    left = [
        msgspec.structs.replace(
            row,
            version="" if row.name in change.released else row.version,
            implied=row.implied and row.name not in named,
        )
        for row in wish.kept
        if row.name not in change.removed and row.name not in replaced
    ]
    if change.accelerator:
        left = [_by_framework(row, matrix) for row in left]
    return msgspec.structs.replace(
        wish,
        kept=tuple({row.name: row for row in left}.values()),
        required=tuple(text for name, text in named.items() if name in replaced),
        accelerator=change.accelerator or wish.accelerator,
        python=None if change.other_python else wish.python,
        unset=tuple(dict.fromkeys((*wish.unset, *change.unset))),
    )


def loosen(wish: Wish) -> tuple[Wish, ...]:
    """The wish, and what to ask for where it cannot be had: frameworks of other releases, then all of them."""
    chosen = [row for row in wish.kept if not row.implied]
    frameworks = [msgspec.structs.replace(row, version="") if row.framework else row for row in chosen]
    free = [msgspec.structs.replace(row, version="") for row in chosen]
    wishes = [wish, *(msgspec.structs.replace(wish, kept=tuple(kept)) for kept in (frameworks, free))]
    return tuple(dict.fromkeys(wishes))


def _keep(dist: Distribution, origin: Origin, matrix: Matrix) -> Kept:
    known = dist.name in matrix.distributions
    return Kept(name=dist.name, version=_public(dist.version), framework=known, implied=origin.required)


def _by_framework(row: Kept, matrix: Matrix) -> Kept:
    """The framework itself in place of one build's own distribution (``tensorflow-cpu``)."""
    return msgspec.structs.replace(row, name=matrix.distributions.get(row.name, row.name)) if row.framework else row


def _names_of(profile: Profile, matrix: Matrix) -> Iterable[str]:
    """The frameworks that a profile may bring."""
    groups = (text for group in profile.first_of for text in group)
    for text in (*profile.frameworks, *profile.optional, *groups):
        name = canonicalize_name(Requirement(text).name)
        yield matrix.distributions.get(name, name)


def _of_requirement(text: str) -> Kept:
    requirement = Requirement(text)
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return Kept(name=f"{canonicalize_name(requirement.name)}{extras}", condition=str(requirement.specifier))


def _public(version: str) -> str:
    """A version without its local part: that is a build's, and another build has another."""
    return version.partition("+")[0]
