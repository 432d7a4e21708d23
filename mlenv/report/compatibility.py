"""The compatibility map: the releases of a framework × its builds, and what a machine can run of them.

A map is a value; :mod:`mlenv.report.html` draws it.  A build is judged as ``mlenv matrix why`` judges it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packaging.specifiers import SpecifierSet

from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.matrix.query import newest_first
from mlenv.matrix.rows import Accelerator, Build, Framework, Release
from mlenv.report.matrix.map import CellState, CompatibilityMap, MapCell, MapColumn, MapRow
from mlenv.report.matrix.requirement import Asked
from mlenv.report.matrix.table import span_pythons
from mlenv.report.matrix.verdict import explain_build
from mlenv.report.matrix.why import JudgedBuild, describe_machine, preference
from mlenv.resolve.devices import ORDER, accelerators_to_try
from mlenv.resolve.preference import toolkit_of
from mlenv.resolve.request import Request
from mlenv.resolve.words import WORDS

SHOWN = ("torch", "tensorflow", "jax")
"""The frameworks whose maps stand in the report of a machine, unless others are named."""


def find_maps(matrix: Matrix, machine: Machine | None, names: Iterable[str] = SHOWN) -> tuple[CompatibilityMap, ...]:
    """The maps of frameworks by id; those that the matrix does not have are left out."""
    known = [name for name in dict.fromkeys(names) if name in matrix.framework_ids]
    return tuple(find_map(matrix, machine, name) for name in known)


def find_map(matrix: Matrix, machine: Machine | None, name: str) -> CompatibilityMap:
    """The map of a framework; without a machine nothing is judged."""
    framework = matrix.framework(name)
    releases = newest_first(framework)
    columns = _find_columns(releases, machine)
    judged = [_judge_release(matrix, framework, release, machine) for release in releases]
    best = _find_best(judged, [column.build for column in columns])
    rows = tuple(
        MapRow(
            version=release.version,
            released=release.released,
            cells=tuple(
                _make_cell(release, column.build, builds, best=best == (index, column.build), machine=machine)
                for column in columns
            ),
        )
        for index, (release, builds) in enumerate(zip(releases, judged, strict=True))
    )
    shown = {column.build for column in columns}
    everywhere = dict.fromkeys(build.variant for release in releases for build in release.builds)
    return CompatibilityMap(
        framework=name,
        name=framework.name,
        machine=describe_machine(machine) if machine else "",
        answer=_answer(framework, releases, judged, best, machine),
        columns=columns,
        rows=rows,
        elsewhere=tuple(build for build in everywhere if build not in shown),
    )


# ---------------------------------------------------------------- columns


def _find_columns(releases: Sequence[Release], machine: Machine | None) -> tuple[MapColumn, ...]:
    """The builds that a platform has, by device: those of the machine first, then the newest toolkit first."""
    present = accelerators_to_try(Request(wanted=()), machine) if machine else (*ORDER, "cpu")
    order = [*present, *(device for device in ORDER if device not in present)]
    builds: dict[str, list[Build]] = {}
    for release in releases:
        for build in release.builds:
            if machine is None or machine.platform in build.platforms:
                builds.setdefault(build.variant, []).append(build)
    ordered = sorted(builds, key=lambda name: toolkit_of(builds[name][0]), reverse=True)
    ordered.sort(key=lambda name: order.index(_device_of(builds[name])))
    return tuple(MapColumn(build=name, device=name_device(_device_of(builds[name]))) for name in ordered)


def _device_of(builds: Sequence[Build]) -> Accelerator:
    """What builds of one name are for: PyTorch's ``cpu`` is one for Metal on a Mac alone."""
    if any(build.accelerators == ("cpu",) for build in builds):
        return "cpu"
    return next((device for device in ORDER if device in builds[0].accelerators), "cpu")


def name_device(device: Accelerator) -> str:
    """The head of a column."""
    return "CPU" if device == "cpu" else WORDS[device]


# ---------------------------------------------------------------- cells

Judged = dict[str, JudgedBuild]


def _judge_release(matrix: Matrix, framework: Framework, release: Release, machine: Machine | None) -> Judged:
    """By build's name the best of that name for the platform."""
    asked = Asked(text=framework.id, framework=framework, specifier=SpecifierSet())
    found: Judged = {}
    for build in release.builds:
        if machine is not None and machine.platform not in build.platforms:
            continue
        judged = explain_build(matrix, asked, release, build, machine, {})
        known = found.get(build.variant)
        if known is None or preference(judged) < preference(known):
            found[build.variant] = judged
    return found


def _make_cell(release: Release, build: str, judged: Judged, *, best: bool, machine: Machine | None) -> MapCell | None:
    row = judged.get(build)
    if row is not None:
        return _tell_cell(row, best=best)
    others = {platform for other in release.builds if other.variant == build for platform in other.platforms}
    if not others or machine is None:
        return None
    said = f"not built for {machine.platform}, but for {', '.join(sorted(others))}"
    return MapCell(state="elsewhere", says=said)


def _tell_cell(row: JudgedBuild, *, best: bool) -> MapCell:
    device = WORDS[row.device] if row.device else ""
    words: dict[CellState, str] = {
        "runs": f"runs on {device}",
        "cpu-only": "runs on the CPU only",
        "unproven": "nobody has confirmed that it runs here",
        "fails": "does not run here",
        "published": f"published for {', '.join(row.platforms)}",
    }
    state: CellState = row.verdict or "published"
    return MapCell(
        state=state,
        says=words[state],
        reasons=tuple(failure.text for failure in row.failures),
        remedy=row.remedy,
        facts=tuple(_tell_facts(row)),
        best=best,
    )


def _tell_facts(row: JudgedBuild) -> list[str]:
    facts = [f"Python {span_pythons(row.pythons)}"]
    facts += [f"NVIDIA driver {row.driver} or newer"] if row.driver else []
    return facts


# ---------------------------------------------------------------- the answer


def _find_best(judged: Sequence[Judged], order: Sequence[str]) -> tuple[int, str] | None:
    """Release (its place) and build that serve the machine best: its GPU before its CPU, then the newest."""
    runs = [
        (*preference(row), place, order.index(build))
        for place, builds in enumerate(judged)
        for build, row in builds.items()
        if row.verdict in ("runs", "cpu-only")
    ]
    if not runs:
        return None
    *_, place, column = min(runs)
    return place, order[column]


def _answer(
    framework: Framework,
    releases: Sequence[Release],
    judged: Sequence[Judged],
    best: tuple[int, str] | None,
    machine: Machine | None,
) -> str:
    if machine is None:
        return f"{len(releases)} releases of {framework.name} in {sum(map(len, judged))} builds."
    if best is None:
        return f"No build of {framework.name} is known to run on this machine."
    release, row = releases[best[0]], judged[best[0]][best[1]]
    name = f"{framework.id} {release.version}{'' if row.build == 'any' else f' {row.build}'}"
    if row.verdict == "runs" and row.device is not None:
        return f"{name} is the newest build that runs here, on {WORDS[row.device]}."
    return f"{name} runs here, on the CPU only."
