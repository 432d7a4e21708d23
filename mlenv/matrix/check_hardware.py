"""Checks of the matrix that concern drivers, toolkits and what runs on which device."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from mlenv.facts.version import numbers
from mlenv.matrix import check_products
from mlenv.matrix.check_builds import Problems
from mlenv.matrix.files import Files
from mlenv.matrix.hardware import CudaRelease, Drivers, GpuModels, RocmReleases

_END_OF_LIFE = re.compile(r"20\d\d-(?:0[1-9]|1[0-2])")


# ---------------------------------------------------------------- drivers.toml


def check_driver_order(files: Files) -> Problems:
    """The tables of drivers and toolkits stand newest first."""
    for path, drivers in files.of(Drivers).items():
        yield from _descending(path, "cuda_family", [str(row.major) for row in drivers.cuda_family])
        yield from _descending(path, "cuda_release", [row.version for row in drivers.cuda_release])
        yield from _descending(path, "cuda_update", [row.version for row in drivers.cuda_update])
        yield from _descending(path, "driver_branch", [str(row.branch) for row in drivers.driver_branch])
        yield from _descending(path, "compat_package", [row.cuda for row in drivers.compat_package])
        yield from _descending(path, "cudnn", [row.version for row in drivers.cudnn])
        yield from _descending(path, "jetpack", [row.version for row in drivers.jetpack])
    for path, rocm in files.of(RocmReleases).items():
        yield from _descending(path, "rocm_release", [row.version for row in rocm.rocm_release])
        yield from _descending(path, "kernel_driver", [row.version for row in rocm.kernel_driver])


def _descending(path: str, table: str, versions: Sequence[str]) -> Problems:
    for one, two in itertools.pairwise(versions):
        if numbers(one) <= numbers(two):
            yield f"{path}: {table} {two}: stands after {one}, which is not newer"


def check_branches(files: Files) -> Problems:
    """Every driver that a row names is of a known branch, and a newer branch offers no older CUDA."""
    for path, drivers in files.of(Drivers).items():
        branches = {row.branch for row in drivers.driver_branch}
        for place, driver in _linux_drivers(drivers):
            if driver and numbers(driver)[0] not in branches:
                yield f"{path}: {place}: no driver_branch is {numbers(driver)[0]}"
        for package in drivers.compat_package:
            for branch in sorted(set(package.branches) - branches):
                yield f"{path}: compat_package {package.cuda}: no driver_branch is {branch}"
        for newer, older in itertools.pairwise(drivers.driver_branch):
            if numbers(newer.cuda) < numbers(older.cuda):
                yield f"{path}: driver_branch {newer.branch}: offers CUDA {newer.cuda}, the older {older.branch} more"
        for row in drivers.driver_branch:
            if row.end_of_life and not _END_OF_LIFE.fullmatch(row.end_of_life):
                yield f"{path}: driver_branch {row.branch}: end_of_life must be a month such as 2028-06"


def _linux_drivers(drivers: Drivers) -> Iterator[tuple[str, str]]:
    for family in drivers.cuda_family:
        yield f"cuda_family {family.major}", family.linux
    for release in drivers.cuda_release:
        yield f"cuda_release {release.version}", release.linux
    for update in drivers.cuda_update:
        yield f"cuda_update {update.version}", update.linux


def check_cuda_tables(files: Files) -> Problems:
    """CUDA releases have a family, updates and packages a release, and no driver older than its."""
    for path, drivers in files.of(Drivers).items():
        families = {row.major for row in drivers.cuda_family}
        releases = {row.version for row in drivers.cuda_release}
        for row in drivers.cuda_release:
            if numbers(row.version)[0] not in families:
                yield f"{path}: cuda_release {row.version}: no cuda_family is {numbers(row.version)[0]}"
        for table, version in _minors_named(drivers):
            if version not in releases:
                yield f"{path}: {table}: no cuda_release is {version}"
        yield from _update_drivers(path, drivers)


def _minors_named(drivers: Drivers) -> Iterator[tuple[str, str]]:
    for update in drivers.cuda_update:
        yield f"cuda_update {update.version}", ".".join(update.version.split(".")[:2])
    for package in drivers.compat_package:
        yield f"compat_package {package.cuda}", package.cuda


def _update_drivers(path: str, drivers: Drivers) -> Problems:
    """An update belongs to no older driver than its release."""
    first: dict[tuple[int, ...], CudaRelease] = {numbers(row.version): row for row in drivers.cuda_release}
    for update in drivers.cuda_update:
        release = first.get(numbers(update.version)[:2])
        if release and update.linux and release.linux and numbers(update.linux) < numbers(release.linux):
            place = f"{path}: cuda_update {update.version}"
            yield f"{place}: driver {update.linux} is older than {release.linux} of its release"


def check_capabilities(files: Files) -> Problems:
    """Every compute capability that a row names belongs to a generation."""
    drivers = files.one(Drivers)
    if drivers is None:
        return
    known = {item for row in drivers.architecture for item in row.compute_capabilities}
    known |= {item for row in drivers.code_rule for item in row.also_on}  # names of the past, as 10.1
    for place, capabilities in _capabilities(files, drivers):
        for item in capabilities:
            if item not in known:
                yield f"{place}: no architecture has compute capability {item}"


def _capabilities(files: Files, drivers: Drivers) -> Iterator[tuple[str, Iterable[str]]]:
    for rule in drivers.code_rule:
        yield f"drivers.toml: code_rule {rule.code}", (rule.code, *rule.not_on, *rule.also_on)
    for release in drivers.cuda_release:
        yield f"drivers.toml: cuda_release {release.version}", release.targets
    for cudnn in drivers.cudnn:
        yield f"drivers.toml: cudnn {cudnn.version}", filter(None, (cudnn.capability_floor, cudnn.capability_newest))
    for jetpack in drivers.jetpack:
        yield f"drivers.toml: jetpack {jetpack.version}", (*jetpack.capabilities, *jetpack.ordinary_wheels)
    for path, gpus in files.of(GpuModels).items():
        for gpu in gpus.gpu:
            yield f"{path}: gpu {gpu.name}", filter(None, (gpu.compute_capability,))
        for peak in gpus.peak_rule:
            yield f"{path}: peak_rule {peak.id}", peak.compute_capabilities


def check_generations(files: Files) -> Problems:
    """An NVIDIA product is of the generation that its compute capability says."""
    drivers = files.one(Drivers)
    names = {item: row.name for row in drivers.architecture for item in row.compute_capabilities} if drivers else {}
    for path, gpus in files.of(GpuModels).items():
        for gpu in gpus.gpu:
            name = names.get(gpu.compute_capability, gpu.architecture)
            if gpu.vendor == "nvidia" and gpu.architecture != name:
                yield f"{path}: gpu {gpu.name}: compute capability {gpu.compute_capability} is {name}"


def check_jetpacks(files: Files) -> Problems:
    """A Jetson Linux release is of one JetPack, whose ordinary wheels run on devices that it serves."""
    for path, drivers in files.of(Drivers).items():
        seen: dict[str, str] = {}
        for row in drivers.jetpack:
            for l4t in row.l4t:
                if l4t in seen:
                    yield f"{path}: jetpack {row.version}: Jetson Linux {l4t} is of {seen[l4t]} already"
                seen[l4t] = row.version
            if not set(row.ordinary_wheels) <= set(row.capabilities):
                yield f"{path}: jetpack {row.version}: ordinary_wheels names devices that it does not serve"


CHECKS: tuple[Callable[[Files], Problems], ...] = (
    check_driver_order,
    check_branches,
    check_cuda_tables,
    check_capabilities,
    check_generations,
    check_jetpacks,
    *check_products.CHECKS,
)
"""All of them, in the order of their reports."""
