"""The devices of a machine: which accelerators a request is tried on, and the GPUs behind each."""

from __future__ import annotations

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.matrix.rows import VENDOR_OF, Accelerator
from mlenv.resolve.request import Request

ORDER: tuple[Accelerator, ...] = ("cuda", "rocm", "xpu", "mps", "tpu")
# Macs have had GPUs of other makers, which no framework uses there.
ON_MACOS: tuple[Accelerator, ...] = ("mps",)


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
    vendors = {gpu.vendor for gpu in machine.gpus or ()}
    order = ON_MACOS if machine.os.family == "macos" else ORDER
    return tuple(accelerator for accelerator in order if VENDOR_OF[accelerator] in vendors)


def accelerated_gpus(machine: Machine, accelerator: Accelerator) -> tuple[Gpu, ...]:
    """The GPUs that a build for an accelerator would use.

    Integrated AMD GPUs do not count where a card of its own is there: ROCm builds are chosen for
    the card.
    """
    vendor = VENDOR_OF.get(accelerator)
    if vendor is None:
        return ()
    gpus = tuple(gpu for gpu in machine.gpus or () if gpu.vendor == vendor)
    discrete = tuple(gpu for gpu in gpus if not gpu.integrated)
    return discrete or gpus


def distinct_gpus(machine: Machine, accelerator: Accelerator) -> tuple[Gpu, ...]:
    """One of each kind among the GPUs in use: eight equal cards are judged once."""
    kinds = {(gpu.name, gpu.compute_capability, gpu.gfx): gpu for gpu in accelerated_gpus(machine, accelerator)}
    return tuple(kinds.values())
