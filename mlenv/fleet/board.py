"""Machines by checks, a letter each: little memory, and the picture that the report shows."""

from __future__ import annotations

from typing import Literal

import msgspec

from mlenv.fleet.document import Report

Cell = Literal["f", "e", "w", "u", "i", "p", "s", "-"]
CELLS: tuple[Cell, ...] = ("-", "s", "p", "i", "u", "w", "e", "f")
"""Not looked at, skipped, passed, good to know, not known, warning, could not run, failed: the worst last."""
WORDS: dict[Cell, str] = {
    "f": "fail",
    "e": "error",
    "w": "warn",
    "u": "unknown",
    "i": "info",
    "p": "pass",
    "s": "skip",
    "-": "not looked at",
}
SUBJECTS = ("system", "processor", "memory", "disk", "python", "gpu", "environment", "framework", "host", "performance")

_SEVERITY: dict[str, Cell] = {"error": "f", "warning": "w", "info": "i"}
_OUTCOME: dict[str, Cell] = {"ran": "p", "skipped": "s", "unknown": "u", "crashed": "e"}
_STATUS: dict[str, Cell] = {"pass": "p", "warn": "w", "fail": "f", "skip": "s", "error": "e"}
_RANK = {ord(cell): rank for rank, cell in enumerate(CELLS)}
_EMPTY = ord("-")


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A check: its id, and what it is about."""

    id: str
    subject: str = "system"


class Board:
    """The columns that any report had so far, in the order in which they came."""

    def __init__(self) -> None:
        self.columns: list[Column] = []
        self._numbers: dict[str, int] = {}

    def mark(self, row: bytearray, check: str, subject: str, cell: Cell) -> None:
        """Set a cell of a machine's row, where what is there is not worse."""
        number = self._numbers.get(check)
        if number is None:
            number = self._numbers[check] = len(self.columns)
            self.columns.append(Column(id=check, subject=subject or "system"))
        if number >= len(row):
            row.extend(b"-" * (number + 1 - len(row)))
        code = ord(cell)
        if _RANK[code] > _RANK[row[number]]:
            row[number] = code

    def mark_all(self, row: bytearray, report: Report) -> None:
        """Set the cells that a report speaks of."""
        row.extend(b"-" * (len(self.columns) - len(row)))
        for check in report.checks:
            self.mark(row, check.id, check.subject, _OUTCOME.get(check.outcome, "u"))
        for finding in report.findings:
            self.mark(row, finding.id, "", _SEVERITY.get(finding.severity, "f"))
        for result in report.results:
            self.mark(row, name_check(result.framework, result.check), result.group, _STATUS.get(result.status, "e"))

    def order(self) -> list[int]:
        """The numbers of the columns by subject, within one in their own order."""
        known = {subject: place for place, subject in enumerate(SUBJECTS)}
        place = [known.get(column.subject, len(known)) for column in self.columns]
        return sorted(range(len(self.columns)), key=place.__getitem__)

    def draw(self, row: bytearray, order: list[int]) -> str:
        """A machine's letters, one for each column of ``order``."""
        letters = row.ljust(len(self.columns), b"-")
        return bytes([letters[number] for number in order]).decode("ascii")


def name_check(framework: str, check: str) -> str:
    """``torch.compute``; a check with a name of its own (``perf.bf16``, ``gpu.xid``) keeps it."""
    return check if "." in check or not framework else f"{framework}.{check}"
