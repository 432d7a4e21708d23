"""Which place is full, where a message says that there is no room."""

from __future__ import annotations

from typing import Literal

import msgspec

from mlenv.checks.finding import Grade
from mlenv.checks.messages import value
from mlenv.checks.registry import Case
from mlenv.checks.wording import all_remarks
from mlenv.clues.clue import Clue

Place = Literal["temporary", "shared-memory", "disk"]
_TEMPORARY = (
    "/tmp",  # noqa: S108 - a word of the message
    "\\temp\\",
    "pip-unpack-",
    "pip-install-",
    "pip-build-",
    "pip-req-",
    "tmpdir",
)
FULL = 95


class Space(msgspec.Struct, frozen=True, kw_only=True):
    """The message that there is no room, the place that is full, and how that is known."""

    clue: Clue
    place: Place
    grade: Grade


def find_space(case: Case) -> Space | None:
    """Where no room is left; None where no message says that there is none."""
    clue = case.clue("no-space")
    if clue is None:
        return None
    place, grade = _place(case, clue)
    return Space(clue=clue, place=place, grade=grade)


def _place(case: Case, clue: Clue) -> tuple[Place, Grade]:
    if case.clue("shared-memory-short") is not None:
        return "shared-memory", "named"
    path = f"{value(clue, 'path')} {clue.line}".lower()
    if value(clue, "quota"):
        return "disk", "named"
    if any(part in path for part in _TEMPORARY) or "no usable temporary" in path:
        return "temporary", "named"
    if value(clue, "path"):
        return "disk", "named"
    return _by_facts(case)


def _by_facts(case: Case) -> tuple[Place, Grade]:
    """What is told of the disks, else what the installer was doing: downloads go to the temporary folder."""
    full = {value(row, "mount") for row in case.clues_of("disk-row") if int(value(row, "percent")) >= FULL}
    remark = all_remarks(case)
    if full:
        return ("temporary", "shown") if full <= {"/tmp", "/var/tmp"} else ("disk", "shown")  # noqa: S108
    if any(word in remark for word in ("tmp", "temporary")):
        return "temporary", "shown"
    temporary, environment = case.machine.disk("temporary"), case.machine.disk("environment")
    if temporary and environment and temporary.free_bytes is not None and environment.free_bytes is not None:
        return ("temporary", "shown") if temporary.free_bytes < environment.free_bytes // 2 else ("disk", "shown")
    early = case.clue("downloading") is not None and case.clue("placing-files") is None
    return ("temporary", "likely") if early else ("disk", "likely")
