"""Which packages must be there, and which must not."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mlenv.facts.environment import Environment

_LONGEST = 200


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A package by its normalised name, and the condition on its version (empty for any)."""

    name: str
    condition: str = ""


def parse_wanted(text: str) -> Wanted | None:
    """``numpy>=2``; None for what is no plain requirement (extras, markers and addresses do not count)."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        found = Requirement(text) if len(text) <= _LONGEST else None
    except (InvalidRequirement, ValueError):
        return None
    if found is None or found.url or found.extras or found.marker:
        return None
    return Wanted(name=canonicalize_name(found.name), condition=str(found.specifier))


def parse_unwanted(text: str) -> tuple[Wanted, ...] | None:
    """``numpy<1.26`` or names that must not stand together, ``a+b``; None for what is neither.

    A ``+`` also begins the local part of a version, so names together carry no condition.
    """
    single = parse_wanted(text)
    if single is not None:
        return (single,)
    parts = [parse_wanted(part) for part in text.split("+")]
    together = tuple(part for part in parts if part is not None and not part.condition)
    return together if len(together) == len(parts) > 1 else None


def find_installed(environment: Environment, wanted: Wanted) -> str | None:
    """The version that is installed, None where it is not there."""
    found = environment.distribution(wanted.name)
    return found.version if found else None


def name_together(parts: Sequence[Wanted]) -> str:
    """``numpy<1.26`` or ``a+b``, normalised: the end of a rule's id."""
    return "+".join(f"{part.name}{part.condition}" for part in parts)
