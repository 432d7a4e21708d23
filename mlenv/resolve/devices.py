"""The devices of a machine: which accelerators a request is tried on, and the GPUs behind each."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.matrix.rows import VENDOR_OF, Accelerator
from mlenv.resolve.request import Request
from mlenv.resolve.visibility import PerMachine, masks_in_force, view_of

ORDER: tuple[Accelerator, ...] = ("cuda", "rocm", "xpu", "mps", "tpu")
# Macs have had GPUs of other makers, which no framework uses there.
ON_MACOS: tuple[Accelerator, ...] = ("mps",)
_IN_USE: PerMachine[tuple[Gpu, ...]] = PerMachine()


class Unusable(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU that no process can use as the machine is now: why, and what would change it."""

    gpu: Gpu
    text: str
    remedy: str = ""


def accelerators_to_try(request: Request, machine: Machine) -> tuple[Accelerator, ...]:
    """The accelerators worth trying, in order.

    ``auto`` takes the devices of this machine and ends with the CPU, which always works; ``gpu``
    takes the devices and nothing else; a named accelerator only itself, so that a pinned build
    can be planned for and refused with its own reason.
    """
    if request.accelerator == "auto":
        return (*_present(machine), "cpu")
    if request.accelerator == "gpu":
        return _present(machine)
    for accelerator in (*ORDER, "cpu"):
        if request.accelerator == accelerator:
            return (accelerator,)
    raise ValueError(request.accelerator)


def _present(machine: Machine) -> tuple[Accelerator, ...]:
    """The accelerators of the GPUs that count: beside a card of any maker, integrated GPUs do not."""
    gpus = machine.gpus or ()
    cards = tuple(gpu for gpu in gpus if not gpu.integrated)
    vendors = {gpu.vendor for gpu in cards or gpus}
    order = ON_MACOS if machine.os.family == "macos" else ORDER
    return tuple(accelerator for accelerator in order if VENDOR_OF[accelerator] in vendors)


def accelerated_gpus(machine: Machine, accelerator: Accelerator) -> tuple[Gpu, ...]:
    """The GPUs that a build for an accelerator would use: those that the environment leaves visible and that work.

    Integrated GPUs do not count where a card of the same maker is there: builds are chosen for
    the card.
    """
    found = _IN_USE.of(machine)
    if accelerator not in found:
        vendor = VENDOR_OF.get(accelerator)
        found[accelerator] = _find_usable(machine, vendor) if vendor else ()
    return found[accelerator]


def _find_usable(machine: Machine, vendor: str) -> tuple[Gpu, ...]:
    gpus = tuple(gpu for gpu in view_of(machine, vendor).visible if _why_unusable(machine, gpu) is None)
    discrete = tuple(gpu for gpu in gpus if not gpu.integrated)
    return discrete or gpus


def distinct_gpus(machine: Machine, accelerator: Accelerator) -> tuple[Gpu, ...]:
    """One of each kind among the GPUs in use: eight equal cards are judged once."""
    kinds = {(gpu.name, gpu.compute_capability, gpu.gfx): gpu for gpu in accelerated_gpus(machine, accelerator)}
    return tuple(kinds.values())


def idle_cards(machine: Machine, accelerator: Accelerator) -> tuple[Gpu, ...]:
    """The cards of other makers, which an environment for this accelerator leaves idle."""
    vendor = VENDOR_OF.get(accelerator)
    return tuple(gpu for gpu in machine.gpus or () if gpu.vendor != vendor and not gpu.integrated)


# ---------------------------------------------------------------- GPUs that no process can use


def unusable_gpus(machine: Machine, accelerator: Accelerator) -> tuple[Unusable, ...]:
    """The visible GPUs that a build for an accelerator cannot use as the machine is now."""
    vendor = VENDOR_OF.get(accelerator)
    gpus = view_of(machine, vendor).visible if vendor else ()
    return tuple(row for gpu in gpus if (row := _why_unusable(machine, gpu)) is not None)


def _why_unusable(machine: Machine, gpu: Gpu) -> Unusable | None:
    name = name_of(gpu)
    if gpu.mig and gpu.mig_instances == ():
        place = f" -i {gpu.index}" if gpu.index is not None else ""
        return Unusable(
            gpu=gpu,
            text=f"{name} is split with MIG and has no instance: nothing can run on it",
            remedy=f"make an instance (`nvidia-smi mig -lgip{place}` lists the sizes), or switch MIG off "
            f"(`sudo nvidia-smi{place} -mig 0`)",
        )
    if gpu.driver == "vfio-pci":
        return Unusable(gpu=gpu, text=f"{name} is set aside for a virtual machine (vfio-pci)")
    if _is_lost(machine, gpu):
        remedy = "switch the machine off, check power and seat of the card, and start it again"
        return Unusable(gpu=gpu, text=f"{name} is lost: the driver can no longer reach it", remedy=remedy)
    if _is_unknown_to_cuda(machine, gpu):
        return Unusable(gpu=gpu, text=f"{name} is not shown by CUDA: this driver does not serve it")
    return None


def _is_lost(machine: Machine, gpu: Gpu) -> bool:
    return any(
        reading.id == f"gpu.{gpu.index}" and reading.outcome == "unreadable" and "GpuIsLost" in reading.detail
        for reading in machine.readings
        if gpu.vendor == "nvidia"
    )


def _is_unknown_to_cuda(machine: Machine, gpu: Gpu) -> bool:
    """A GPU that only the bus lists, while CUDA works and shows others: its driver does not know it."""
    state = machine.nvidia
    if gpu.vendor != "nvidia" or gpu.uuid is not None or gpu.index is not None or state is None:
        return False
    return state.cuda_init == "ok" and bool(state.cuda_devices) and not masks_in_force(machine, "nvidia")


def name_of(gpu: Gpu) -> str:
    """The name of a GPU, for sentences."""
    makers = {"nvidia": "an NVIDIA GPU", "amd": "an AMD GPU", "intel": "an Intel GPU", "google": "a TPU"}
    return gpu.name or makers.get(gpu.vendor, "a GPU")


def hide_others(kept: Sequence[Gpu]) -> str:
    """The setting that leaves only these GPUs of their maker visible: ``CUDA_VISIBLE_DEVICES=0``.

    By number where the vendor's tool gives one, in the order that the tool shows.
    """
    vendor = kept[0].vendor
    places = ",".join(str(gpu.index) for gpu in kept)
    known = all(gpu.index is not None for gpu in kept)
    if vendor == "nvidia":
        if known:
            return f"CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES={places}"
        return "CUDA_VISIBLE_DEVICES with the UUIDs of the others, which `nvidia-smi -L` lists"
    variable = "ROCR_VISIBLE_DEVICES" if vendor == "amd" else "ZE_AFFINITY_MASK"
    return f"{variable}={places}" if known else f"{variable} with the numbers of the others"
