"""What the resolver answers."""

from __future__ import annotations

import msgspec

from mlenv.facts.python import PythonInterpreter
from mlenv.matrix.rows import Accelerator, Build, Release
from mlenv.resolve.question import name_build
from mlenv.resolve.request import Request, Wanted


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate that is newer or more preferred than the choice, the rule it fell by, and the row behind.

    ``row`` names a row of the matrix (``drivers.toml cuda_family 13``); empty where none decided.
    """

    candidate: str
    rule: str
    text: str
    row: str = ""


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why something was chosen."""

    about: str
    text: str


class Pick(msgspec.Struct, frozen=True, kw_only=True):
    """The release and build chosen for one requested framework, and the source it comes from.

    ``source`` is an id of the supply; ``local`` the version's local part at that source.
    """

    wanted: Wanted
    framework: str
    release: Release
    build: Build
    source: str
    local: str

    @property
    def name(self) -> str:
        """``torch 2.15.0 cu132``, for sentences."""
        return name_build(self.framework, self.release, self.build)

    @property
    def distribution(self) -> str:
        """The name of the package to install."""
        return self.build.distribution or self.framework

    @property
    def version(self) -> str:
        """The exact version to ask for, local part included."""
        return f"{self.release.version}+{self.local}" if self.local else self.release.version


class Lift(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the machine or the request, and what it would give beyond the choice."""

    change: str
    gives: str


class Companion(msgspec.Struct, frozen=True, kw_only=True):
    """One of several environments that would serve better than one: what it would hold."""

    accelerator: Accelerator
    variant: str
    python: str
    packages: tuple[str, ...]


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """One joint answer: ``picks`` share an environment with ``python`` (a series such as 3.12).

    ``interpreter`` is the one to use where it is installed already.  ``passthrough`` are
    requested packages that the matrix does not know; the package installer decides on them.
    ``lifts`` are changes that would give newer releases or a device; ``apart`` the environments
    that would serve better than this one (none where one environment serves as well).
    ``variables`` are those to be set for programs.
    """

    request: Request
    accelerator: Accelerator
    variant: str
    python: str
    interpreter: PythonInterpreter | None
    picks: tuple[Pick, ...]
    passthrough: tuple[Wanted, ...]
    reasons: tuple[Reason, ...]
    rejected: tuple[Rejection, ...]
    warnings: tuple[str, ...]
    lifts: tuple[Lift, ...] = ()
    apart: tuple[Companion, ...] = ()
    variables: dict[str, str] = {}


class Impossible(msgspec.Struct, frozen=True, kw_only=True):
    """No answer exists: what clashed, and what would help.

    ``clash`` are the facts and wishes that cannot all hold: leave one out, and the others can.
    """

    request: Request
    clash: tuple[str, ...] = ()
    reasons: tuple[Reason, ...]
    rejected: tuple[Rejection, ...]
    remedies: tuple[str, ...]
    warnings: tuple[str, ...] = ()
