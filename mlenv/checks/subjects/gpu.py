"""The GPUs: whether current builds hold code for them, and whether they have the memory."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks import nvidia
from mlenv.checks.evidence import cite, join
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.nvidia import Device
from mlenv.checks.registry import Case, Skip, Unknown, check
from mlenv.checks.remedy import install_profile
from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.size import GIB, gib
from mlenv.facts.version import at_least
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Release

MEMORY = 6 * GIB
ALLOWANCE = 0.9


@check("gpu-too-old-for-current-builds", subject="gpu")
def gpu_too_old_for_current_builds(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """An NVIDIA GPU so old that no build of the newest PyTorch holds code for it."""
    yield from _not_covered(case, matrix, newer=False)


@check("gpu-too-new-for-current-builds", subject="gpu")
def gpu_too_new_for_current_builds(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """An NVIDIA GPU so new that no build of the newest PyTorch holds code for it."""
    yield from _not_covered(case, matrix, newer=True)


def _not_covered(case: Case, matrix: Matrix, *, newer: bool) -> Iterator[Finding]:
    devices = nvidia.known_devices(case, matrix)
    newest = query.newest_with_builds(matrix.newest("torch"), case.machine.platform, "cuda")
    if newest is None:
        raise Skip(f"PyTorch has no CUDA builds for {case.machine.platform}")
    for device, capability in devices:
        answers = {query.build_runs_on(matrix.drivers, build, capability) for build in newest[1]}
        if True in answers or _is_newer(newest[1], capability) is not newer:
            continue
        if None in answers:
            raise Unknown(f"no row says which GPU code PyTorch {newest[0].version} holds")
        yield _describe(case, matrix, device, capability, newest, newer=newer)


def _is_newer(builds: list[Build], capability: str) -> bool:
    """Whether a device is newer than the oldest one that builds hold code for."""
    codes = [code for build in builds for code in (*build.sass, *build.ptx)]
    return any(at_least(capability, code) for code in codes)


def _describe(
    case: Case, matrix: Matrix, device: Device, capability: str, newest: tuple[Release, list[Build]], *, newer: bool
) -> Finding:
    word = "new" if newer else "old"
    older = _newest_that_runs(case.machine, matrix, capability)
    still = f"{nvidia.name_build(matrix, *older)} is the newest that does" if older else "no release in the matrix does"
    release, builds = newest
    held = [f"{nvidia.name_build(matrix, release, build)} holds code for {join(build.sass)}" for build in builds]
    return Finding(
        id=f"gpu-too-{word}-for-current-builds",
        severity="warning",
        title=f"{device.name} is too {word} for the newest PyTorch",
        cause=f"No known build of PyTorch {release.version} holds code for it "
        f"({nvidia.describe(matrix, capability)}); {still}.",
        evidence=(
            cite(case.machine, f"{device.name}: compute capability {capability}", *nvidia.READINGS),
            *held,
        ),
        fix=(install_profile("pytorch-gpu"),) if older else (_use_cpu(),),
        applies_to=device.labels,
    )


def _newest_that_runs(machine: Machine, matrix: Matrix, capability: str) -> tuple[Release, Build] | None:
    """The newest build that holds code for a device and that the driver, where known, accepts."""
    driver = machine.nvidia.driver if machine.nvidia else None
    for release, build in nvidia.serving_builds(machine, matrix, capability):
        if driver is None or nvidia.driver_accepts(machine, matrix, build, driver):
            return release, build
    return None


def _use_cpu() -> Fix:
    return Fix(text="Work on the CPU", command="mlenv install --profile pytorch --accelerator cpu")


@check("amd-gpu-not-in-current-builds", subject="gpu")
def amd_gpu_not_in_current_builds(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """An AMD card that no build of the newest PyTorch for ROCm holds code for."""
    machine = case.machine
    cards = [gpu for gpu in nvidia.require_gpus(machine) if gpu.vendor == "amd" and not gpu.integrated]
    if not cards:
        raise Skip("there is no AMD card")
    newest = query.newest_with_builds(matrix.newest("torch"), machine.platform, "rocm")
    if newest is None:
        raise Skip(f"PyTorch has no ROCm builds for {machine.platform}")
    held = {target for build in newest[1] for target in build.gfx}
    targets = {gpu.name or "AMD GPU": gpu.gfx or query.gfx_of(matrix.gpus, gpu.name or "") for gpu in cards}
    if None in targets.values():
        raise Unknown(f"the gfx target of {next(name for name, gfx in targets.items() if gfx is None)} is not known")
    for name, gfx in targets.items():
        if gfx not in held:
            yield _describe_amd(machine, matrix, name, gfx or "", newest[0])


def _describe_amd(machine: Machine, matrix: Matrix, name: str, gfx: str, newest: Release) -> Finding:
    older = next((row for row in _rocm_builds(machine, matrix) if gfx in row[1].gfx), None)
    still = f"{nvidia.name_build(matrix, *older)} is the newest that does" if older else "no release in the matrix does"
    return Finding(
        id="amd-gpu-not-in-current-builds",
        severity="warning",
        title=f"{name} is not served by the newest PyTorch",
        cause=f"No known ROCm build of PyTorch {newest.version} holds code for {gfx}; {still}.",
        evidence=(cite(machine, f"{name}: {gfx}", "gpus.amd", "gpus.pci", "gpu"),),
        fix=(install_profile("pytorch-gpu"),) if older else (_use_cpu(),),
        applies_to=(name,),
    )


def _rocm_builds(machine: Machine, matrix: Matrix) -> Iterator[tuple[Release, Build]]:
    for release in query.newest_first(matrix.framework("torch")):
        for build in query.proven_builds(release, machine.platform):
            if "rocm" in build.accelerators:
                yield release, build


@check("gpu-memory-small", subject="gpu")
def gpu_memory_small(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """No graphics card with the 6 GB that common models need (10 % less still counts as 6)."""
    cards = [gpu for gpu in nvidia.require_gpus(case.machine) if gpu.vendor in ("nvidia", "amd") and not gpu.integrated]
    if not cards:
        raise Skip("there is no graphics card")
    sizes = [gpu.memory_bytes for gpu in cards if gpu.memory_bytes is not None]
    if not sizes:
        raise Unknown("the memory of the graphics card is not known")
    if max(sizes) < MEMORY * ALLOWANCE:
        yield _describe_memory(case.machine, cards, max(sizes))


def _describe_memory(machine: Machine, cards: list[Gpu], size: int) -> Finding:
    name = next((gpu.name for gpu in cards if gpu.memory_bytes == size and gpu.name), "the GPU")
    return Finding(
        id="gpu-memory-small",
        severity="info",
        title=f"{gib(size)} of GPU memory is little; 6 GB is recommended",
        cause=f"Small models fit on {name}; larger ones run out of memory.",
        evidence=(cite(machine, f"{name}: {gib(size)}", *nvidia.READINGS),),
        fix=(Fix(text="Use small models and batches, or half precision"),),
    )


@check("windows-gpu-tensorflow", subject="gpu")
def windows_gpu_tensorflow(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Windows with an NVIDIA GPU: TensorFlow reaches it through WSL 2 only."""
    machine = case.machine
    if machine.os.family != "windows":
        raise Skip("this is no Windows")
    nvidia.require_nvidia(machine)
    if "tensorflow" not in matrix.framework_ids:
        raise Skip("the matrix has no TensorFlow")
    newest = query.newest_with_builds(matrix.newest("tensorflow"), machine.platform)
    if newest is None or not any("cuda" in build.accelerators for build in newest[1]):
        yield Finding(
            id="windows-gpu-tensorflow",
            severity="info",
            title="TensorFlow does not use the GPU on Windows",
            cause="Its wheels for Windows are CPU builds; inside WSL 2 the Linux builds use the GPU. "
            "PyTorch is not affected.",
            fix=(Fix(text="For TensorFlow on the GPU, install WSL 2 and work inside it", command="wsl --install"),),
            applies_to=("tensorflow",),
        )
