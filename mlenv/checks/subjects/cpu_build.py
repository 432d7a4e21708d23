"""CPU builds in an environment: whether a GPU lies idle beside them."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks import nvidia
from mlenv.checks.evidence import cite
from mlenv.checks.finding import Finding
from mlenv.checks.installed import Installed, place, reinstall, require_installed
from mlenv.checks.registry import Case, Skip, check
from mlenv.facts.machine import Machine
from mlenv.matrix import query
from mlenv.matrix.load import Matrix


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
                evidence=(place(case, item), cite(machine, f"GPU: {name}", *nvidia.READINGS)),
                fix=(reinstall(case, item),),
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
            evidence=(place(case, jax[0]), "no jax-cuda12-plugin or jax-cuda13-plugin"),
            fix=(reinstall(case, jax[0]),),
            applies_to=("jax",),
        )
