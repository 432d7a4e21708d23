"""The compatibility matrix for reading: ``mlenv matrix show`` and ``mlenv matrix check``."""

from __future__ import annotations

import datetime as dt
import itertools
import textwrap
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from mlenv.facts.version import numbers
from mlenv.matrix import query
from mlenv.matrix.hardware import Drivers
from mlenv.matrix.rows import Build, Framework, Release
from mlenv.report.document import Document

SHOW_SCHEMA = "mlenv.matrix/1"
CHECK_SCHEMA = "mlenv.matrix-check/1"
LEAST_WORDS = 12
"""The systems of a build have at least so many columns."""
LEAST_BUILDS = 8
"""The builds of the overview have at least so many; others make room for them, then they go too."""
GIVES_WAY = ("released", "driver", "builds")
"""Columns of the overview that a narrow terminal does without, the first first."""
T = TypeVar("T")


class MatrixRow(msgspec.Struct, frozen=True, kw_only=True):
    """One build of a release.

    ``status`` and ``broken`` are those of its framework and release (``broken`` says why it does
    not work), ``driver`` is the lowest NVIDIA driver on Linux, ``code`` the GPU code inside;
    ``runs_here`` is None where no machine was asked about.
    """

    framework: str
    status: str = "active"
    version: str
    released: dt.date
    broken: str = ""
    build: str
    distribution: str = ""
    accelerators: tuple[str, ...] = ()
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
    """What is wrong with the data, how much of it there is, and how its builds are known.

    ``releases`` and ``gpus`` are 0 where they were not counted, as all counts are where something
    is wrong.
    """

    problems: tuple[str, ...]
    builds: int
    frameworks: int
    releases: int = 0
    gpus: int = 0
    evidence: dict[str, int]


def make_row(
    framework: Framework, release: Release, build: Build, drivers: Drivers, runs_here: bool | None
) -> MatrixRow:
    """A build as a row for reading."""
    return MatrixRow(
        framework=framework.id,
        status=framework.status,
        version=release.version,
        released=release.released,
        broken=release.broken,
        build=build.variant,
        distribution=build.distribution or framework.distribution,
        accelerators=build.accelerators,
        platforms=build.platforms,
        pythons=build.pythons,
        driver=lowest_driver(build, drivers),
        code=held_code(build),
        indexes=build.indexes,
        evidence=build.evidence,
        source=(*release.source, *build.source),
        runs_here=runs_here,
    )


def lowest_driver(build: Build, drivers: Drivers) -> str | None:
    """The lowest NVIDIA driver on Linux that runs a build, None where it needs none or no row tells."""
    return build.driver or (query.driver_floor(drivers, build.cuda, system="linux") if build.cuda else None)


def held_code(build: Build) -> tuple[str, ...]:
    """The GPU code in a build, in words: ``7.5``, ``PTX 12.0``, ``gfx1100``."""
    return (*build.sass, *(f"PTX {code}" for code in build.ptx), *build.gfx)


def count_evidence(frameworks: Iterable[Framework]) -> dict[str, int]:
    """How many builds are known in which way."""
    counted = Counter(build.evidence for row in frameworks for release in row.release for build in release.builds)
    return dict(counted.most_common())


# ---------------------------------------------------------------- every framework, a line each


def render_overview(rows: Sequence[MatrixRow], width: int) -> str:
    """One line for each framework: its newest release and, with a machine, what that can run.

    ``here`` names the newest build that uses the machine's GPU, else the newest for its CPU.
    """
    groups = [list(group) for _, group in itertools.groupby(rows, key=lambda row: row.framework)]
    if not groups:
        return "nothing of it\n"
    lines = [_overview_cells(group) for group in groups]
    columns = {head: [line[head] for line in lines] for head in lines[0]}
    columns = {head: cells for head, cells in columns.items() if any(cells)}
    for head in GIVES_WAY:
        if _room(columns, width) < LEAST_BUILDS:
            columns.pop(head, None)
    if "builds" in columns:
        columns["builds"] = [_cut(cell.split(), _room(columns, width)) for cell in columns["builds"]]
    return _table([list(columns), *zip(*columns.values(), strict=True)])


def _overview_cells(rows: Sequence[MatrixRow]) -> dict[str, str]:
    first = next((row for row in rows if not row.broken), rows[0])
    newest = [row for row in rows if row.version == first.version]
    proven = [row for row in newest if row.evidence != "unknown"] or newest
    best = best_here(rows)
    return {
        "framework": first.framework,
        "release": first.version,
        "released": first.released.isoformat(),
        "here": "" if first.runs_here is None else _name_build(best),
        "Python": span_pythons({python for row in newest for python in row.pythons}),
        "driver": min((row.driver for row in proven if row.driver), key=numbers, default=""),
        "status": "" if first.status == "active" else first.status,
        "builds": " ".join(dict.fromkeys(row.build for row in newest)),
    }


