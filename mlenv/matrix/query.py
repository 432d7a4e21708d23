"""Questions to the matrix: pure functions over its rows.

Drivers, CUDA code and GPUs are asked about in the same words by the resolver and by the checks,
so the rules stand here once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from mlenv.facts.machine import Machine
from mlenv.facts.version import at_least, numbers, series
from mlenv.matrix.hardware import CodeRule, CudaFamily, Drivers, GpuArchitecture
from mlenv.matrix.product import compute_capability_of, find_gpu, gfx_of
from mlenv.matrix.rows import Accelerator, Build, Framework, Release

__all__ = [
    "CURRENT",
    "DriverSystem",
    "architecture_of",
    "branch_of",
    "build_runs_on",
    "code_runs",
    "compute_capability_of",
    "cuda_family",
    "driver_floor",
    "driver_is_past",
    "driver_knows",
    "driver_runs",
    "driver_system",
    "find_gpu",
    "gfx_of",
    "is_current",
    "newest_first",
    "newest_with_builds",
    "proven_builds",
    "ptx_runs",
]

DriverSystem = Literal["linux", "windows"]


# ---------------------------------------------------------------- drivers


def driver_system(machine: Machine) -> DriverSystem:
    """Whose driver versions count: inside WSL the driver is the one of Windows."""
    return "windows" if machine.os.family == "windows" or machine.os.wsl else "linux"


def cuda_family(drivers: Drivers, cuda_version: str) -> CudaFamily | None:
    """The family of a CUDA release (``12.6`` belongs to 12), None where no row knows it."""
    major = numbers(cuda_version)[:1]
    return next((row for row in drivers.cuda_family if (row.major,) == major), None)


def driver_floor(drivers: Drivers, cuda_version: str, *, system: DriverSystem) -> str | None:
    """The lowest driver that runs builds of a CUDA release, None where no row says so.

    Minor-version compatibility makes it the family's; a family without it asks for the driver of
    the release itself.
    """
    family = cuda_family(drivers, cuda_version)
    if family is None:
        return None
    if family.minor_compatible:
        return getattr(family, system) or None
    return _release_floor(drivers, cuda_version, system)


def _release_floor(drivers: Drivers, cuda_version: str, system: DriverSystem) -> str | None:
    rows = [row for row in drivers.cuda_release if series(row.version) == series(cuda_version)]
    rows.sort(key=lambda row: (row.version != cuda_version, numbers(row.version)))
    return next((floor for row in rows if (floor := getattr(row, system))), None)


def driver_runs(drivers: Drivers, driver: str, cuda_version: str, *, system: DriverSystem) -> bool:
    """Whether a driver runs builds of a CUDA release; False where no row knows the release."""
    floor = driver_floor(drivers, cuda_version, system=system)
    return floor is not None and at_least(driver, floor)


def branch_of(drivers: Drivers, driver: str) -> int:
    """The branch of a driver: its major, or the branch before it where Windows counts on.

    Windows numbers the releases of branch 580 up to 582.
    """
    major = (numbers(driver) or (0,))[0]
    return max((row.branch for row in drivers.driver_branch if row.branch <= major), default=major)


def architecture_of(drivers: Drivers, compute_capability: str) -> GpuArchitecture | None:
    """The generation of GPUs with a compute capability, None where no row knows it."""
    return next((row for row in drivers.architecture if compute_capability in row.compute_capabilities), None)


def driver_knows(drivers: Drivers, driver: str, compute_capability: str) -> bool:
    """Whether the driver's branch serves that generation of GPUs; False where no row knows it."""
    row = architecture_of(drivers, compute_capability)
    if row is None:
        return False
    branch = branch_of(drivers, driver)
    return branch >= row.first_driver and (row.last_driver == 0 or branch <= row.last_driver)


def driver_is_past(row: GpuArchitecture, driver: str) -> bool:
    """Whether the driver is of a later major than the last branch that serves a generation."""
    return row.last_driver != 0 and numbers(driver)[:1] > (row.last_driver,)


# ---------------------------------------------------------------- GPU code


