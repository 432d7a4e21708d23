"""Which accelerators a request is tried on, best first."""

from __future__ import annotations

from mlenv.facts.machine import Machine
from mlenv.matrix.rows import Accelerator
from mlenv.resolve.request import Request
from mlenv.resolve.rules import VENDOR_OF

ORDER: tuple[Accelerator, ...] = ("cuda", "rocm", "xpu", "mps", "tpu")


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
    return tuple(accelerator for accelerator in ORDER if VENDOR_OF[accelerator] in vendors)