def _name_build(row: MatrixRow | None) -> str:
    if row is None:
        return "-"
    return row.version if row.build == "any" else f"{row.version} {row.build}"


def best_here(rows: Sequence[MatrixRow]) -> MatrixRow | None:
    """The row that a machine gets most of: with a GPU before the CPU, proven, the newest release, the newest CUDA."""
    places = {version: place for place, version in enumerate(dict.fromkeys(row.version for row in rows))}

    def preference(row: MatrixRow) -> tuple[object, ...]:
        newest = tuple(-part for part in numbers(row.build))
        return set(row.accelerators) <= {"cpu"}, row.evidence == "unknown", places[row.version], newest

    return min((row for row in rows if row.runs_here), key=preference, default=None)


def _room(columns: dict[str, list[str]], width: int) -> int:
    """What the other columns leave for the builds."""
    others = [max(map(len, (head, *cells))) + 2 for head, cells in columns.items() if head != "builds"]
    return width - sum(others)


def _cut(words: Sequence[str], width: int) -> str:
    """As many words as fit, then how many more there are."""
    for kept in range(len(words), 0, -1):
        more = f" +{len(words) - kept}" if kept < len(words) else ""
        text = " ".join(words[:kept]) + more
        if len(text) <= width:
            return text
    return words[0] if len(words) == 1 else f"{len(words)} builds"


# ---------------------------------------------------------------- every build of some frameworks


def render_rows(rows: Sequence[MatrixRow], width: int) -> str:
    """The builds under their releases; with a machine, a mark before those that it can run."""
    if not rows:
        return "nothing of it\n"
    heads = ("", "build", "Python", "driver", "evidence")
    cells = [(*_cells(row),) for row in rows]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    rest = max(LEAST_WORDS, width - sum(size + 2 for size in widths))
    lines = [_join((*heads, "systems"), (*widths, rest))]
    for (name, version), group in itertools.groupby(rows, key=lambda row: (row.framework, row.version)):
        members = list(group)
        lines.append(_join((f"{name} {version}", f"{members[0].released}", _state(members[0])), (0, 0, 0)))
        for row in members:
            lines += _build_lines(row, widths, rest, width)
    return "".join(lines)


def _cells(row: MatrixRow) -> tuple[str, ...]:
    return ("runs" if row.runs_here else "", row.build, span_pythons(row.pythons), row.driver or "", row.evidence)


def _state(row: MatrixRow) -> str:
    state = "" if row.status == "active" else f"({row.status})"
    return f"{state} does not work".strip() if row.broken else state


def _build_lines(row: MatrixRow, widths: Sequence[int], rest: int, width: int) -> Iterator[str]:
    """A build; its systems go on below where they do not fit, and its GPU code stands under it."""
    first, *more = textwrap.wrap(" ".join(row.platforms), rest, break_on_hyphens=False, break_long_words=False)
    yield _join((*_cells(row), first), (*widths, rest))
    for words in more:
        yield " " * sum(size + 2 for size in widths) + words + "\n"
    if row.code:
        indent = " " * (widths[0] + 2 + widths[1] + 2)
        yield (
            textwrap.fill(
                f"code {', '.join(row.code)}", width, initial_indent=indent, subsequent_indent=f"{indent}     "
            )
            + "\n"
        )


def _table(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join(_join(line, widths) for line in lines)


def _join(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() + "\n"


def span_pythons(pythons: Collection[str]) -> str:
    """``3.10-3.14``; free-threaded builds are told by a ``t``."""
    plain = sorted((python for python in pythons if not python.endswith("t")), key=numbers)
    span = plain[0] if len(plain) == 1 else f"{plain[0]}-{plain[-1]}" if plain else ""
    return f"{span} t".strip() if len(plain) < len(pythons) else span


# ---------------------------------------------------------------- whether the data is sound


def render_check(document: MatrixCheckDocument) -> str:
    """The problems, a line each; of sound data how much there is, and the share of each evidence."""
    if document.problems:
        number = len(document.problems)
        return "\n".join((*document.problems, f"{number} problem{'' if number == 1 else 's'}")) + "\n"
    counts = {name: getattr(document, name) for name in ("frameworks", "releases", "builds", "gpus")}
    lines = [(str(count), "GPUs" if name == "gpus" else name) for name, count in counts.items() if count]
    lines += [(str(count), f"{name} ({count / document.builds:.0%})") for name, count in document.evidence.items()]
    width = max((len(number) for number, _ in lines), default=0)
    body = [f"  {number:>{width}}  {words}" for number, words in lines]
    split = len(lines) - len(document.evidence)
    return "\n".join(("The data is sound.", *body[:split], "Its builds are known by", *body[split:])) + "\n"
