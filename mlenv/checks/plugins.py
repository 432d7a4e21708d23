"""Checks of other packages: what they offer under the entry point group ``mlenv.checks``.

An entry is a module that registers its checks while it is imported, or a function without arguments
that does.  Either works with :func:`mlenv.checks.registry.check`.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from mlenv.checks.finding import CheckOutcome

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

GROUP = "mlenv.checks"


class Entry(Protocol):
    """What is used of :class:`importlib.metadata.EntryPoint`."""

    @property
    def name(self) -> str:
        """What the other package calls it."""

    @property
    def value(self) -> str:
        """Where it is: ``package.module`` or ``package.module:function``."""

    def load(self) -> object:
        """Import it."""


@functools.cache
def load_installed(transaction: Callable[[], AbstractContextManager[None]]) -> tuple[CheckOutcome, ...]:
    """Load what is installed beside mlenv, once; an outcome for each entry that failed."""
    if not any(map(_offers, sys.path)):  # which most computers answer before the machinery of metadata is loaded
        return ()
    from importlib.metadata import entry_points

    return load_entries(sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)), transaction)


def _offers(folder: str) -> bool:
    """Whether a distribution in a folder of Python's has entries of the group."""
    try:
        with os.scandir(folder or ".") as entries:
            found = [entry.path for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        return False
    return any(GROUP.encode() in _read_entry_points(path) for path in found)


def _read_entry_points(metadata: str) -> bytes:
    try:
        with open(os.path.join(metadata, "entry_points.txt"), "rb") as file:
            return file.read()
    except OSError:
        return b""


def load_entries(
    entries: Iterable[Entry], transaction: Callable[[], AbstractContextManager[None]]
) -> tuple[CheckOutcome, ...]:
    """Load entries; an outcome for each one that failed, whose checks do not count then.

    ``transaction`` undoes what was registered in it when an exception leaves it.
    """
    outcomes = (_load(entry, transaction) for entry in entries)
    return tuple(outcome for outcome in outcomes if outcome is not None)


def _load(entry: Entry, transaction: Callable[[], AbstractContextManager[None]]) -> CheckOutcome | None:
    try:
        with transaction():
            found = entry.load()
            if callable(found):
                found()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - foreign code fails as it likes; it costs its own checks
        detail = f"{entry.value} could not be loaded ({type(error).__name__}: {error})"
        return CheckOutcome(id=entry.name, subject="system", outcome="crashed", detail=detail)
    return None
