"""The builds in an environment: whether they fit the driver and the GPUs."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks import nvidia
from mlenv.checks.evidence import cite, join
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.installed import Installed, require_installed
from mlenv.checks.nvidia import Device
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.remedy import install_driver, install_profile
from mlenv.facts.machine import Machine
from mlenv.facts.version import at_least
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build

PROFILES = {"torch": "pytorch-gpu", "tensorflow": "tensorflow-gpu", "jax": "jax-gpu"}


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
                _installed_evidence(case, item),
            ),
            fix=(_reinstall(case, item), *_newer_driver(case.machine, floor, last)),
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
            _installed_evidence(case, item),
            _code_of(item),
        ),
        fix=(_reinstall(case, item),),
        applies_to=(item.framework.id, *device.labels),
    )


def _code_of(item: Installed) -> str:
    build = item.build
    if build is None or not (build.sass or build.ptx):
        return f"{item.name}: the project names compute capability {build.capability_floor if build else '?'} and newer"
    held = [*build.sass, *(f"{code} (PTX)" for code in build.ptx)]
    return f"{item.name} holds code for {join(held)}"


@check("cpu-build-on-gpu-machine", subject="environment")
def cpu_build_on_gpu_machine(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A build for the CPU only, where a GPU could be used."""
    machine = case.machine
    installed = require_installed(case, matrix)
    nvidia.require_gpus(machine)
    for item in installed:
        if not item.is_cpu_build or item.framework.id == "jax":
            continue
        name = _usable_gpu(case, matrix, item)
        if name is not None:
            yield Finding(
                id="cpu-build-on-gpu-machine",
                severity="warning",
                title=f"{item.name} does not use the GPU",
                cause=f"The environment has the build for the CPU only, and {name} could be used.",
                evidence=(_installed_evidence(case, item), cite(machine, f"GPU: {name}", *nvidia.READINGS)),
                fix=(_reinstall(case, item),),
                applies_to=(item.framework.id,),
            )


def _usable_gpu(case: Case, matrix: Matrix, item: Installed) -> str | None:
    """The name of a GPU that a build of this framework would use here."""
    machine = case.machine
    if not machine.gpus_of("nvidia"):
        return _usable_amd(machine, matrix, item)
    driver = machine.nvidia.driver if machine.nvidia else None
    for device, capability in nvidia.known_devices(case, matrix):
        for _, build in nvidia.serving_builds(machine, matrix, capability, item.framework.id):
            if driver is None or nvidia.driver_accepts(machine, matrix, build, driver):
                return device.name
    return None


def _usable_amd(machine: Machine, matrix: Matrix, item: Installed) -> str | None:
    targets = {target for release in item.framework.release for build in release.builds for target in build.gfx}
    for gpu in machine.gpus_of("amd"):
        gfx = gpu.gfx or query.gfx_of(matrix.gpus, gpu.name or "")
        if gfx in targets and not gpu.integrated:
            return gpu.name or gfx
    return None


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
                fix=(_reinstall(case, item),),
                applies_to=(item.framework.id,),
            )


@check("jax-cuda-plugin-missing", subject="environment")
def jax_cuda_plugin_missing(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """JAX without its CUDA plugin on a machine with an NVIDIA GPU."""
    jax = [item for item in require_installed(case, matrix) if item.framework.id == "jax"]
    if not jax:
        raise Skip("the environment has no JAX")
    if case.machine.os.family != "linux":
        raise Skip("JAX uses NVIDIA GPUs on Linux only")
    nvidia.require_nvidia(case.machine)
    if jax[0].is_cpu_build and _usable_gpu(case, matrix, jax[0]) is not None:
        yield Finding(
            id="jax-cuda-plugin-missing",
            severity="warning",
            title=f"{jax[0].name} does not use the GPU",
            cause="JAX reaches NVIDIA GPUs through a plugin package, and the environment has none.",
            evidence=(_installed_evidence(case, jax[0]), "no jax-cuda12-plugin or jax-cuda13-plugin"),
            fix=(_reinstall(case, jax[0]),),
            applies_to=("jax",),
        )


def _require_cuda(case: Case, matrix: Matrix) -> list[Installed]:
    """The CUDA builds of an environment on a machine with an NVIDIA GPU."""
    cuda = [item for item in require_installed(case, matrix) if item.cuda]
    if not cuda:
        raise Skip("the environment has no CUDA build")
    nvidia.require_nvidia(case.machine)
    return cuda


def _installed_evidence(case: Case, item: Installed) -> str:
    where = f" in {case.environment.path}" if case.environment else ""
    return f"{item.name}{where}"


def _reinstall(case: Case, item: Installed) -> Fix:
    path = case.environment.path if case.environment else None
    return install_profile(PROFILES[item.framework.id], environment=path)


def _newer_driver(machine: Machine, floor: str, last: int) -> tuple[Fix, ...]:
    """Updating the driver, where a driver for these GPUs is new enough."""
    if last and not at_least(str(last), floor.split(".")[0]):
        return ()
    return install_driver(machine, last_branch=last, floor=floor)
