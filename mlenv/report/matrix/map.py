"""The compatibility map as a value: releases × builds, and what each field says."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

CellState = Literal["runs", "cpu-only", "unproven", "fails", "elsewhere", "published"]
"""Runs on the device it is made for; on the CPU only; nobody knows; does not run; is not built for this
platform; was published, and no machine was asked about."""


class MapCell(msgspec.Struct, frozen=True, kw_only=True):
    """One build of one release.

    ``reasons`` are all rules that speak against it, in sentences, ``remedy`` is what would lift the
    first; ``facts`` say which Pythons and which driver it asks for.  ``best`` marks the build that
    the machine would be served best with.
    """

    state: CellState
    says: str
    reasons: tuple[str, ...] = ()
    remedy: str = ""
    facts: tuple[str, ...] = ()
    best: bool = False


class MapColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A build by its name, and the device that it is made for, in words."""

    build: str
    device: str


class MapRow(msgspec.Struct, frozen=True, kw_only=True):
    """A release; its cells stand in the order of the columns, None where it has no such build."""

    version: str
    released: dt.date
    cells: tuple[MapCell | None, ...]


class CompatibilityMap(msgspec.Struct, frozen=True, kw_only=True):
    """A framework's releases, newest first, and its builds, those for the machine's devices first.

    ``machine`` is what of the machine decides, empty where none was asked about; ``answer`` is the
    outcome in a sentence.  ``elsewhere`` are builds that have no wheel for the platform: they have no column.
    """

    framework: str
    name: str
    machine: str
    answer: str
    columns: tuple[MapColumn, ...]
    rows: tuple[MapRow, ...]
    elsewhere: tuple[str, ...] = ()

    def count(self, *states: CellState) -> int:
        """How many cells are in one of those states."""
        return sum(cell is not None and cell.state in states for row in self.rows for cell in row.cells)
