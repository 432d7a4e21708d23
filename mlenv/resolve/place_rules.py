"""The rules about where a machine's GPU is: in a container, inside WSL, on a Jetson board."""

from __future__ import annotations

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.version import at_least, numbers
from mlenv.matrix import query
from mlenv.matrix.hardware import JetPack
from mlenv.matrix.query_products import rocm_supports
from mlenv.resolve.devices import distinct_gpus, name_of
from mlenv.resolve.driver_words import WITH_GPU, is_jetson, jetpack_for, jetpack_of
from mlenv.resolve.question import Failure, Question
from mlenv.resolve.targets import capability_of, gfx_of

COMPUTE = "docker run --gpus all -e NVIDIA_DRIVER_CAPABILITIES=compute,utility"
KFD = "docker run --device /dev/kfd --device /dev/dri"
JETSON_BUILDS = "NVIDIA's containers and builds for Jetson (github.com/dusty-nv/jetson-containers) are made for it"


# ---------------------------------------------------------------- containers


def reaches_gpu(question: Question) -> Failure | None:
    """A container was given what its GPU needs; nothing is to be installed inside for it."""
    if not question.machine.os.container:
        return None
    if question.accelerator == "cuda":
        return _reaches_nvidia(question)
    if question.accelerator == "rocm" and _misses_kfd(question.machine):
        text = f"{question.name} needs /dev/kfd, which this container was not given (`{KFD}` gives it)"
        return Failure(rule="container-without-gpu", text=text, remedy=f"start the container with it (`{KFD}`)")
    return None


def _reaches_nvidia(question: Question) -> Failure | None:
    state = question.machine.nvidia
    if state is not None and state.kernel_module and state.driver is None:
        text = (
            f"{question.name} needs the libraries of the NVIDIA driver, and this container was started without them; "
            f"its host has driver {state.kernel_module}"
        )
        return Failure(rule="container-without-gpu", text=text, remedy=WITH_GPU)
    if state is not None and state.cuda_init is None and _lacks_compute(question.machine):
        text = f"{question.name} needs the driver capability `compute`, which this container was not given"
        return Failure(rule="container-without-compute", text=text, remedy=f"start the container with it (`{COMPUTE}`)")
    return None


def _lacks_compute(machine: Machine) -> bool:
    """Whether the driver's libcuda is missing, or the container says that it asked for less."""
    given = next((row.value for row in machine.variables if row.name == "NVIDIA_DRIVER_CAPABILITIES"), None)
    if given is not None and not {"compute", "all"} & set(given.replace(" ", "").split(",")):
        return True
    absent = any(row.id == "nvidia.cuda_init" and row.outcome == "absent" for row in machine.readings)
    return absent and machine.nvidia is not None and machine.nvidia.nvml == "ok"


def _misses_kfd(machine: Machine) -> bool:
    """Whether somebody looked for /dev/kfd, which ROCm computes through, and it is not there."""
    return any(row.id == "gpus.amd.device" and row.outcome == "absent" for row in machine.readings)


# ---------------------------------------------------------------- WSL


def fits_wsl(question: Question) -> Failure | None:
    """Inside WSL a build for ROCm runs on the GPUs that AMD names for it, with the frameworks that it vouches for."""
    if question.accelerator != "rocm" or not question.machine.os.wsl:
        return None
    gaps = [row for row in question.matrix.rocm.gap if row.system == "wsl"]
    if any(row.framework == question.framework.id for row in gaps):
        text = f"{question.name}: AMD does not vouch for {question.framework.name} with ROCm inside WSL"
        return Failure(rule="rocm-on-wsl", text=text)
    wrong = next((gpu for gpu in distinct_gpus(question.machine, "rocm") if not _is_named(question, gpu)), None)
    if wrong is None:
        return None
    text = f"{question.name}: AMD does not name {name_of(wrong)} for ROCm {_rocm_of(question)} inside WSL"
    return Failure(rule="rocm-on-wsl", text=text)


def _is_named(question: Question, gpu: Gpu) -> bool:
    """Whether AMD names a GPU (its product, else its target) for WSL in the build's ROCm or an earlier one."""
    rocm, target = question.matrix.rocm, gfx_of(question.matrix, gpu)
    product = query.find_gpu(question.matrix.gpus, gpu.name or "", vendor="amd")
    for row in rocm.support:
        if row.system != "wsl" or row.gfx != target or not at_least(_rocm_of(question), row.release):
            continue
        if rocm_supports(rocm, row.gfx, row.release, system="wsl") == "supported":
            return product is None or product.gfx != target or product.name in row.products
    return False


def _rocm_of(question: Question) -> str:
    """The ROCm that a build brings or was made with: of ``rocm7.2`` it is 7.2."""
    return question.build.variant.removeprefix("rocm")


# ---------------------------------------------------------------- Jetson


def fits_jetson(question: Question) -> Failure | None:
    """Ordinary Arm builds run on a Jetson board from the JetPack on that took them in."""
    if question.accelerator != "cuda" or not is_jetson(question.machine, question.matrix):
        return None
    row = jetpack_of(question.machine, question.matrix)
    for gpu in distinct_gpus(question.machine, "cuda"):
        capability = capability_of(question.matrix, gpu)
        if capability is not None and (row is None or capability not in row.ordinary_wheels):
            return _describe(question, gpu, capability, row)
    return None if row is None else _has_cuda(question, row)


def _has_cuda(question: Question, row: JetPack) -> Failure | None:
    """Jetson drivers have numbers of their own: the CUDA of the JetPack decides."""
    if numbers(row.cuda)[:1] >= numbers(question.build.cuda)[:1]:
        return None
    text = f"{question.name} (CUDA {question.build.cuda}) needs a newer JetPack than {row.version} (CUDA {row.cuda})"
    return Failure(rule="jetpack-too-old", text=text)


def _describe(question: Question, gpu: Gpu, capability: str, row: JetPack | None) -> Failure:
    board = f"{name_of(gpu)} (Jetson, {capability})"
    if row is None:
        text = f"{question.name} is made for Arm servers, and which JetPack {board} has is not known"
        return Failure(rule="jetpack-unknown", text=f"{text} (`cat /etc/nv_tegra_release` shows its L4T)")
    text = f"{question.name} is made for Arm servers and does not run on {board} with JetPack {row.version}"
    newer = jetpack_for(question.matrix, capability)
    remedy = f"update to JetPack {newer.version}" if newer and _would_run(question, newer, capability) else ""
    return Failure(rule="jetson", text=f"{text}; {JETSON_BUILDS}", remedy=remedy)


def _would_run(question: Question, row: JetPack, capability: str) -> bool:
    if numbers(row.cuda)[:1] < numbers(question.build.cuda)[:1]:
        return False
    return query.build_runs_on(question.matrix.drivers, question.build, capability) is True
