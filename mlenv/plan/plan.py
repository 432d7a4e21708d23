"""A plan: files to write and commands to run, with the reasons of the choice behind them."""

from __future__ import annotations

from typing import Literal

import msgspec

from mlenv.plan.proof import Proof
from mlenv.resolve.resolution import Companion, Lift, Reason, Rejection

StepKind = Literal["create", "lock", "reuse", "install", "verify"]
"""``reuse`` installs from the cache alone; where it can, ``install`` has nothing left to do."""


class PlannedPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A package that the matrix decided on: exact version and the index it comes from.

    ``index`` is an address, or None for the installer's default.
    """

    name: str
    version: str
    index: str | None = None


class PlannedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the commands read; ``path`` is relative to the environment."""

    path: str
    text: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One command, as an argument list; paths are relative to the folder where mlenv was called."""

    purpose: str
    argv: tuple[str, ...]
    kind: StepKind


class PlannedAccelerator(msgspec.Struct, frozen=True, kw_only=True):
    """The device (``cuda``) and the name of the build for it (``cu126``)."""

    kind: str
    variant: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an install does, before it is done.

    ``verify`` are the distributions whose work is proven afterwards, ``tied`` those that only
    their own index may supply; ``download_bytes`` is an estimate, None where sizes are not known.
    ``lock`` is the text of the pylock.toml where a package resolver has proven the plan (for conda's
    managers and pixi that of an explicit lock), ``proof``
    what it said (None where nobody asked it).  ``others`` are requirements that the matrix has no rows
    for: the package installer decides on them.  ``lifts`` are changes that would give more, ``apart``
    the environments that would serve better than this one.  ``prefix`` is where the Python environment
    lies below ``environment``; empty where it is that folder itself.  ``unset`` are variables that are
    taken away from what runs in the environment.
    """

    profile: str
    environment: str
    python: str
    accelerator: PlannedAccelerator
    manager: str
    packages: tuple[PlannedPackage, ...]
    files: tuple[PlannedFile, ...]
    steps: tuple[Step, ...]
    verify: tuple[str, ...]
    tied: tuple[str, ...] = ()
    reasons: tuple[Reason, ...]
    rejected: tuple[Rejection, ...]
    warnings: tuple[str, ...]
    others: tuple[str, ...] = ()
    lifts: tuple[Lift, ...] = ()
    apart: tuple[Companion, ...] = ()
    download_bytes: int | None = None
    variables: dict[str, str] = {}
    lock: str | None = None
    proof: Proof | None = None
    prefix: str = ""
    unset: tuple[str, ...] = ()
