"""The rows inside a file of the matrix, with their places for messages."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.matrix.rows import Build, CondaRoute, Release, Row


def holds_rows(value: object) -> bool:
    """Whether the value of a key is a table of rows that has some."""
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], Row)


def walk_rows(row: Row, place: str = "") -> Iterator[tuple[str, Row]]:
    """Every row inside a row, each with its place for a message (``2.15.0 cpu macos-arm64``)."""
    for field in row.__struct_fields__:
        value = getattr(row, field)
        items = value if isinstance(value, tuple) else (value,)
        for item in items:
            if isinstance(item, Row):
                where = f"{place} {label_row(item, field)}".strip()
                yield where, item
                yield from walk_rows(item, where)


def label_row(row: Row, table: str) -> str:
    """A row in words: a build's variant and platforms, a release's version, else table and first key."""
    if isinstance(row, Build):
        return f"{row.variant} {'/'.join(row.platforms)}"
    if isinstance(row, Release):
        return row.version
    if isinstance(row, CondaRoute):
        return f"{table} {row.package}"
    first = next(getattr(row, key) for key in row.__struct_fields__ if key != "vendor")
    return f"{table} {first}"
