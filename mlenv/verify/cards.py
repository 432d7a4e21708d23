"""Which GPU of the machine a result is about."""

from __future__ import annotations

import re

import msgspec

from mlenv.facts.gpu import Gpu, Vendor
from mlenv.facts.machine import Machine
from mlenv.verify.result import Result

VENDORS: dict[str, Vendor] = {"cuda": "nvidia", "rocm": "amd", "xpu": "intel", "mps": "apple"}
_DEVICE = re.compile(r"(cuda|rocm|xpu|mps):(\d+)$")


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU as the framework names it, and what the probe knows of it (None where it is not found)."""

    vendor: Vendor
    name: str
    uuid: str
    gpu: Gpu | None


def find_card(result: Result, machine: Machine) -> Card | None:
    """The GPU that a result was measured on, None for the CPU and for several at once."""
    found = _DEVICE.fullmatch(result.device or "")
    if found is None:
        return None
    vendor = VENDORS[found.group(1)]
    gpu = _find_gpu(result, machine.gpus_of(vendor), int(found.group(2)))
    name = str(result.measured.get("card", "")) or (gpu.name if gpu and gpu.name else "")
    return Card(vendor=vendor, name=name, uuid=result.about or (gpu.uuid if gpu and gpu.uuid else ""), gpu=gpu)


def _find_gpu(result: Result, gpus: tuple[Gpu, ...], index: int) -> Gpu | None:
    """By the UUID; without one by the number, where the GPU of that number has the right name."""
    if result.about:
        same = next((gpu for gpu in gpus if gpu.uuid == result.about), None)
        if same is not None:
            return same
    ordered = sorted(gpus, key=lambda gpu: gpu.pci_address or "")
    gpu = ordered[index] if index < len(ordered) else None
    name = result.measured.get("card")
    if gpu is None or (result.about and gpu.uuid) or (name and gpu.name and gpu.name != name):
        return None
    return gpu
