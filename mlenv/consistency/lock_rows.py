"""What a lock asks for, as rows to compare: pylock.toml, or requirements with pinned versions.

Read leniently: nothing is installed from it here, and a project's own lock names folders and
repositories too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import tomli

from mlenv.errors import UsageError
from mlenv.facts.pattern import lazy
from mlenv.plan.markers import holds

_OPTION = lazy(r"--hash[= ]\s*(\w+:[0-9A-Fa-f]+)")
_COMMENT = lazy(r"(?:^|\s)#.*$")
_CONTINUED = lazy(r"\\\r?\n")
_SEPARATORS = lazy(r"[-_.]+")
_CHOICES = ("extras", "dependency_groups")


class LockedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A package of a lock.

    ``version`` is exact, ``condition`` a version specifier; both are empty where the lock names a
    folder or a repository.  ``hashes`` are those of the files that may be taken (``sha256:…``).
    ``chosen`` says that it is for who asks for it (an extra, a group), so that it may be missing.
    """

    name: str
    version: str = ""
    condition: str = ""
    hashes: frozenset[str] = frozenset()
    chosen: bool = False


def read_rows(text: str, origin: str, variables: Mapping[str, str]) -> tuple[LockedRow, ...]:
    """The packages of a lock that its markers want for an interpreter (``variables``).

    ``origin`` is the name of the file, which tells its form; :class:`UsageError` where it is no lock.
    """
    if origin.endswith(".toml"):
        return tuple(_read_pylock(text, origin, variables))
    return tuple(_read_requirements(text, origin, variables))


def normalise(name: str) -> str:
    """A distribution's name as names are compared."""
    return _SEPARATORS.sub("-", name).lower()


def _read_pylock(text: str, origin: str, variables: Mapping[str, str]) -> Iterator[LockedRow]:
    try:
        table = tomli.loads(text)
    except (tomli.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{origin}: is no TOML ({error})") from None
    packages = table.get("packages")
    if not str(table.get("lock-version", "1.")).startswith("1.") or not isinstance(packages, list):
        raise UsageError(f"{origin}: is no lock of PEP 751 (it has no list `packages` of version 1.x)")
    for number, row in enumerate(packages):
        if not isinstance(row, dict) or not isinstance(row.get("name"), str):
            raise UsageError(f"{origin}: packages[{number}] has no name")
        marker = str(row.get("marker", ""))
        chosen = any(word in marker for word in _CHOICES)
        if chosen or holds(marker, variables):
            version = str(row.get("version", ""))
            yield LockedRow(
                name=normalise(row["name"]), version=version, hashes=frozenset(_hashes_of(row)), chosen=chosen
            )


def _hashes_of(row: Mapping[str, Any]) -> Iterator[str]:
    wheels = row.get("wheels")
    for file in (*(wheels if isinstance(wheels, list) else ()), row.get("sdist"), row.get("archive")):
        hashes = file.get("hashes") if isinstance(file, dict) else None
        if isinstance(hashes, dict):
            yield from (f"{algorithm}:{value}".lower() for algorithm, value in hashes.items())


# > numpy==2.3.5 ; python_version >= "3.11" --hash=sha256:5c1f2d
def _read_requirements(text: str, origin: str, variables: Mapping[str, str]) -> Iterator[LockedRow]:
    from packaging.requirements import InvalidRequirement, Requirement

    for line in _CONTINUED.sub(" ", text).splitlines():
        line = _COMMENT.sub("", line).strip()
        if line.startswith(("-r", "--requirement")):
            raise UsageError(f"{origin}: {line!r} leads to another file", hint="give one file with all pinned versions")
        if not line or line.startswith("-"):
            continue
        try:
            requirement = Requirement(line.partition(" --")[0].strip())
        except (InvalidRequirement, RecursionError):
            raise UsageError(f"{origin}: {line[:80]!r} is no requirement") from None
        if requirement.marker is None or holds(str(requirement.marker), variables):
            yield LockedRow(
                name=normalise(requirement.name),
                condition=str(requirement.specifier),
                hashes=frozenset(value.lower() for value in _OPTION.findall(line)),
            )
