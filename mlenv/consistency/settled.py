"""Whether an environment still is what was asked for, so that nothing needs to be done."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Protocol

import msgspec

from mlenv.errors import InstallError
from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.plan.explicit import read_explicit
from mlenv.plan.lock import read_lock
from mlenv.plan.markers import holds, marker_environment
from mlenv.plan.plan import Plan

SEEDS = frozenset({"pip", "setuptools", "wheel"})
"""What a manager puts into a new environment by itself."""


class Made(Protocol):
    """What is on record of an environment that was made: a manifest."""

    @property
    def plan(self) -> Plan:
        """What was planned."""

    @property
    def machine(self) -> Machine:
        """The machine that it was made for."""

    @property
    def lock(self) -> str:
        """The text of the lock."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How an environment differs from its lock.

    ``missing`` are packages that are gone or have another version, ``added`` those that came by
    another hand; ``broken`` says that its interpreter does not start.
    """

    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    broken: bool = False

    @property
    def harmed(self) -> bool:
        """Whether something is not there that was proven."""
        return bool(self.missing or self.broken)


def compare_with_lock(manifest: Made, found: Environment | None) -> Difference:
    """What the files of an environment say, beside what its manifest locked."""
    if found is None or found.executable is None or not os.path.exists(found.executable):
        return Difference(broken=True)
    wanted = _locked_versions(manifest, found.python or manifest.plan.python)
    there = {dist.name: dist.version for dist in found.distributions}
    if manifest.plan.manager not in ("uv", "pip"):
        # A channel's names are not Python's: its records are compared, of the others the planned ones.
        records = {row.name: row.version for row in found.conda_packages or ()}
        planned = {row.name: row.version for row in manifest.plan.packages if row.version}
        return Difference(missing=(*_missing(wanted, records or wanted), *_missing(planned, there)))
    added = sorted(there.keys() - wanted.keys() - SEEDS)
    return Difference(missing=tuple(_missing(wanted, there)), added=tuple(added))


def _missing(wanted: Mapping[str, str], there: Mapping[str, str | None]) -> list[str]:
    return [name for name, version in sorted(wanted.items()) if name not in there or not is_same(there[name], version)]


def is_same(found: str | None, wanted: str) -> bool:
    """``1.0`` is ``1.0.0``; a lock without a version takes any."""
    if not wanted or found == wanted:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return found is not None and Version(found) == Version(wanted)
    except InvalidVersion:
        return False


def _locked_versions(manifest: Made, python: str) -> dict[str, str]:
    if manifest.plan.manager not in ("uv", "pip"):
        return dict(read_explicit(manifest.lock).versions) if manifest.lock else {}
    try:
        packages = read_lock(manifest.lock).packages
    except InstallError:
        return {package.name: package.version for package in manifest.plan.packages}
    return {package.name: package.version for package in packages if _is_wanted(package.marker, manifest, python)}


def _is_wanted(marker: str, manifest: Made, python: str) -> bool:
    """Whether a marker holds in the environment."""
    return holds(marker, marker_environment(manifest.machine, python))
