"""A site's rows over the built-in ones: merging two files of the same kind.

Rows that are told apart by the same key replace each other; new ones are added; sources are
joined.  What is not a table of rows (names, notes) is the upper file's.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from mlenv.facts.version import numbers
from mlenv.matrix.hardware import GpuArchitecture, GpuModel, RocmSupport
from mlenv.matrix.health import Rate
from mlenv.matrix.rows import Build, Row
from mlenv.matrix.walk import holds_rows, walk_rows

ROWS = TypeVar("ROWS", bound=Row)
NEWEST_FIRST = ("version", "branch", "major")
"""Tables whose rows are ordered by such a key."""
_KEYS: dict[type[Row], tuple[str, ...]] = {
    GpuModel: ("vendor", "name"),
    RocmSupport: ("release", "system", "gfx"),
    GpuArchitecture: ("compute_capabilities",),
    Build: ("variant", "distribution", "platforms", "pythons"),
    Rate: ("metric", "vendor"),
}


def key_fields(kind: type[Row]) -> tuple[str, ...]:
    """The keys that tell the rows of a table apart: the first one, where no other is named."""
    return _KEYS.get(kind) or kind.__struct_fields__[:1]


def identity(row: Row) -> tuple[Any, ...]:
    """What tells a row from the others of its table."""
    return tuple(getattr(row, name) for name in key_fields(type(row)))


def lay_over(base: ROWS, upper: ROWS) -> ROWS:
    """A file with the rows of another one of its kind laid over it."""
    merged: dict[str, Any] = {}
    for name in base.__struct_fields__:
        below, above = getattr(base, name), getattr(upper, name)
        if holds_rows(below) or holds_rows(above):
            merged[name] = _merge_tables(below, above)
    joined = msgspec.structs.replace(upper, **merged)
    return _join_sources(base, joined) if hasattr(upper, "sources") else joined


def _join_sources(base: ROWS, joined: ROWS) -> ROWS:
    """The merged file with the sources of both: those of replaced rows go with them."""
    named = {name for _, row in walk_rows(joined) for name in getattr(row, "source", ())}
    below: dict[str, str] = getattr(base, "sources", {})
    above: dict[str, str] = getattr(joined, "sources", {})
    kept = {name: text for name, text in below.items() if name in named}
    return msgspec.structs.replace(joined, sources={**kept, **above})


def _merge_tables(below: tuple[Row, ...], above: tuple[Row, ...]) -> tuple[Row, ...]:
    replaced = {identity(row): row for row in above}
    kept = {identity(row) for row in below}
    rows = [row for row in above if identity(row) not in kept]
    rows += [replaced.get(identity(row), row) for row in below]
    order = key_fields(type(rows[0]))[0]
    if order in NEWEST_FIRST:
        rows.sort(key=lambda row: numbers(str(getattr(row, order))), reverse=True)
    return tuple(rows)
