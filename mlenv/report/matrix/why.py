"""The rows and rules behind an answer, for reading: ``mlenv matrix why``."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from mlenv.facts.machine import Machine
from mlenv.matrix.rows import Accelerator, CondaRoute
from mlenv.report.document import Document
from mlenv.report.matrix.table import span_pythons
from mlenv.report.style import clean
from mlenv.resolve.question import Failure

SCHEMA = "mlenv.matrix-why/1"
NEWEST = 3
"""So many releases are shown at most, unless all are asked for."""
FOLDED = "no-device"
"""Builds for devices that the machine does not have are told in one line."""
NOTHING = (9, 0)
"""Stands after every outcome: a release without a build for the platform."""

Verdict = Literal["runs", "cpu-only", "unproven", "fails"]
"""Runs on the device it is made for; only on the CPU; nobody knows; does not run."""
VERDICTS: dict[Verdict | None, str] = {
    "runs": "runs",
    "cpu-only": "CPU only",
    "unproven": "unproven",
    "fails": "fails",
    None: "",
}
HANDBOOK = 16
"""The column in which what the project says begins."""


class BehindRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the matrix that an answer stands on.

    ``id`` is file and row in one text, ``says`` what of it counts here.  ``evidence`` is empty in
    files whose rows have no levels of it; ``sources`` are the texts behind the row's source ids.
    """

    id: str
    file: str
    row: str
    says: str
    evidence: str = ""
    sources: dict[str, str]
    checked_on: dt.date
    note: str = ""


class JudgedBuild(msgspec.Struct, frozen=True, kw_only=True):
    """A build and, with a machine, whether it runs there.

    ``device`` is what it was judged for.  ``failures`` are all rules that speak against it,
    ``remedy`` says what would lift the first.  ``driver`` is the lowest NVIDIA driver on Linux,
    ``pythons_here`` the installed Pythons that it serves (None where they are not known), ``rows``
    the ids of the rows behind it.  Without a machine ``verdict`` and ``device`` are None.
    """

    build: str
    distribution: str
    extra: str
    accelerators: tuple[str, ...]
    platforms: tuple[str, ...]
    pythons: tuple[str, ...]
    indexes: tuple[str, ...]
    driver: str | None
    code: tuple[str, ...]
    requires: dict[str, str]
    needs: tuple[str, ...]
    evidence: str
    note: str
    verdict: Verdict | None = None
    device: Accelerator | None = None
    failures: tuple[Failure, ...] = ()
    remedy: str = ""
    pythons_here: tuple[str, ...] | None = None
    rows: tuple[str, ...]


class JudgedRelease(msgspec.Struct, frozen=True, kw_only=True):
    """A release that the requirement admits, and its builds for the machine's platform.

    ``requires`` are its stated conditions on neighbours, ``constraints`` those it does not state.
    ``elsewhere`` are the other platforms that it has builds for.
    """

    version: str
    released: dt.date
    requires_python: str
    requires: dict[str, str]
    constraints: dict[str, str]
    prereleases: tuple[str, ...]
    yanked: bool
    broken: str
    note: str
    builds: tuple[JudgedBuild, ...]
    elsewhere: tuple[str, ...]


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """What the matrix says of a framework as a whole."""

    id: str
    name: str
    summary: str
    distributions: tuple[str, ...]
    status: str
    successor: str
    solitary: bool
    floor: str
    conda: CondaRoute | None
    traps: tuple[str, ...]
    note: str


class MatrixWhyDocument(Document, frozen=True, kw_only=True):
    """The releases that a requirement admits, newest first, each build judged, and the rows behind.

    ``answer`` is the outcome in a sentence, ``remarks`` what of the requirement has no row,
    ``versions`` every release the matrix has of the framework, newest first.
    """

    requirement: str
    day: dt.date
    answer: str
    remarks: tuple[str, ...]
    project: Project
    versions: tuple[str, ...]
    releases: tuple[JudgedRelease, ...]
    rows: tuple[BehindRow, ...]
    machine: Machine | None = None


# ---------------------------------------------------------------- text


