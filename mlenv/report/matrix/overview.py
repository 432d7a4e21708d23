"""The overview of all frameworks as a value: frameworks × devices, and what each field says."""

from __future__ import annotations

import msgspec

from mlenv.matrix.rows import Accelerator
from mlenv.report.matrix.map import CellState


class OverviewDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of device that the matrix has builds for; ``present`` says that the machine has one."""

    id: Accelerator
    name: str
    present: bool


class OverviewCell(msgspec.Struct, frozen=True, kw_only=True):
    """A framework on a kind of device.

    ``release`` and ``build`` are the ones that the resolver prefers of those that run, or the newest
    where none does; ``reasons`` what speaks against it or, where an older one runs, against the newest.
    ``remedy`` would lift the first of them, ``facts`` are the Pythons and the driver that it asks for.
    """

    state: CellState
    release: str
    build: str
    says: str
    reasons: tuple[str, ...] = ()
    remedy: str = ""
    facts: tuple[str, ...] = ()


class OverviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """A framework; ``newest`` is its newest release that works, ``remark`` is what is to be said of its
    project, ``successor`` what to use in its place.

    The cells stand in the order of the devices, None where it has no build for one.
    """

    framework: str
    name: str
    summary: str
    newest: str
    remark: str = ""
    successor: str = ""
    cells: tuple[OverviewCell | None, ...]

    @property
    def runs(self) -> bool:
        """Whether any of its fields is lit."""
        return any(cell is not None and cell.state == "runs" for cell in self.cells)


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """Every framework: ``rows`` of those with code for some device, ``plain`` of the others.

    A plain one has one cell.  ``machine`` is what of the machine decides, empty where none was asked
    about; ``answer`` is the outcome in a sentence.
    """

    machine: str
    answer: str
    devices: tuple[OverviewDevice, ...]
    rows: tuple[OverviewRow, ...]
    plain: tuple[OverviewRow, ...]
