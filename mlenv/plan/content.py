"""What an environment shall hold, and where it may come from: the same for every manager and form."""

from __future__ import annotations

import datetime as dt

import msgspec

from mlenv.facts.system import SystemFamily


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """One requirement, such as ``jax[cuda13]==0.12.0.1``.

    ``source`` is the address that it was chosen from (None for the installer's default), ``index``
    the name of the index that alone may supply it, ``imports`` the modules that prove it.
    """

    text: str
    name: str
    version: str = ""
    source: str | None = None
    index: str | None = None
    imports: tuple[str, ...] = ()


class PackageIndex(msgspec.Struct, frozen=True, kw_only=True):
    """An index that packages may come from.

    An ``explicit`` one supplies nothing but what is tied to it; the ``default`` one replaces the
    installer's own.  ``origin`` says who named it; ``login`` that a user name or password was taken
    out of the address.
    """

    name: str
    url: str
    explicit: bool = False
    default: bool = False
    origin: str = ""
    login: bool = False


class WheelPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A folder or page of wheels, and who named it; ``login`` as for an index."""

    address: str
    origin: str = ""
    login: bool = False


class SourceMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a release that comes as source requires, so that nobody fetches the archive to read it."""

    name: str
    version: str
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """Something beside Python packages, such as a Java runtime of at least some major ``version``.

    ``command`` is a program that shows it is there, ``how`` what to type to get it on the system of
    the plan, ``packages`` Debian's packages for it.
    """

    id: str
    title: str
    version: str = ""
    command: str = ""
    how: str = ""
    packages: tuple[str, ...] = ()


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What the environment shall hold.

    ``requirements`` are those of the frameworks, ``others`` what they bring and what the user asked
    for that the matrix does not know; ``ties`` are those of them that one index alone may supply, with
    its name, ``tied`` every package of which that is so.  ``python`` is a series; ``interpreter`` the path of one that
    is there, ``python_version`` its version or what was asked for.  ``best_match`` says that the
    indexes are equals and the best version of all of them counts.  ``cuda`` is the newest CUDA of a
    build that uses a GPU, ``driver`` the lowest NVIDIA driver for all of them.  ``glibc`` is the
    lowest that every build runs on.
    """

    profiles: tuple[str, ...] = ()
    accelerator: str
    variant: str
    system: SystemFamily
    platform: str
    python: str
    interpreter: str = ""
    python_pin: str
    python_version: str
    requirements: tuple[Requirement, ...]
    others: tuple[str, ...] = ()
    ties: dict[str, str] = {}
    tied: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    indexes: tuple[PackageIndex, ...] = ()
    wheels: tuple[WheelPlace, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    no_index: bool = False
    best_match: bool = False
    dated: bool = True
    variables: dict[str, str] = {}
    needs: tuple[Need, ...] = ()
    cuda: str = ""
    driver: str = ""
    glibc: str = ""
    built: tuple[str, ...] = ()
    metadata: tuple[SourceMetadata, ...] = ()
    offline: bool = False
    as_of: dt.date | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Every requirement as a text, sorted."""
        return tuple(sorted([*(row.text for row in self.requirements), *self.others]))
