"""The compatibility matrix for reading: ``mlenv matrix show`` and ``mlenv matrix check``."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import msgspec

from mlenv.facts.version import numbers
from mlenv.matrix import query
from mlenv.matrix.hardware import Drivers
from mlenv.matrix.rows import Build, Framework, Release
from mlenv.report.document import Document

SHOW_SCHEMA = "mlenv.matrix/1"
CHECK_SCHEMA = "mlenv.matrix-check/1"


class MatrixRow(msgspec.Struct, frozen=True, kw_only=True):
    """One build of a release.

    ``driver`` is the lowest NVIDIA driver on Linux, ``code`` the GPU code inside; ``runs_here`` is
    None where no machine was asked about.
    """

    framework: str
    version: str
    released: dt.date
    build: str
    platforms: tuple[str, ...]
    pythons: tuple[str, ...]
    driver: str | None
    code: tuple[str, ...]
    indexes: tuple[str, ...]
    evidence: str
    source: tuple[str, ...]
    runs_here: bool | None = None


class MatrixDocument(Document, frozen=True, kw_only=True):
    """Rows of the matrix."""

    rows: tuple[MatrixRow, ...]


class MatrixCheckDocument(Document, frozen=True, kw_only=True):
    """What is wrong with the data, and how its builds are known."""

    problems: tuple[str, ...]
    builds: int
    frameworks: int
    evidence: dict[str, int]


def make_row(
    framework: Framework, release: Release, build: Build, drivers: Drivers, runs_here: bool | None
) -> MatrixRow:
    """A build as a row for reading."""
    floor = build.driver or (query.driver_floor(drivers, build.cuda, system="linux") if build.cuda else None)
    return MatrixRow(
        framework=framework.id,
        version=release.version,
        released=release.released,
        build=build.variant,
        platforms=build.platforms,
        pythons=build.pythons,
        driver=floor,
        code=(*build.sass, *(f"PTX {code}" for code in build.ptx), *build.gfx),
        indexes=build.indexes,
        evidence=build.evidence,
        source=(*release.source, *build.source),
        runs_here=runs_here,
    )


def count_evidence(frameworks: Iterable[Framework]) -> dict[str, int]:
    """How many builds are known in which way."""
    counted = Counter(build.evidence for row in frameworks for release in row.release for build in release.builds)
    return dict(counted.most_common())


def render_rows(rows: Sequence[MatrixRow]) -> str:
    """The rows as a table; with a machine, a mark before those that it can run."""
    heads = ("", "release", "released", "build", "Python", "driver", "systems", "GPU code", "evidence")
    cells = [heads, *(_cells(row) for row in rows)]
    if all(row.runs_here is None for row in rows):
        cells = [line[1:] for line in cells]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "".join(_line(line, widths) for line in cells)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() + "\n"


def _cells(row: MatrixRow) -> tuple[str, ...]:
    return (
        "runs" if row.runs_here else "",
        f"{row.framework} {row.version}",
        row.released.isoformat(),
        row.build,
        _range(row.pythons),
        row.driver or "",
        " ".join(row.platforms),
        " ".join(row.code),
        row.evidence,
    )


def _range(pythons: Collection[str]) -> str:
    """``3.10-3.14``; free-threaded builds are told by a ``t``."""
    plain = sorted((python for python in pythons if not python.endswith("t")), key=numbers)
    span = plain[0] if len(plain) == 1 else f"{plain[0]}-{plain[-1]}" if plain else ""
    return f"{span} t" if len(plain) < len(pythons) else span


def render_check(document: MatrixCheckDocument) -> str:
    """The problems, a line each, then the share of each evidence."""
    lines = list(document.problems)
    lines.append(f"{len(document.problems)} problems" if document.problems else "The data is sound.")
    shares = [f"{count} {name} ({count / document.builds:.0%})" for name, count in document.evidence.items()]
    lines.append(f"{document.builds} builds: {', '.join(shares)}")
    return "\n".join(lines) + "\n"