def render_why(document: MatrixWhyDocument, width: int, *, verbose: bool = False) -> str:
    """The answer, each build with what speaks against it, the project's own word, and the rows behind.

    ``verbose`` shows every release that the requirement admits.
    """
    shown = document.releases if verbose else pick_releases(document.releases)
    lines = [*_head(document, width)]
    for release in shown:
        lines += ["", *_release_lines(release, document.project, width, verbose=verbose)]
    left = len(document.releases) - len(shown)
    if left:
        lines += ["", f"{left} more release{'' if left == 1 else 's'}: -v shows all"]
    lines += [
        "",
        *_project_lines(document.project, width),
        *_rows_lines(document.rows, _ids(shown, verbose=verbose), width),
    ]
    return clean("".join(f"{line}\n" for line in lines))


def pick_releases(releases: Sequence[JudgedRelease]) -> tuple[JudgedRelease, ...]:
    """The releases down to the one with the best build: they tell why no newer one is better.

    Where that one is far down, it and the newest ones; without a machine, the newest ones.
    """
    ranks = [min((preference(build) for build in release.builds), default=NOTHING) for release in releases]
    judged = any(build.verdict for release in releases for build in release.builds)
    best = ranks.index(min(ranks)) if judged else NEWEST - 1
    if best < NEWEST:
        return tuple(releases[: best + 1])
    return (*releases[: NEWEST - 1], releases[best])


def preference(build: JudgedBuild) -> tuple[int, int]:
    """The order of outcomes, smallest first: on a GPU, on the CPU, not known, not at all.

    Of those that do not run the ones with the fewest obstacles.
    """
    if build.verdict == "runs":
        return 0, build.device == "cpu"
    return list(VERDICTS).index(build.verdict), len(build.failures)


def _folded(release: JudgedRelease, *, verbose: bool) -> list[JudgedBuild]:
    """The builds told in one line: for devices that are not here, where they are of no other use."""
    runs = any(build.verdict == "runs" for build in release.builds)
    absent = [build for build in release.builds if any(failure.rule == FOLDED for failure in build.failures)]
    if verbose or len(absent) == len(release.builds):
        return []  # where there is nothing else, that is the answer
    return [build for build in absent if runs or build.verdict == "fails"]


def _head(document: MatrixWhyDocument, width: int) -> Iterator[str]:
    machine = f" on {describe_machine(document.machine)}" if document.machine else ""
    yield from _fill(f"{document.requirement}{machine}", width, "", "  ")
    for sentence in (document.answer, *document.remarks):
        yield from _fill(sentence, width, "", "  ")


def describe_machine(machine: Machine) -> str:
    """What of a machine decides about builds: platform, C library or macOS, driver, GPUs."""
    libc = machine.os.libc
    parts = [machine.platform]
    parts += [f"{libc.family} {libc.version}"] if libc else []
    parts += [f"macOS {machine.os.version}"] if machine.os.family == "macos" and machine.os.version else []
    parts += [f"driver {machine.nvidia.driver}"] if machine.nvidia and machine.nvidia.driver else []
    parts += list(dict.fromkeys(gpu.name or f"a GPU of {gpu.vendor}" for gpu in machine.gpus or ()))
    return ", ".join(parts if machine.gpus else [*parts, "no GPU"])


def _ids(releases: Sequence[JudgedRelease], *, verbose: bool) -> set[str]:
    """The rows behind the builds that are shown in full."""
    hidden = [build for release in releases for build in _folded(release, verbose=verbose)]
    builds = [build for release in releases for build in release.builds if build not in hidden]
    return {name for build in builds for name in build.rows}


def _release_lines(release: JudgedRelease, project: Project, width: int, *, verbose: bool) -> Iterator[str]:
    python = f", Python {release.requires_python}" if release.requires_python else ""
    yield f"{project.id} {release.version}, released {release.released}{python}"
    facts = {
        "withdrawn": "never chosen" if release.yanked else "",
        "broken": release.broken,
        "asks for": _conditions(release.requires),
        "also needs": _conditions(release.constraints),
        "pre-releases": ", ".join(release.prereleases),
        "note": release.note,
    }
    yield from _handbook(facts, width, "  ")
    if not release.builds:
        others = ", ".join(release.elsewhere)
        lack = f"no build for this platform; there are {others}" if others else "no build that the requirement names"
        yield from _fill(lack, width, "  ", "    ")
    order = list(VERDICTS)
    folded = _folded(release, verbose=verbose)
    builds = [build for build in release.builds if build not in folded]
    size = max((len(build.build) for build in builds), default=0)
    for build in sorted(builds, key=lambda build: order.index(build.verdict)):
        yield from _build_lines(build, project, size, width)
    if folded:
        names = ", ".join(dict.fromkeys(build.build for build in folded))
        yield from _fill(f"for devices that are not here: {names}", width, "  ", "    ")


