"""Checks of the matrix that concern profiles: what they name is there, and what they say agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from mlenv.errors import UsageError
from mlenv.matrix.files import Files
from mlenv.matrix.profiles import extend_profile, find_problems, name_of
from mlenv.matrix.rows import Framework, Profile

Problems = Iterator[str]


def check_names(files: Files) -> Problems:
    """Profiles ask for frameworks that the matrix has."""
    known = {framework.id for framework in files.of(Framework).values()}
    for path, profile in files.of(Profile).items():
        grouped = (text for group in profile.first_of for text in group)
        for text in (*profile.frameworks, *profile.optional, *grouped):
            name = name_of(text)
            if not name:
                yield f"{path}: {text!r} is not a requirement"
            elif name not in known:
                yield f"{path}: no framework is called {name!r}"


def check_extensions(files: Files) -> Problems:
    """What a profile extends is there, goes round in no circle, and leaves it with something to install."""
    profiles = {profile.name: profile for profile in files.of(Profile).values()}
    for path, profile in files.of(Profile).items():
        try:
            whole = extend_profile(profile, _finder(profiles))
        except UsageError as error:
            yield f"{path}: {error.message.removeprefix(f'{path}: ')}"
            continue
        yield from (f"{path}: {problem}" for problem in find_problems(whole))


def _finder(known: Mapping[str, Profile]) -> Callable[[str], Profile]:
    def find(name: str) -> Profile:
        if name not in known:
            raise UsageError(f"no profile is called {name!r}")
        return known[name]

    return find


CHECKS: tuple[Callable[[Files], Problems], ...] = (check_names, check_extensions)
