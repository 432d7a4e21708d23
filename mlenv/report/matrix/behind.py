"""The rows of the matrix behind a verdict, each with its file, source and date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Protocol

from mlenv.facts.machine import Machine
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.query_hardware import find_branch, find_cuda_release
from mlenv.matrix.rows import Accelerator, Build, FileFamilies, Framework, Indexes, Release, SystemNeeds
from mlenv.report.matrix.why import (
    BehindRow,
)
from mlenv.resolve.devices import distinct_gpus
from mlenv.resolve.driver_words import driver_of


def rows_behind(
    matrix: Matrix,
    framework: Framework,
    release: Release,
    build: Build,
    machine: Machine | None,
    device: Accelerator | None,
) -> Iterator[BehindRow]:
    """The rows that decide on a build: its own, and those about drivers, code, GPUs, files and places."""
    yield _build_row(framework, release, build)
    if build.cuda and device in (None, "cuda"):
        yield from _cuda_rows(matrix, build)
    if machine is not None and device == "cuda":
        yield from _driver_rows(matrix, machine)
        yield from _code_rows(matrix, build, machine)
    if machine is not None and device is not None:
        yield from _gpu_rows(matrix, machine, device)
    brought = {build.distribution or framework.distribution, *build.requires}
    yield from _family_rows(matrix, brought)
    yield from _need_rows(matrix, build, machine)
    yield from _index_rows(matrix, build)


def _build_row(framework: Framework, release: Release, build: Build) -> BehindRow:
    file, row = f"frameworks/{framework.id}.toml", f"{release.version} {build.variant} {' '.join(build.platforms)}"
    return BehindRow(
        id=" ".join((file, row, build.distribution or framework.distribution, *build.pythons)),
        file=file,
        row=row,
        says=", ".join(_stated(framework, build)),
        evidence=build.evidence,
        sources={name: framework.sources.get(name, "") for name in (*release.source, *build.source)},
        checked_on=framework.checked_on,
        note=build.note,
    )


def _stated(framework: Framework, build: Build) -> Iterator[str]:
    """What a build's row states of it, in words."""
    yield build.distribution or framework.distribution
    floors = {"glibc": build.glibc, "musl": build.musl, "macOS": build.macos}
    parts = {"CUDA": build.cuda, "cuDNN": build.cudnn, "NCCL": build.nccl}
    yield from (f"{name} {version}" for name, version in (floors | parts).items() if version)
    yield from (flag.upper() for flag in build.cpu_flags)
    yield from (f"{name}{condition}" for name, condition in build.requires.items())
    own = [index for index in build.indexes if index != "default"]
    if own:
        yield f"on {', '.join(own)}{' and the default index' if len(own) < len(build.indexes) else ''}"


class CitedTable(Protocol):
    """A file of the matrix: the texts of its sources, and the day it was checked."""

    @property
    def sources(self) -> dict[str, str]: ...  # noqa: D102
    @property
    def checked_on(self) -> dt.date: ...  # noqa: D102


class CitedRow(Protocol):
    """A row of such a file."""

    @property
    def source(self) -> tuple[str, ...]: ...  # noqa: D102


def _cite(file: str, table: CitedTable, row: CitedRow, name: str, says: str) -> BehindRow:
    return BehindRow(
        id=f"{file} {name}",
        file=file,
        row=name,
        says=says,
        sources={source: table.sources.get(source, "") for source in row.source},
        checked_on=table.checked_on,
        note=getattr(row, "note", ""),
    )


def _cuda_rows(matrix: Matrix, build: Build) -> Iterator[BehindRow]:
    """The driver that the build's CUDA asks for: by its family, else by the release itself."""
    drivers = matrix.drivers
    family = query.cuda_family(drivers, build.cuda)
    if family is not None and family.minor_compatible:
        says = f"any {family.major}.x needs driver {family.linux} on Linux, {family.windows} on Windows"
        yield _cite("drivers.toml", drivers, family, f"cuda_family {family.major}", says)
        return
    release = find_cuda_release(drivers, build.cuda)
    if release is not None:
        says = f"driver {release.linux or 'unknown'} on Linux, {release.windows or 'unknown'} on Windows"
        yield _cite("drivers.toml", drivers, release, f"cuda_release {release.version}", says)


