"""The rules about drivers and GPUs: whether a build may use a device."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.version import at_least, numbers
from mlenv.matrix import query
from mlenv.matrix.query_products import find_override, find_xpu_series
from mlenv.matrix.rows import VENDOR_OF, Accelerator
from mlenv.resolve.devices import accelerated_gpus, distinct_gpus, hide_others, name_of, unusable_gpus
from mlenv.resolve.driver_words import driver_of, install_words, is_jetson
from mlenv.resolve.forward import compat_package
from mlenv.resolve.place_rules import fits_jetson
from mlenv.resolve.question import Failure, Question
from mlenv.resolve.targets import capability_of, gfx_of
from mlenv.resolve.visibility import view_of

DEVICES: dict[Accelerator, str] = {
    "cuda": "an NVIDIA GPU",
    "rocm": "an AMD GPU",
    "xpu": "an Intel GPU",
    "mps": "an Apple GPU",
    "tpu": "a TPU",
}
"""What an accelerator's builds run on, for sentences."""
_ASK_NVIDIA = "`nvidia-smi --query-gpu=name,compute_cap --format=csv` shows it"


def has_driver(question: Question) -> Failure | None:
    """A CUDA build needs an NVIDIA driver that is there and new enough; Jetson's comes with its JetPack."""
    if question.accelerator != "cuda" or is_jetson(question.machine, question.matrix):
        return None
    driver = driver_of(question.machine)
    if driver is not None:
        return _driver_is_new_enough(question, driver)
    text = f"{question.name} needs the NVIDIA driver, and none is known on this machine"
    return Failure(rule="driver-unknown", text=text, remedy=install_words(question.machine))


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
    where = " on Windows" if question.machine.os.wsl else ""
    text = f"{question.name} needs driver {floor} or newer{where}, this machine has {driver}"
    package = compat_package(question.machine, question.matrix, build.cuda)
    remedy = f"install {package}, which runs CUDA {numbers(build.cuda)[0]} on driver {driver} here" if package else ""
    return Failure(rule="driver-too-old", text=text, driver=floor, remedy=remedy)


def driver_knows_gpus(question: Question) -> Failure | None:
    """The driver's branch still serves, or already serves, the generation of every GPU."""
    if question.accelerator != "cuda" or is_jetson(question.machine, question.matrix):
        return None
    driver = driver_of(question.machine)
    if driver is None:
        return None
    unknown = [gpu for gpu in distinct_gpus(question.machine, "cuda") if not _is_served(question, gpu, driver)]
    return _describe_unserved(question, unknown[0], driver, _hide(question, unknown)) if unknown else None


def _is_served(question: Question, gpu: Gpu, driver: str) -> bool:
    """Whether a driver serves a GPU; one whose generation is unknown falls by another rule."""
    capability = capability_of(question.matrix, gpu)
    return capability is None or query.driver_knows(question.matrix.drivers, driver, capability)


def _describe_unserved(question: Question, gpu: Gpu, driver: str, hide: str) -> Failure:
    capability = capability_of(question.matrix, gpu) or ""
    row = query.architecture_of(question.matrix.drivers, capability)
    name = row.name if row else f"compute capability {capability}"
    if row and query.driver_is_past(row, driver):
        text = f"driver {driver} no longer serves {gpu.name} ({name}); branch {row.last_driver} was the last"
        remedy = hide or f"install driver branch {row.last_driver}"
        return Failure(rule="driver-too-new-for-gpu", text=text, remedy=remedy)
    text = f"driver {driver} does not know {gpu.name} ({name})"
    first = str(row.first_driver) if row else ""
    return Failure(rule="driver-does-not-know-gpu", text=text, driver=first, remedy=hide)


def has_device(question: Question) -> Failure | None:
    """A build for another device than the CPU finds one that it may use; without GPUs NVIDIA's driver speaks."""
    accelerator = question.accelerator
    if accelerator == "cpu" or accelerated_gpus(question.machine, accelerator):
        return None
    vendor = VENDOR_OF[accelerator]
    if any(gpu.vendor == vendor for gpu in question.machine.gpus or ()):
        return _describe_unusable(question, vendor)
    if accelerator == "cuda":
        return None
    none = "none is known on this machine" if question.machine.gpus is None else "this machine has none"
    text = f"{question.name} needs {DEVICES[accelerator]}, and {none}"
    return Failure(rule="no-device", text=text, remedy=f"use a machine with {DEVICES[accelerator]}")


