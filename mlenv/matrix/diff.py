"""What differs between two states of the data, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal

import msgspec

from mlenv.matrix.files import Files
from mlenv.matrix.layers import identity
from mlenv.matrix.rows import Build, Row
from mlenv.matrix.walk import holds_rows, label_row

HowChanged = Literal["added", "removed", "changed"]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One difference: in which file, at which row, and for a changed value its key, old and new form.

    ``row`` is empty for the file itself; ``old`` and ``new`` are values as JSON would hold them.
    """

    file: str
    row: str = ""
    how: HowChanged
    key: str = ""
    old: Any = None
    new: Any = None


def compare(old: Files, new: Files) -> tuple[Change, ...]:
    """Every difference between two matrices, by file."""
    paths = sorted({*old.rows, *new.rows})
    return tuple(change for path in paths for change in compare_rows(path, old.rows.get(path), new.rows.get(path)))


def compare_rows(file: str, old: Row | None, new: Row | None, place: str = "") -> Iterator[Change]:
    """The differences between two states of a row, and of the rows inside it."""
    if old is None or new is None:
        yield Change(file=file, row=place, how="added" if old is None else "removed")
        return
    for name in new.__struct_fields__:
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        if holds_rows(before) or holds_rows(after):
            yield from _compare_tables(file, place, name, before, after)
        elif isinstance(before, dict) and isinstance(after, dict):
            yield from _compare_tables_of_values(file, place, name, before, after)
        else:
            yield _changed(file, place, name, before, after)


def _changed(file: str, place: str, key: str, old: Any, new: Any) -> Change:
    plain = msgspec.to_builtins((old, new), str_keys=True)
    return Change(file=file, row=place, how="changed", key=key, old=plain[0], new=plain[1])


def _compare_tables_of_values(
    file: str, place: str, table: str, old: dict[str, Any], new: dict[str, Any]
) -> Iterator[Change]:
    for key in {**old, **new}:
        if old.get(key) != new.get(key):
            yield _changed(file, place, f"{table}.{key}", old.get(key), new.get(key))


def _compare_tables(file: str, place: str, table: str, old: Sequence[Row], new: Sequence[Row]) -> Iterator[Change]:
    twice = {key for rows in (old, new) for key, count in Counter(map(_short_identity, rows)).items() if count > 1}
    before, after = _by_identity(old, twice), _by_identity(new, twice)
    for key in [*after, *(key for key in before if key not in after)]:
        row = after.get(key) or before[key]
        pythons = f", Python {' '.join(row.pythons)}" if isinstance(row, Build) and key == identity(row) else ""
        where = f"{place} {label_row(row, table)}{pythons}".strip()
        yield from compare_rows(file, before.get(key), after.get(key), where)


def _by_identity(rows: Sequence[Row], twice: Collection[tuple[Any, ...]]) -> dict[tuple[Any, ...], Row]:
    """Rows by what tells them apart; builds without their Pythons, where that is enough on both sides."""
    return {identity(row) if _short_identity(row) in twice else _short_identity(row): row for row in rows}


def _short_identity(row: Row) -> tuple[Any, ...]:
    return (row.variant, row.distribution, row.platforms) if isinstance(row, Build) else identity(row)
