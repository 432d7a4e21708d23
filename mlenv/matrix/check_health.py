"""Checks of the rows about the health of GPUs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from mlenv.matrix.files import Files
from mlenv.matrix.health import Health

Problems = Iterator[str]


def check_codes(files: Files) -> Problems:
    """An error number has one row or one group, and the bits of clock events are single ones."""
    for path, health in files.of(Health).items():
        codes = [row.code for row in health.xid] + [code for group in health.xid_group for code in group.codes]
        yield from (
            f"{path}: xid {code}: is told of {times} times" for code, times in Counter(codes).items() if times > 1
        )
        bits = [row.bit for row in health.clock_event]
        yield from (f"{path}: clock_event bit {bit}: stands twice" for bit, times in Counter(bits).items() if times > 1)
        for row in health.clock_event:
            if row.bit <= 0 or row.bit & (row.bit - 1):
                yield f"{path}: clock_event {row.name}: {row.bit} is no single bit"


def check_ratios(files: Files) -> Problems:
    """A rate fails below where it warns, both between 0 and 1."""
    for path, health in files.of(Health).items():
        for row in health.rate:
            if not 0 < row.fail_below <= row.warn_below <= 1:
                place = f"{path}: rate {row.metric} {row.vendor}".rstrip()
                yield f"{place}: 0 < fail_below <= warn_below <= 1 does not hold"


def check_remedies(files: Files) -> Problems:
    """What is a warning or a failure says what helps; what is no more than a note asks for nothing."""
    for path, health in files.of(Health).items():
        tables = (health.recovery, health.xid, health.xid_group, health.message, health.nvml_error)
        rows = [row for table in (*tables, health.clock_event, health.limit) for row in table]
        for row in rows:
            place = f"{path}: {type(row).__name__} {getattr(row, row.__struct_fields__[0])}"
            if row.severity != "info" and not row.remedy:
                yield f"{place}: says nothing that helps"
            if row.severity == "info" and row.action != "none":
                yield f"{place}: is a note and asks for {row.action}"


CHECKS: tuple[Callable[[Files], Problems], ...] = (check_codes, check_ratios, check_remedies)
"""All of them, in the order of their reports."""
