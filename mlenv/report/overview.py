"""The overview of the matrix: which frameworks a machine can run, and on which of its devices.

A field is the resolver's own answer: the build that it prefers on that device, or what blocks the newest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.matrix.query import newest_first
from mlenv.matrix.rows import Accelerator, Build, Framework, Release
from mlenv.report.compatibility import name_device
from mlenv.report.matrix.overview import Overview, OverviewCell, OverviewDevice, OverviewRow
from mlenv.report.matrix.table import lowest_driver, span_pythons
from mlenv.report.matrix.verdict import UNKNOWN, lift
from mlenv.report.matrix.why import describe_machine
from mlenv.resolve.candidates import Candidate, judge_field
from mlenv.resolve.devices import ORDER, accelerators_to_try
from mlenv.resolve.question import Failure
from mlenv.resolve.request import Request, Wanted
from mlenv.resolve.words import WORDS

REMARKS = {"active": "", "stale": "rarely released", "dead": "no longer maintained"}


def find_overview(matrix: Matrix, machine: Machine | None) -> Overview:
    """Every framework of the matrix on every kind of device; without a machine nothing is judged."""
    frameworks = [matrix.framework(name) for name in matrix.framework_ids]
    devices = _find_devices(frameworks, machine)
    rows = [_make_row(matrix, framework, devices, machine) for framework in frameworks if _served(framework) - {"cpu"}]
    cpu = [_device("cpu", present=True)]
    plain = [_make_row(matrix, framework, cpu, machine) for framework in frameworks if not _served(framework) - {"cpu"}]
    return Overview(
        machine=describe_machine(machine) if machine else "",
        answer=_answer(devices, rows, plain, machine),
        devices=tuple(devices),
        rows=tuple(rows),
        plain=tuple(plain),
    )


def _served(framework: Framework) -> set[Accelerator]:
    """The devices that any build of a framework is made for."""
    return {device for release in framework.release for build in release.builds for device in build.accelerators}


def _find_devices(frameworks: Iterable[Framework], machine: Machine | None) -> list[OverviewDevice]:
    """The kinds of device that anything is built for, those of the machine first."""
    served = {device for framework in frameworks for device in _served(framework)}
    present = _present(machine)
    order = [*present, *(device for device in (*ORDER, "cpu") if device not in present)]
    return [_device(device, present=device in present) for device in order if device in served]


def _present(machine: Machine | None) -> tuple[Accelerator, ...]:
    return accelerators_to_try(Request(wanted=()), machine) if machine else ()


def _device(device: Accelerator, *, present: bool) -> OverviewDevice:
    return OverviewDevice(id=device, name=name_device(device), present=present)


def _make_row(
    matrix: Matrix, framework: Framework, devices: Iterable[OverviewDevice], machine: Machine | None
) -> OverviewRow:
    releases = newest_first(framework)
    newest = next((row for row in releases if not _is_withdrawn(row)), releases[0])
    return OverviewRow(
        framework=framework.id,
        name=framework.name,
        summary=framework.summary,
        newest=newest.version,
        remark=REMARKS[framework.status],
        successor=framework.successor,
        cells=tuple(_make_cell(matrix, framework, newest, device, machine) for device in devices),
    )


# ---------------------------------------------------------------- fields


def _make_cell(
    matrix: Matrix, framework: Framework, newest: Release, device: OverviewDevice, machine: Machine | None
) -> OverviewCell | None:
    if device.id not in _served(framework):
        return None
    if machine is None:
        return _tell_published(matrix, framework, device)
    if not device.present:
        reason = f"It needs a device for {device.name}, and {_lack(machine)}"
        return _tell_published(matrix, framework, device, reason)
    wanted = Wanted(name=framework.id)
    field = judge_field(Request(wanted=(wanted,)), machine, matrix, wanted, device.id)
    rows = [row for row in field.rows if device.id in row.build.accelerators]
    best = next((row for row in rows if not row.failures), None)
    if best is not None:
        return _tell_running(matrix, best, newest, device, rows, machine)
    here = [row for row in rows if machine.platform in row.build.platforms]
    if not here:
        others = sorted({platform for row in rows for platform in row.build.platforms})
        reason = f"It is not built for {machine.platform}, but for {', '.join(others)}"
        return _tell_published(matrix, framework, device, reason)
    return _tell_blocked(matrix, _nearest(here), device, machine)


def _lack(machine: Machine) -> str:
    return "no GPU is known on this machine" if machine.gpus is None else "this machine has none to use"


def _tell_published(matrix: Matrix, framework: Framework, device: OverviewDevice, reason: str = "") -> OverviewCell:
    """The newest release with a build for a device; with a reason it is for other machines."""
    release, build = next(
        (release, build)
        for release in newest_first(framework)
        for build in release.builds
        if device.id in build.accelerators
    )
    return OverviewCell(
        state="elsewhere" if reason else "published",
        release=release.version,
        build=build.variant,
        says="is not for this machine" if reason else f"is the newest release with a build for {WORDS[device.id]}",
        reasons=(reason,) if reason else (),
        facts=tuple(_facts(matrix, build)),
    )


def _tell_running(
    matrix: Matrix,
    best: Candidate,
    newest: Release,
    device: OverviewDevice,
    rows: Sequence[Candidate],
    machine: Machine,
) -> OverviewCell:
    proven = best.build.evidence != "unknown"
    where = WORDS[device.id]
    failures = () if best.release.version == newest.version else _block_newest(newest, rows)
    return OverviewCell(
        state="runs" if proven else "unproven",
        release=best.release.version,
        build=best.build.variant,
        says=f"is the newest build that runs on {where}"
        if proven
        else f"should run on {where}; nobody has confirmed it",
        reasons=tuple(f"{newest.version} does not: {failure.text}" for failure in failures),
        remedy=lift(failures, machine),
        facts=tuple(_facts(matrix, best.build)),
    )


def _tell_blocked(matrix: Matrix, row: Candidate, device: OverviewDevice, machine: Machine) -> OverviewCell:
    unknown = all(failure.rule in UNKNOWN for failure in row.failures)
    return OverviewCell(
        state="unproven" if unknown else "fails",
        release=row.release.version,
        build=row.build.variant,
        says=f"{'may or may not' if unknown else 'does not'} run on {WORDS[device.id]} here",
        reasons=tuple(failure.text for failure in row.failures),
        remedy=lift(row.failures, machine),
        facts=tuple(_facts(matrix, row.build)),
    )


def _block_newest(newest: Release, rows: Iterable[Candidate]) -> tuple[Failure, ...]:
    """What speaks against the newest release where an older one runs."""
    own = [row for row in rows if row.release.version == newest.version and row.failures]
    return _nearest(own).failures if own else ()


def _nearest(rows: Sequence[Candidate]) -> Candidate:
    """The build with the fewest obstacles, of the newest release that works somewhere."""
    newest = min(rows, key=lambda row: (_is_withdrawn(row.release), row.costs.staleness)).release.version
    return min((row for row in rows if row.release.version == newest), key=lambda row: len(row.failures))


def _is_withdrawn(release: Release) -> bool:
    return release.yanked or bool(release.broken)


def _facts(matrix: Matrix, build: Build) -> Iterator[str]:
    yield f"Python {span_pythons(build.pythons)}"
    driver = lowest_driver(build, matrix.drivers)
    if driver:
        yield f"NVIDIA driver {driver} or newer"


# ---------------------------------------------------------------- the answer


def _answer(
    devices: Sequence[OverviewDevice],
    rows: Sequence[OverviewRow],
    plain: Sequence[OverviewRow],
    machine: Machine | None,
) -> str:
    if machine is None:
        return f"{len(rows)} frameworks with code for a device, {len(plain)} without."
    counts = [(device.name, sum(_is_lit(row, place) for row in rows)) for place, device in enumerate(devices)]
    told = ", ".join(
        f"{number} on {'the CPU' if name == 'CPU' else name}"
        for (name, number), device in zip(counts, devices, strict=True)
        if device.present
    )
    return (
        f"{sum(row.runs for row in rows)} of {len(rows)} frameworks with code for a device run here ({told}), "
        f"and {sum(row.runs for row in plain)} of {len(plain)} without."
    )


def _is_lit(row: OverviewRow, place: int) -> bool:
    cell = row.cells[place]
    return cell is not None and cell.state == "runs"
