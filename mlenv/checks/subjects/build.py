"""The GPU builds in an environment: whether they fit the driver and the GPUs."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks import nvidia
from mlenv.checks.evidence import cite, join
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.installed import Installed, place, reinstall, require_installed
from mlenv.checks.nvidia import Device
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.remedy import install_driver
from mlenv.facts.machine import Machine
from mlenv.facts.version import at_least
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build


@check("driver-too-old-for-build", subject="environment")
def driver_too_old_for_build(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A build of a newer CUDA than the NVIDIA driver runs."""
    cuda = _require_cuda(case, matrix)
    driver = nvidia.require_driver(case.machine)
    for item in cuda:
        floor = nvidia.driver_floor(case.machine, matrix, item.build, item.cuda)
        if floor is None or at_least(driver, floor):
            continue
        last = nvidia.last_branch(matrix, nvidia.find_devices(case, matrix))
        yield Finding(
            id="driver-too-old-for-build",
            severity="error",
            title=f"Driver {driver} is too old for {item.name}",
            cause=f"{item.name} was built with CUDA {item.cuda}, which needs driver {floor} or newer.",
            evidence=(
                cite(case.machine, f"driver {driver}", *nvidia.DRIVER_READINGS),
                place(case, item),
            ),
            fix=(reinstall(case, item), *_newer_driver(case.machine, floor, last)),
            applies_to=(item.framework.id,),
        )


@check("gpu-arch-dropped-by-build", subject="environment")
def gpu_arch_dropped_by_build(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A build without code for a GPU that is older than all that it has code for."""
    yield from _without_code(case, matrix, newer=False)


@check("gpu-arch-not-in-build", subject="environment")
def gpu_arch_not_in_build(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A build without code for a GPU that is newer than some that it has code for."""
    yield from _without_code(case, matrix, newer=True)


def _without_code(case: Case, matrix: Matrix, *, newer: bool) -> Iterator[Finding]:
    cuda = _require_cuda(case, matrix)
    devices = nvidia.known_devices(case, matrix)
    for item in cuda:
        if item.build is None:
            continue
        left_out = [pair for pair in devices if query.build_runs_on(matrix.drivers, item.build, pair[1]) is False]
        for device, capability in left_out:
            if _is_newer(item.build, capability) is newer:
                alone = len(left_out) == len(devices)
                yield _describe(case, matrix, item, device, capability, newer=newer, alone=alone)


def _is_newer(build: Build, capability: str) -> bool:
    codes = (*build.sass, *build.ptx) or ((build.capability_floor,) if build.capability_floor else ())
    return any(at_least(capability, code) for code in codes)


def _describe(
    case: Case, matrix: Matrix, item: Installed, device: Device, capability: str, *, newer: bool, alone: bool
) -> Finding:
    word = "newer than" if newer else "older than"
    return Finding(
        id="gpu-arch-not-in-build" if newer else "gpu-arch-dropped-by-build",
        severity="error" if alone else "warning",
        title=f"{item.name} has no code for {device.name}",
        cause=f"{device.name} ({nvidia.describe(matrix, capability)}) is {word} what this build was compiled for.",
        evidence=(
            cite(case.machine, f"{device.name}: compute capability {capability}", *nvidia.READINGS),
            place(case, item),
            _code_of(item),
        ),
        fix=(reinstall(case, item),),
        applies_to=(item.framework.id, *device.labels),
    )


def _code_of(item: Installed) -> str:
    build = item.build
    if build is None or not (build.sass or build.ptx):
        return f"{item.name}: the project names compute capability {build.capability_floor if build else '?'} and newer"
    held = [*build.sass, *(f"{code} (PTX)" for code in build.ptx)]
    return f"{item.name} holds code for {join(held)}"


@check("rocm-gfx-not-in-build", subject="environment")
def rocm_gfx_not_in_build(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A ROCm build without code for the AMD GPU."""
    rocm = [item for item in require_installed(case, matrix) if item.build and item.build.gfx]
    if not rocm:
        raise Skip("the environment has no ROCm build")
    nvidia.require_gpus(case.machine)
    for item in rocm:
        held = item.build.gfx if item.build else ()
        targets = {gpu.gfx or "": gpu for gpu in case.machine.gpus_of("amd") if gpu.gfx}
        if targets and not any(gfx in held for gfx in targets):
            name = next(iter(targets.values())).name or "the AMD GPU"
            yield Finding(
                id="rocm-gfx-not-in-build",
                severity="error",
                title=f"{item.name} has no code for {name}",
                cause=f"The GPU is {join(targets)}, and this build was compiled for other targets.",
                evidence=(
                    cite(case.machine, f"{name}: {join(targets)}", "gpus.amd", "gpus.pci", "gpu"),
                    f"{item.name} holds code for {join(held)}",
                ),
                fix=(reinstall(case, item),),
                applies_to=(item.framework.id,),
            )


def _require_cuda(case: Case, matrix: Matrix) -> list[Installed]:
    """The CUDA builds of an environment on a machine with an NVIDIA GPU."""
    cuda = [item for item in require_installed(case, matrix) if item.cuda]
    if not cuda:
        raise Skip("the environment has no CUDA build")
    nvidia.require_nvidia(case.machine)
    return cuda


def _newer_driver(machine: Machine, floor: str, last: int) -> tuple[Fix, ...]:
    """Updating the driver, where a driver for these GPUs is new enough."""
    if last and not at_least(str(last), floor.split(".")[0]):
        return ()
    return install_driver(machine, last_branch=last, floor=floor)
