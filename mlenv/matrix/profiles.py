"""Profiles that extend others."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from mlenv.errors import UsageError
from mlenv.matrix.rows import Profile


def extend_profile(profile: Profile, find: Callable[[str], Profile], path: tuple[str, ...] = ()) -> Profile:
    """A profile with the frameworks and variables of those it extends, theirs first.

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
        optional=tuple(text for text in _join(*(row.optional for row in below), profile.optional)),
        environment={key: value for row in (*below, profile) for key, value in row.environment.items()},
    )


def _find(name: str, profile: Profile, find: Callable[[str], Profile]) -> Profile:
    try:
        return find(name)
    except UsageError as error:
        raise UsageError(f"profiles/{profile.name}.toml: key `extends`: {error.message}", hint=error.hint) from None


def _join(*lists: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for texts in lists for text in texts))
