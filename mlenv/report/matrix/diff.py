"""Differences of the data for reading: ``mlenv matrix diff`` and ``mlenv matrix update``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from mlenv.matrix.diff import Change
from mlenv.report.document import Document

SCHEMA = "mlenv.matrix-diff/1"
MARKS = {"added": "+", "removed": "-", "changed": "~"}


class MatrixDiffDocument(Document, frozen=True, kw_only=True):
    """What differs between two states of the data."""

    old: str
    new: str
    changes: tuple[Change, ...]


def render_changes(changes: Sequence[Change]) -> str:
    """The differences, a line each under the name of their file."""
    lines: list[str] = []
    for file, group in itertools.groupby(changes, key=lambda change: change.file):
        lines += [file, *(f"  {line}" for line in _render_group(list(group)))]
    return "".join(f"{line}\n" for line in lines)


def _render_group(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        mark = MARKS[change.how]
        if change.how == "changed":
            row = f"{change.row}: " if change.row else ""
            yield f"{mark} {row}{change.key} {_show(change.old)} -> {_show(change.new)}"
        else:
            yield f"{mark} {change.row or 'the file'}"


def _show(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_show(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} {_show(item)}' for key, item in value.items())}}}"
    return "nothing" if value in (None, "") else str(value)


UPDATE_SCHEMA = "mlenv.matrix-update/1"


class MatrixUpdateDocument(Document, frozen=True, kw_only=True):
    """What differs between the data and its public sources; sizes in bytes."""

    changes: tuple[Change, ...]
    troubles: tuple[str, ...]
    distributions_read: int
    distributions_asked: int
    transferred_bytes: int
    written: bool


def render_update(document: MatrixUpdateDocument) -> str:
    """The differences, and how much was looked at."""
    read = f"{document.distributions_read} of {document.distributions_asked} distributions"
    rows = len(document.changes)
    verdict = f"{rows} difference{'' if rows == 1 else 's'}" if rows else "no difference"
    size = f"{document.transferred_bytes / 1e6:.1f} MB received"
    return f"{render_changes(document.changes)}{verdict}; the package index listed {read}, {size}\n"