def _build_lines(build: JudgedBuild, project: Project, size: int, width: int) -> Iterator[str]:
    """``runs  cu126  Python 3.10-3.15 t; driver 525.60.13 ...`` and the reasons below it."""
    verdict = f"{VERDICTS[build.verdict]:<8}  " if build.verdict else ""
    first = f"  {verdict}{build.build:<{size}}  "
    indent = " " * len(first)
    yield from _fill("; ".join(_build_facts(build, project)), width, first, indent)
    for failure in build.failures:
        yield from _fill(f"{failure.rule}: {failure.text}", width, f"{indent}- ", f"{indent}  ")
    if build.remedy:
        yield from _fill(f"what would help: {build.remedy}", width, f"{indent}- ", f"{indent}  ")


def _build_facts(build: JudgedBuild, project: Project) -> Iterator[str]:
    if build.distribution != project.distributions[0]:
        yield build.distribution
    yield f"Python {span_pythons(build.pythons)}{' (none of them is installed)' if build.pythons_here == () else ''}"
    if build.verdict is None:
        yield " ".join(build.platforms)
    if build.driver:
        yield f"driver {build.driver}"
    if build.code:
        yield f"code {', '.join(build.code)}"
    if build.extra:
        yield f"extra [{build.extra}]"
    if build.needs:
        yield f"needs {', '.join(build.needs)}"
    yield "unconfirmed" if build.evidence == "unknown" else build.evidence


def _project_lines(project: Project, width: int) -> Iterator[str]:
    yield f"{project.name}{f', {project.summary}' if project.summary else ''}"
    conda = project.conda
    facts = {
        "status": "" if project.status == "active" else project.status,
        "in its place": project.successor,
        "alone": "it asks for an environment of its own" if project.solitary else "",
        "packages": ", ".join(project.distributions),
        "never below": project.floor,
        "conda": f"{conda.package} on {conda.channel}{_selectors(conda)}" if conda else "",
        "note": project.note,
    }
    yield from _handbook(facts, width, "  ")
    for trap in project.traps:
        yield from _handbook({"trap": trap}, width, "  ")


def _selectors(conda: CondaRoute) -> str:
    parts = [f"{name}: {package}" for name, package in conda.packages.items()]
    parts += [f"{name}: build {build}" for name, build in conda.builds.items()]
    parts += [f"{name}: asks for {virtual}" for name, virtual in conda.virtual.items()]
    return f" ({'; '.join(parts)})" if parts else ""


def _rows_lines(rows: Iterable[BehindRow], wanted: set[str], width: int) -> Iterator[str]:
    """The rows, file by file, then the texts of their sources, each once."""
    files: dict[str, list[BehindRow]] = {}
    for row in rows:
        if row.id in wanted:
            files.setdefault(row.file, []).append(row)
    for file, members in files.items():
        yield from ("", f"{file}, checked {members[0].checked_on}")
        for row in members:
            evidence = f" {row.evidence}:" if row.evidence else ""
            yield from _fill(f"{row.row}:{evidence} {row.says} [{', '.join(row.sources)}]", width, "  ", "      ")
            yield from _fill(row.note, width, "      ", "      ")
        for name, text in {name: text for row in members for name, text in row.sources.items()}.items():
            yield from _fill(f"[{name}] {text}", width, "    ", "      ")


def _handbook(facts: Mapping[str, str], width: int, indent: str) -> Iterator[str]:
    for name, text in facts.items():
        if text:
            yield from _fill(text, width, f"{indent}{name:<{HANDBOOK - 2}}", " " * (len(indent) + HANDBOOK - 2))


def _conditions(table: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {condition.replace(',', ', ')}" for name, condition in table.items())


def _fill(text: str, width: int, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
