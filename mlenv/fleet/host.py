"""One machine of the fleet, put together from its reports."""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern
from typing import Literal

from mlenv.fleet.document import DOCTOR, UNREACHABLE, Report
from mlenv.fleet.tally import Cause
from mlenv.fleet.traits import FRAMEWORK, PACKAGE, UNKNOWN_GPU, Number, read_model, read_numbers, read_traits

HostStatus = Literal["unreachable", "error", "unknown", "warning", "ok"]
STATUSES: tuple[HostStatus, ...] = ("unreachable", "error", "unknown", "warning", "ok")
"""The worst first."""


class Host:
    """What is kept of a machine: its verdict, its letters on the board, what it is, what is wrong."""

    __slots__ = ("causes", "kinds", "model", "name", "numbers", "row", "status", "traits")

    def __init__(self, name: str) -> None:
        self.name = name
        self.status: HostStatus = "ok"
        self.kinds: tuple[str, ...] = ()
        self.row = bytearray()
        self.traits: dict[str, str] = {}
        self.numbers: dict[str, Number] = {}
        self.model = ""
        self.causes: list[Cause] = []

    @property
    def group(self) -> str:
        """The models of its GPUs; empty for a machine of which nothing is known."""
        return self.model or (UNKNOWN_GPU if self.traits else "")

    def take(self, report: Report, frameworks: Mapping[str, str]) -> None:
        """Add what a report states of the machine; the worst verdict stays."""
        self.status = worst(self.status, _read_status(report))
        self.kinds += (intern(read_kind(report)),)
        for trait, value in read_traits(report, frameworks):
            self.traits[intern(trait)] = intern(value)
        for name, number in read_numbers(report):
            known = self.numbers.get(name)
            self.numbers[intern(name)] = number if known is None or number.value < known.value else known
        model = read_model(report)
        if model and (report.schema == DOCTOR or not self.model):
            self.model = intern(model)

    def settle(self) -> None:
        """Leave the installed version out where the framework itself was asked."""
        for trait in [trait for trait in self.traits if trait.startswith(PACKAGE)]:
            if FRAMEWORK + trait.removeprefix(PACKAGE) in self.traits:
                del self.traits[trait]


def read_kind(report: Report) -> str:
    """``doctor``, ``verify`` or ``unreachable``."""
    return str(report.schema).removeprefix("mlenv.").partition("/")[0]


def worst(*statuses: HostStatus) -> HostStatus:
    """The worst of some verdicts."""
    return min(statuses, key=STATUSES.index)


def _read_status(report: Report) -> HostStatus:
    """The verdict of a report; a word that is not known is no verdict."""
    if report.schema == UNREACHABLE:
        return "unreachable"
    return next((status for status in STATUSES[1:] if status == report.status), "unknown")
