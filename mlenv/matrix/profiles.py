"""Profiles: those that extend others, files of a user, and what must hold inside each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from mlenv.errors import UsageError
from mlenv.facts.guarded_variables import find_guarded
from mlenv.matrix.rows import Profile
from mlenv.matrix.toml_file import load_file

ITEM = TypeVar("ITEM")


def read_profile(path: Path, find: Callable[[str], Profile]) -> Profile:
    """A user's own file as a profile, with what it extends; ``find`` gives those by name.

    :class:`UsageError` names the file and the key that is wrong.
    """
    profile = load_file(path, Profile)
    try:
        whole = extend_profile(profile, find)
    except UsageError as error:
        raise UsageError(
            error.message.replace(f"profiles/{profile.name}.toml", str(path), 1), hint=error.hint
        ) from None
    problem = next(find_problems(whole), None)
    if problem is not None:
        raise UsageError(f"{path}: {problem}", hint="`mlenv schema profile` says what each key means")
    return whole


def find_problems(whole: Profile) -> Iterator[str]:
    """What is wrong with a profile that has all that it extends, a sentence for each."""
    groups = [tuple(map(name_of, group)) for group in whole.first_of]
    if not whole.frameworks and not groups:
        yield "names no framework"
    required = set(map(name_of, whole.frameworks))
    for group in groups:
        if len(group) < 2:
            yield f"first_of [{', '.join(group)}] leaves no choice: a group has two members or more"
        yield from (f"first_of names {name!r} twice" for name, count in Counter(group).items() if count > 1)
        yield from (
            f"first_of names {name!r}, which frameworks has: the group is settled" for name in group if name in required
        )
    members = {name for group in groups for name in group}
    for name in whole.environment_with:
        if name not in members:
            yield f"environment_with names {name!r}, which is in no group of first_of"
    yield from (f"environment: {problem}" for problem in find_guarded(whole.environment))
    for variables in whole.environment_with.values():
        yield from (f"environment_with: {problem}" for problem in find_guarded(variables))


def name_of(requirement: str) -> str:
    """The name in a requirement; empty for a text that is none."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(requirement).name
    except (InvalidRequirement, RecursionError):
        return ""


def extend_profile(profile: Profile, find: Callable[[str], Profile], path: tuple[str, ...] = ()) -> Profile:
    """A profile with the frameworks, groups and variables of those it extends, theirs first.

    ``find`` gives a profile by its name.  A profile that contains itself is a UsageError, and so
    is one that ``find`` does not know.
    """
    path = (*path, profile.name)
    if profile.name in path[:-1]:
        raise UsageError(
            f"profiles/{path[0]}.toml: key `extends` goes round in a circle: {' -> '.join(path)}",
            hint="take one of these names out of `extends`",
        )
    below = [extend_profile(_find(name, profile, find), find, path) for name in profile.extends]
    required = _join(*(row.frameworks for row in below), profile.frameworks)
    return replace(
        profile,
        frameworks=required,
        optional=_join(*(row.optional for row in below), profile.optional),
        first_of=_join(*(row.first_of for row in below), profile.first_of),
        environment=_overlay(row.environment for row in (*below, profile)),
        environment_with=_overlay(row.environment_with for row in (*below, profile)),
    )


def _find(name: str, profile: Profile, find: Callable[[str], Profile]) -> Profile:
    try:
        return find(name)
    except UsageError as error:
        raise UsageError(f"profiles/{profile.name}.toml: key `extends`: {error.message}", hint=error.hint) from None


def _join(*lists: Iterable[ITEM]) -> tuple[ITEM, ...]:
    return tuple(dict.fromkeys(item for items in lists for item in items))


def _overlay(tables: Iterable[Mapping[str, ITEM]]) -> dict[str, ITEM]:
    """All keys of the tables; of a key that stands in several the last value."""
    return {key: value for table in tables for key, value in table.items()}