def code_runs(drivers: Drivers, code: str, device: str, cuda_version: str) -> bool:
    """Whether binary code (SASS) for ``code`` runs on a device; both are compute capabilities.

    ``cuda_version`` is the toolkit that made the code.  Code for ``9.0a`` runs on 9.0 alone,
    code for ``10.0f`` on its family.
    """
    if code.endswith("a"):
        return numbers(code) == numbers(device)
    rule = next((row for row in drivers.code_rule if row.code == code.rstrip("f")), None)
    if rule is None:
        return numbers(code)[:1] == numbers(device)[:1] and at_least(device, code)
    return _fits_rule(rule, device, cuda_version)


def _fits_rule(rule: CodeRule, device: str, cuda_version: str) -> bool:
    if device in rule.also_on:
        return True
    if not at_least(device, rule.code) or at_least(device, rule.below):
        return False
    unified = bool(rule.unified_from and cuda_version) and at_least(cuda_version, rule.unified_from)
    return unified or device not in rule.not_on


def ptx_runs(code: str, device: str) -> bool:
    """Whether the driver can compile PTX for ``code`` for a device: any device from it up.

    Architecture-specific PTX (``9.0a``) is for its device alone, family-specific (``10.0f``) for
    the same major.
    """
    if code.endswith("a"):
        return numbers(code) == numbers(device)
    same_family = not code.endswith("f") or numbers(code)[:1] == numbers(device)[:1]
    return same_family and at_least(device, code)


def build_runs_on(drivers: Drivers, build: Build, compute_capability: str) -> bool | None:
    """Whether a build holds code that a device runs; None where nobody knows what it holds.

    A floor or ceiling that the project documents holds beside the code.
    """
    if build.capability_floor and not at_least(compute_capability, build.capability_floor):
        return False
    if build.capability_ceiling and at_least(compute_capability, build.capability_ceiling):
        return False
    if build.sass or build.ptx:
        sass = any(code_runs(drivers, code, compute_capability, build.cuda) for code in build.sass)
        return sass or any(ptx_runs(code, compute_capability) for code in build.ptx)
    if not build.capability_floor:
        return None
    return not _stands_apart(drivers, compute_capability, build.cuda)


def _stands_apart(drivers: Drivers, device: str, cuda_version: str) -> bool:
    """Whether a device (Jetson's) is left out by the ordinary code of its own generation.

    A documented floor speaks of ordinary GPUs; before CUDA 13.2 unified them, Jetson boards
    needed code of their own.
    """
    return any(
        device in rule.not_on and not (rule.unified_from and at_least(cuda_version, rule.unified_from))
        for rule in drivers.code_rule
    )


# ---------------------------------------------------------------- releases

CURRENT = timedelta(days=365)
"""Releases of the last year count as current: who updates that rarely is not left behind."""


def newest_first(framework: Framework) -> list[Release]:
    """The releases that were not withdrawn, newest version first."""
    kept = [release for release in framework.release if not release.yanked]
    return sorted(kept, key=lambda release: numbers(release.version), reverse=True)


def proven_builds(release: Release, platform: str) -> list[Build]:
    """The builds of a release for a platform that are known to exist, newest CUDA first."""
    builds = [build for build in release.builds if platform in build.platforms and build.evidence != "unknown"]
    return sorted(builds, key=lambda build: numbers(build.cuda), reverse=True)


def newest_with_builds(
    framework: Framework, platform: str, accelerator: Accelerator | None = None
) -> tuple[Release, list[Build]] | None:
    """The newest release that has proven builds for a platform, and those builds.

    ``accelerator`` keeps the builds that use it; None in return says that no release has any.
    """
    for release in newest_first(framework):
        builds = proven_builds(release, platform)
        if accelerator is not None:
            builds = [build for build in builds if accelerator in build.accelerators]
        if builds:
            return release, builds
    return None


def is_current(framework: Framework, release: Release) -> bool:
    """Whether a release is at most a year older than the newest one."""
    newest = newest_first(framework)
    return bool(newest) and newest[0].released - release.released <= CURRENT
