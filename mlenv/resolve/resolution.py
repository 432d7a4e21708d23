"""What the resolver answers."""

from __future__ import annotations

import msgspec

from mlenv.facts.python import PythonInterpreter
from mlenv.matrix.rows import Accelerator, Build, Release
from mlenv.resolve.request import Request, Wanted


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate that is newer or more preferred than the choice, and the rule it fell by."""

    candidate: str
    rule: str
    text: str


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
    def distribution(self) -> str:
        """The name of the package to install."""
        return self.build.distribution or self.framework

    @property
    def version(self) -> str:
        """The exact version to ask for, local part included."""
        return f"{self.release.version}+{self.local}" if self.local else self.release.version


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """One joint answer: ``picks`` share an environment with ``python`` (a series such as 3.12).

    ``interpreter`` is the one to use where it is installed already.  ``passthrough`` are
    requested packages that the matrix does not know; the package installer decides on them.
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


class Impossible(msgspec.Struct, frozen=True, kw_only=True):
    """No answer exists: what clashed, and what would help."""

    request: Request
    reasons: tuple[Reason, ...]
    rejected: tuple[Rejection, ...]
    remedies: tuple[str, ...]