def _driver_rows(matrix: Matrix, machine: Machine) -> Iterator[BehindRow]:
    """The branch of the machine's driver, which decides on the GPUs it serves."""
    driver = driver_of(machine)
    row = find_branch(matrix.drivers, driver) if driver else None
    if row is not None:
        says = f"offers CUDA {row.cuda}{f', {row.designation}' if row.designation else ''}"
        yield _cite("drivers.toml", matrix.drivers, row, f"driver_branch {row.branch}", says)


def _code_rows(matrix: Matrix, build: Build, machine: Machine) -> Iterator[BehindRow]:
    """The generation of each GPU, and the rules by which code in the build runs on it."""
    drivers = matrix.drivers
    for gpu in distinct_gpus(machine, "cuda"):
        capability = gpu.compute_capability or query.compute_capability_of(matrix.gpus, gpu.name or "")
        row = query.architecture_of(drivers, capability) if capability else None
        if capability is None or row is None:
            continue
        last = f"to {row.last_driver}" if row.last_driver else "on"
        name = f"architecture {row.name} ({', '.join(row.compute_capabilities)})"
        yield _cite("drivers.toml", drivers, row, name, f"served by driver branches {row.first_driver} {last}")
        held = [code for code in build.sass if query.code_runs(drivers, code, capability, build.cuda)]
        for rule in drivers.code_rule:
            if rule.code in held:
                says = f"runs on {rule.code} up to, not including, {rule.below}"
                yield _cite("drivers.toml", drivers, rule, f"code_rule {rule.code}", says)


def _gpu_rows(matrix: Matrix, machine: Machine, device: Accelerator) -> Iterator[BehindRow]:
    for gpu in distinct_gpus(machine, device):
        row = query.find_gpu(matrix.gpus, gpu.name or "", vendor=gpu.vendor)
        if row is not None:
            target = row.compute_capability or row.gfx or row.metal or row.architecture
            kind = "compute capability " if row.compute_capability else ""
            yield _cite("gpus.toml", matrix.gpus, row, row.name, f"{kind}{target}")


def _family_rows(matrix: Matrix, brought: set[str]) -> Iterator[BehindRow]:
    """The files that the build's packages share with others, which must not stand beside them."""
    table = matrix.read("families.toml", FileFamilies)
    for row in table.family:
        mine = [name for name in row.distributions if name in brought]
        if mine:
            others = ", ".join(name for name in row.distributions if name not in mine)
            says = f"{', '.join(mine)} writes {row.path}, as do {others}: one of them per environment"
            yield _cite("families.toml", table, row, row.id, says)


def _need_rows(matrix: Matrix, build: Build, machine: Machine | None) -> Iterator[BehindRow]:
    """What the build needs beside Python packages, and how this machine's system gets it."""
    table = matrix.read("needs.toml", SystemNeeds) if build.needs else None
    rows = {row.id: row for row in table.need} if table else {}
    for need in build.needs:
        name, _, floor = need.partition(">=")
        if table and name in rows:
            how = getattr(rows[name], machine.os.family, "") if machine else ""
            got = f"; to get it: {how.replace('{version}', floor)}" if how else ""
            yield _cite("needs.toml", table, rows[name], need, f"{rows[name].title}{got}")


def _index_rows(matrix: Matrix, build: Build) -> Iterator[BehindRow]:
    """The indexes of its own that publish the build."""
    table = matrix.read("indexes.toml", Indexes)
    for row in table.index:
        if row.id in build.indexes and row.url:
            yield _cite("indexes.toml", table, row, row.id, row.url)
