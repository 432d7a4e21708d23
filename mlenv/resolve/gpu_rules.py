"""The rules about drivers and GPUs: whether a build may use a device."""

from __future__ import annotations

from collections.abc import Callable

from mlenv.facts.gpu import Gpu
from mlenv.facts.version import at_least
from mlenv.matrix import query
from mlenv.matrix.rows import Accelerator
from mlenv.resolve.devices import accelerated_gpus, distinct_gpus
from mlenv.resolve.question import Failure, Question

DEVICES: dict[Accelerator, str] = {
    "rocm": "an AMD GPU",
    "xpu": "an Intel GPU",
    "mps": "an Apple GPU",
    "tpu": "a TPU",
}
"""What an accelerator's builds run on, for sentences."""


def has_driver(question: Question) -> Failure | None:
    """A CUDA build needs an NVIDIA driver that is there and new enough."""
    if question.accelerator != "cuda":
        return None
    driver = question.machine.nvidia.driver if question.machine.nvidia else None
    if driver is None:
        text = f"{question.name} needs the NVIDIA driver, and none is known on this machine"
        return Failure(rule="driver-unknown", text=text, remedy="install the NVIDIA driver")
    return _driver_is_new_enough(question, driver)


def _driver_is_new_enough(question: Question, driver: str) -> Failure | None:
    build, drivers = question.build, question.matrix.drivers
    system = query.driver_system(question.machine)
    floor = query.driver_floor(drivers, build.cuda, system=system)
    if build.driver and system == "linux" and (floor is None or at_least(build.driver, floor)):
        floor = build.driver
    if floor is None:
        return Failure(rule="driver-floor-unknown", text=f"no row says which driver CUDA {build.cuda} needs")
    if at_least(driver, floor):
        return None
    text = f"{question.name} (CUDA {build.cuda}) needs driver {floor} or newer, this machine has {driver}"
    return Failure(rule="driver-too-old", text=text, driver=floor)


def driver_knows_gpus(question: Question) -> Failure | None:
    """The driver's branch still serves, or already serves, the generation of every GPU."""
    if question.accelerator != "cuda" or question.machine.nvidia is None:
        return None
    driver = question.machine.nvidia.driver
    if driver is None:
        return None
    for gpu in distinct_gpus(question.machine, "cuda"):
        capability = capability_of(question, gpu)
        if capability is None or query.driver_knows(question.matrix.drivers, driver, capability):
            continue
        row = query.architecture_of(question.matrix.drivers, capability)
        name = row.name if row else f"compute capability {capability}"
        if row and query.driver_is_past(row, driver):
            text = f"driver {driver} no longer serves {gpu.name} ({name}); branch {row.last_driver} was the last"
            return Failure(rule="driver-too-new-for-gpu", text=text, remedy=f"install driver branch {row.last_driver}")
        text = f"driver {driver} does not know {gpu.name} ({name})"
        first = str(row.first_driver) if row else ""
        return Failure(rule="driver-does-not-know-gpu", text=text, driver=first)
    return None


def has_device(question: Question) -> Failure | None:
    """A build for another device than the CPU finds one; the driver speaks for NVIDIA's."""
    accelerator = question.accelerator
    if accelerator in ("cpu", "cuda") or accelerated_gpus(question.machine, accelerator):
        return None
    none = "none is known on this machine" if question.machine.gpus is None else "this machine has none"
    text = f"{question.name} needs {DEVICES[accelerator]}, and {none}"
    return Failure(rule="no-device", text=text, remedy=f"use a machine with {DEVICES[accelerator]}")


def has_rocm(question: Question) -> Failure | None:
    """A build for ROCm that needs it on the host finds it new enough; unknown ROCm is warned of elsewhere."""
    if question.accelerator != "rocm":
        return None
    found = question.machine.rocm.version if question.machine.rocm else None
    floor = next((text.partition(">=")[2] for text in question.build.needs if text.startswith("rocm>=")), "")
    if not floor or not found or at_least(found, floor):
        return None
    text = f"{question.name} needs ROCm {floor} or newer on the machine, this one has {found}"
    return Failure(rule="rocm-too-old", text=text, remedy=f"install ROCm {floor} or newer")


def has_code_for_gpus(question: Question) -> Failure | None:
    """Every GPU in use finds code in the build that it can run."""
    if question.accelerator == "cuda":
        return _first(question, distinct_gpus(question.machine, "cuda"), _has_cuda_code)
    if question.accelerator == "rocm":
        return _first(question, distinct_gpus(question.machine, "rocm"), _has_gfx_code)
    if question.accelerator == "xpu":
        return _first(question, distinct_gpus(question.machine, "xpu"), _is_known_xpu)
    return None


def _first(
    question: Question, gpus: tuple[Gpu, ...], rule: Callable[[Question, Gpu], Failure | None]
) -> Failure | None:
    return next((failure for gpu in gpus if (failure := rule(question, gpu)) is not None), None)


def _has_cuda_code(question: Question, gpu: Gpu) -> Failure | None:
    capability = capability_of(question, gpu)
    if capability is None:
        text = f"the compute capability of {gpu.name or 'the NVIDIA GPU'} is not known"
        return Failure(rule="gpu-unknown", text=text, remedy="give it as compute_capability in a machine file")
    build = question.build
    runs = query.build_runs_on(question.matrix.drivers, build, capability)
    if runs:
        return None
    if runs is None:
        return Failure(rule="gpu-code-unknown", text=f"no row says which GPU code {question.name} holds")
    held = ", ".join((*build.sass, *(f"PTX {code}" for code in build.ptx)))
    held = held or f"{build.capability_floor} and newer"
    text = f"{question.name} has no code for {gpu.name or 'a GPU'} ({capability}); it holds {held}"
    return Failure(rule="gpu-code", text=text)


def _has_gfx_code(question: Question, gpu: Gpu) -> Failure | None:
    gfx = gpu.gfx or query.gfx_of(question.matrix.gpus, gpu.name or "")
    if gfx is None:
        return Failure(rule="gpu-unknown", text=f"the gfx target of {gpu.name or 'the AMD GPU'} is not known")
    if gfx in question.build.gfx:
        return None
    if not question.build.gfx:
        return Failure(rule="gpu-code-unknown", text=f"no row says which gfx targets {question.name} holds")
    held = ", ".join(question.build.gfx)
    return Failure(
        rule="gpu-code", text=f"{question.name} has no code for {gpu.name or 'a GPU'} ({gfx}); it holds {held}"
    )


def _is_known_xpu(question: Question, gpu: Gpu) -> Failure | None:
    if query.find_gpu(question.matrix.gpus, gpu.name or "", vendor="intel") is not None:
        return None
    text = f"{gpu.name or 'the Intel GPU'} is not among the Intel GPUs that {question.framework.name} supports"
    return Failure(rule="gpu-unknown", text=text)


def capability_of(question: Question, gpu: Gpu) -> str | None:
    """The compute capability of a GPU: as read, else by the name of the product."""
    return gpu.compute_capability or query.compute_capability_of(question.matrix.gpus, gpu.name or "")