def _describe_unusable(question: Question, vendor: str) -> Failure:
    """Why none of the GPUs that are there may be used: all are hidden, or none works."""
    view = view_of(question.machine, vendor)
    if not view.visible:
        text = f"{question.name} needs {DEVICES[question.accelerator]}, and {view.words} hides every one"
        names = " and ".join(mask.name for mask in view.masks)
        return Failure(rule="gpu-hidden", text=text, remedy=f"unset {names}")
    row = unusable_gpus(question.machine, question.accelerator)[0]
    return Failure(rule="gpu-unusable", text=f"{question.name}: {row.text}", remedy=row.remedy)


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
    accelerator = question.accelerator
    if accelerator not in _CODE_RULES or (accelerator == "cuda" and fits_jetson(question) is not None):
        return None  # a board that takes no ordinary build has said so
    rule = _CODE_RULES[accelerator]
    failures = {
        gpu: failure for gpu in distinct_gpus(question.machine, accelerator) if (failure := rule(question, gpu))
    }
    if not failures:
        return None
    first = next(iter(failures.values()))
    hide = _hide(question, list(failures))
    return msgspec.structs.replace(first, remedy=hide) if hide else first


def _hide(question: Question, wrong: list[Gpu]) -> str:
    """How to leave out the GPUs that a build cannot serve; empty where it serves none, or all."""
    kinds = {(gpu.name, gpu.compute_capability, gpu.gfx) for gpu in wrong}
    kept = [
        gpu
        for gpu in accelerated_gpus(question.machine, question.accelerator)
        if (gpu.name, gpu.compute_capability, gpu.gfx) not in kinds
    ]
    if not kept or not wrong:
        return ""
    names = " and ".join(dict.fromkeys(name_of(gpu) for gpu in wrong))
    return f"hide {names} ({hide_others(kept)})"


def _has_cuda_code(question: Question, gpu: Gpu) -> Failure | None:
    capability = capability_of(question.matrix, gpu)
    if capability is None:
        text = f"the compute capability of {gpu.name or 'the NVIDIA GPU'} is not known ({_ASK_NVIDIA})"
        return Failure(rule="gpu-unknown", text=text)
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
    gfx = gfx_of(question.matrix, gpu)
    if gfx is None:
        text = f"the gfx target of {gpu.name or 'the AMD GPU'} is not known (`rocminfo` shows it)"
        return Failure(rule="gpu-unknown", text=text)
    if gfx in question.build.gfx:
        return None
    if not question.build.gfx:
        return Failure(rule="gpu-code-unknown", text=f"no row says which gfx targets {question.name} holds")
    held = ", ".join(question.build.gfx)
    text = f"{question.name} has no code for {gpu.name or 'a GPU'} ({gfx}); it holds {held}"
    return Failure(rule="gpu-code", text=text + _tell_override(question, gfx))


def _tell_override(question: Question, gfx: str) -> str:
    """What users say of an override where the build holds the code that it stands for; AMD supports none."""
    row = find_override(question.matrix.rocm, gfx)
    if row is None or row.acts_as not in question.build.gfx:
        return ""
    said = "some users report" if row.confirmed else "it is said, without a report that it works,"
    return (
        f"; {said} that HSA_OVERRIDE_GFX_VERSION={row.value} runs code of {row.acts_as} on it, AMD does not support it"
    )


def _is_known_xpu(question: Question, gpu: Gpu) -> Failure | None:
    series = find_xpu_series(question.matrix.gpus, gpu.name or "")
    if series is None:
        text = f"{gpu.name or 'the Intel GPU'} is not among the Intel GPUs that {question.framework.name} supports"
        return Failure(rule="gpu-unknown", text=text)
    if question.framework.id == "torch" and not at_least(question.release.version, series.torch):
        text = f"{question.name} is older than {series.torch}, the first release that names {series.series}"
        return Failure(rule="gpu-code", text=text)
    system = "wsl2" if question.machine.os.wsl else question.machine.os.family
    if system == "linux" or any(name.startswith(system) for name in series.systems):
        return None
    where = "inside WSL" if system == "wsl2" else "on Windows"
    return Failure(rule="gpu-system", text=f"{question.name}: {series.series} is not supported {where}")


_CODE_RULES: dict[Accelerator, Callable[[Question, Gpu], Failure | None]] = {
    "cuda": _has_cuda_code,
    "rocm": _has_gfx_code,
    "xpu": _is_known_xpu,
}
