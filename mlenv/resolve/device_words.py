"""What a plan says about the devices of a machine: those that are left out, and what limits those in use."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.size import gib
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import VENDOR_OF, Accelerator
from mlenv.resolve.devices import accelerated_gpus, idle_cards, name_of, unusable_gpus
from mlenv.resolve.targets import capability_of, gfx_of
from mlenv.resolve.visibility import View, view_of

VENDORS: dict[str, str] = {vendor: accelerator for accelerator, vendor in VENDOR_OF.items()}
LOADER = "HSA_ENABLE_DXG_DETECTION=1"
DOCTOR = "`mlenv doctor` says why and what to do"
NODES: dict[str, tuple[str, ...]] = {
    "cuda": ("/dev/nvidiactl", "/dev/nvidia-uvm", *(f"/dev/nvidia{digit}" for digit in range(10))),
    "rocm": ("/dev/kfd", "/dev/dri/render"),
    "xpu": ("/dev/dri/render",),
}
"""The device files that an accelerator is computed through."""
# Libraries without a GPU, as in many container images, answer otherwise.
_PROOFS_OF_A_GPU = ("LibRmVersionMismatch", "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "timeout")


def warn_of_devices(machine: Machine, matrix: Matrix, accelerator: Accelerator) -> list[str]:
    """What must be said of the GPUs of a machine where a plan uses ``accelerator``."""
    return [
        *_warn_of_masks(machine, accelerator),
        *(row.text for row in unusable_gpus(machine, accelerator)),
        *_warn_of_idle_cards(machine, accelerator),
        *_warn_of_mig(machine, accelerator),
        *_warn_of_generations(machine, matrix, accelerator),
        *_warn_of_driver(machine, accelerator),
        *_warn_of_nodes(machine, accelerator),
        *_warn_of_runtime(machine, accelerator),
        *_warn_of_wsl(machine, accelerator),
        *_warn_of_override(machine, matrix, accelerator),
    ]


# ---------------------------------------------------------------- which GPUs count


def _warn_of_masks(machine: Machine, accelerator: Accelerator) -> Iterator[str]:
    """The variables that hide GPUs: of the maker whose devices are used, on the CPU of every maker."""
    vendors = [VENDOR_OF[accelerator]] if accelerator in VENDOR_OF else list(VENDORS)
    for vendor in vendors:
        yield from _tell_view(view_of(machine, vendor), vendor)


def _tell_view(view: View, vendor: str) -> Iterator[str]:
    if not view.told:
        yield f"which GPUs {view.words} leaves cannot be told here, so the builds serve all of them; {_TELL[vendor]}"
    elif view.hidden:
        what = f"hides {_names(view.hidden)}, which this plan leaves out"
        yield f"{view.words} {what if view.visible else 'hides every GPU: unset it to use one'}"


_TELL = {
    "nvidia": "set CUDA_DEVICE_ORDER=PCI_BUS_ID to count as nvidia-smi does, or name them by UUID (`nvidia-smi -L`)",
    "amd": "`rocminfo` shows those that are left",
    "intel": "`sycl-ls` shows those that are left",
    "google": "count them with `jax.devices()`",
}


def _warn_of_idle_cards(machine: Machine, accelerator: Accelerator) -> Iterator[str]:
    """The cards of another maker: an environment has builds for one."""
    if accelerator not in VENDOR_OF or machine.os.family == "macos":
        return
    for vendor, other in VENDORS.items():
        cards = [gpu for gpu in idle_cards(machine, accelerator) if gpu.vendor == vendor]
        if cards:
            yield (
                f"{_names(cards)} will not be used: an environment has builds for the GPUs of one maker "
                f"(--accelerator {other} plans for it, in an environment of its own)"
            )


def _names(gpus: tuple[Gpu, ...] | list[Gpu]) -> str:
    counts: dict[str, int] = {}
    for gpu in gpus:
        counts[name_of(gpu)] = counts.get(name_of(gpu), 0) + 1
    return " and ".join(
        name if count == 1 else f"{count} x {name.removeprefix('an ').removeprefix('a ')}"
        for name, count in counts.items()
    )


# ---------------------------------------------------------------- what limits them


def _warn_of_mig(machine: Machine, accelerator: Accelerator) -> Iterator[str]:
    """On a split GPU a process has one part of it."""
    if accelerator != "cuda":
        return
    shown = machine.nvidia.cuda_devices if machine.nvidia else None
    for gpu in accelerated_gpus(machine, "cuda"):
        if not gpu.mig:
            continue
        parts = [part for part in gpu.mig_instances or () if not shown or part.uuid in shown] or gpu.mig_instances or ()
        sizes = ", ".join(dict.fromkeys(_size(part.profile, part.memory_bytes) for part in parts)) or "unknown size"
        yield f"{name_of(gpu)} is split with MIG: a process uses one part of it ({sizes}), and never several"


def _size(profile: str | None, memory: int | None) -> str:
    size = gib(memory) if memory is not None else ""
    return f"{profile}, {size}" if profile and size else profile or size or "unknown size"


def _warn_of_generations(machine: Machine, matrix: Matrix, accelerator: Accelerator) -> Iterator[str]:
    """GPUs of several generations: each build must hold code for all of them."""
    if accelerator not in ("cuda", "rocm"):
        return
    targets: dict[str, None] = {}
    for gpu in accelerated_gpus(machine, accelerator):
        target = capability_of(matrix, gpu) if accelerator == "cuda" else gfx_of(matrix, gpu)
        targets[f"{name_of(gpu)} ({target or 'of unknown generation'})"] = None
    if len({text.rpartition("(")[2] for text in targets}) > 1:
        yield f"the builds are chosen to serve every GPU in use: {', '.join(targets)}"


def _warn_of_driver(machine: Machine, accelerator: Accelerator) -> Iterator[str]:
    """A driver that is there and does not start: the plan is right once it does."""
    state = machine.nvidia
    if accelerator not in ("cuda", "cpu") or state is None:
        return
    wrong = next((answer for answer in (state.nvml, state.cuda_init) if answer not in (None, "ok")), None)
    if wrong is None:
        return
    if accelerator == "cuda":
        yield f"the NVIDIA driver does not work now ({wrong}): {DOCTOR}"
    elif not machine.gpus_of("nvidia") and wrong in _PROOFS_OF_A_GPU:
        yield f"there is an NVIDIA driver that does not work now ({wrong}), so its GPU is not known: {DOCTOR}"


def _warn_of_nodes(machine: Machine, accelerator: Accelerator) -> Iterator[str]:
    """Device files that this user may not open."""
    shut = [
        node.path
        for node in machine.device_nodes or ()
        if node.path.startswith(NODES.get(accelerator, ("-",))) and False in (node.readable, node.writable)
    ]
    if shut:
        yield f"this user may not open {' and '.join(sorted(shut))}: {DOCTOR}"


def _warn_of_runtime(machine: Machine, accelerator: Accelerator) -> Iterator[str]:
    """XPU builds reach the GPU through Intel's compute runtime, which the system brings."""
    absent = any(row.id == "intel.compute_runtime" and row.outcome == "absent" for row in machine.readings)
    if accelerator == "xpu" and absent and machine.os.family == "linux" and not machine.os.wsl:
        yield (
            "Intel's compute runtime (libze_intel_gpu.so.1) is not installed: without it no GPU is found "
            "(dgpu-docs.intel.com says how; mlenv does not install it)"
        )


def _warn_of_wsl(machine: Machine, accelerator: Accelerator) -> Iterator[str]:
    """ROCm reaches the GPU through Windows, by a library of its own."""
    if accelerator == "rocm" and machine.os.wsl:
        yield (
            f"inside WSL, ROCm needs AMD's librocdxg (github.com/ROCm/librocdxg), {LOADER} and AMD's driver on "
            "Windows, which mlenv does not install"
        )


def _warn_of_override(machine: Machine, matrix: Matrix, accelerator: Accelerator) -> Iterator[str]:
    """HSA_OVERRIDE_GFX_VERSION makes a GPU run code of another target."""
    value = next((row.value for row in machine.variables if row.name == "HSA_OVERRIDE_GFX_VERSION"), "")
    gpus = accelerated_gpus(machine, "rocm")
    if value and gpus and (accelerator == "rocm" or accelerator == "cpu"):
        targets = ", ".join(dict.fromkeys(gfx_of(matrix, gpu) or "an unknown target" for gpu in gpus))
        yield (
            f"HSA_OVERRIDE_GFX_VERSION={value} is set: it makes {targets} run code of another target, which AMD does "
            "not support; this plan does not count on it"
        )
