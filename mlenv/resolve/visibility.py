"""Which GPUs the environment leaves visible: CUDA_VISIBLE_DEVICES and its like, read as the vendors' runtimes do.

- CUDA stops at the first entry that names no device: ``-1``, ``NoDevFiles`` and an empty value show none.
  Entries are numbers, UUIDs or their beginnings, and MIG devices; numbers follow speed unless
  CUDA_DEVICE_ORDER is PCI_BUS_ID (docs.nvidia.com/cuda/cuda-programming-guide, environment variables).
- ROCm takes ROCR_VISIBLE_DEVICES first; HIP_VISIBLE_DEVICES, or CUDA_VISIBLE_DEVICES in its place, counts what is
  left (rocm.docs.amd.com/en/latest/conceptual/gpu-isolation.html).  An empty one of the latter two does nothing.
- Level Zero takes ZE_AFFINITY_MASK, whose ``0.1`` is a part of device 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.system import Variable
from mlenv.facts.version import numbers


class Mask(msgspec.Struct, frozen=True, kw_only=True):
    """A variable that hides devices; ``empty_hides`` tells whether an empty value hides all of them.

    ``instead`` is the variable that the runtime reads where this one is not set.
    """

    name: str
    empty_hides: bool = False
    instead: str = ""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The GPUs of one vendor that a process sees, and those that ``masks`` hide.

    ``told`` is false where the masks cannot be read without asking the runtime; all GPUs count as
    visible then.
    """

    visible: tuple[Gpu, ...]
    hidden: tuple[Gpu, ...] = ()
    masks: tuple[Variable, ...] = ()
    told: bool = True

    @property
    def words(self) -> str:
        """``CUDA_VISIBLE_DEVICES=0``, for sentences."""
        return " and ".join(f"{mask.name}={mask.value}" for mask in self.masks)


MASKS: dict[str, tuple[Mask, ...]] = {
    "nvidia": (Mask(name="CUDA_VISIBLE_DEVICES", empty_hides=True),),
    "amd": (
        Mask(name="ROCR_VISIBLE_DEVICES", empty_hides=True),
        Mask(name="HIP_VISIBLE_DEVICES", instead="CUDA_VISIBLE_DEVICES"),
    ),
    "intel": (Mask(name="ZE_AFFINITY_MASK"),),
    "google": (Mask(name="TPU_VISIBLE_CHIPS", instead="TPU_VISIBLE_DEVICES"),),
}


Answer = TypeVar("Answer")


class PerMachine(Generic[Answer]):
    """Answers kept for one machine: the rules ask the same of it for each of hundreds of builds."""

    def __init__(self) -> None:
        self.machine: Machine | None = None
        self.found: dict[str, Answer] = {}

    def of(self, machine: Machine) -> dict[str, Answer]:
        """The answers kept for a machine; those for another one are dropped."""
        if self.machine is not machine:
            self.machine, self.found = machine, {}
        return self.found


_VIEWS: PerMachine[View] = PerMachine()


def view_of(machine: Machine, vendor: str) -> View:
    """Which GPUs of a vendor the environment of this machine leaves visible."""
    found = _VIEWS.of(machine)
    if vendor not in found:
        found[vendor] = _look(machine, vendor)
    return found[vendor]


def masks_in_force(machine: Machine, vendor: str) -> tuple[Variable, ...]:
    """The variables that hide devices of a vendor here, in the order in which they take effect."""
    return tuple(_in_force(machine, vendor))


def _in_force(machine: Machine, vendor: str) -> Iterator[Variable]:
    values = {variable.name: variable.value for variable in machine.variables}
    for mask in MASKS.get(vendor, ()):
        for name in filter(None, (mask.name, mask.instead)):
            value = values.get(name, "").strip()
            if name in values and (value or mask.empty_hides) and not _names_others(vendor, name, value):
                yield Variable(name=name, value=value)
                break


def _names_others(vendor: str, name: str, value: str) -> bool:
    """Whether NVIDIA's variable names NVIDIA's devices by UUID: that says nothing of AMD's."""
    return vendor == "amd" and name == "CUDA_VISIBLE_DEVICES" and value.startswith(("GPU-", "MIG-"))


def _look(machine: Machine, vendor: str) -> View:
    gpus = tuple(gpu for gpu in machine.gpus or () if gpu.vendor == vendor)
    masks = masks_in_force(machine, vendor)
    if not gpus or not masks:
        return View(visible=gpus)
    visible = _shown_by_cuda(machine, gpus) if vendor == "nvidia" else None
    visible = _apply(machine, vendor, gpus, masks) if visible is None else visible
    if visible is None:
        return View(visible=gpus, masks=masks, told=False)
    hidden = tuple(gpu for gpu in gpus if not _is_among(gpu, visible))
    return View(visible=tuple(visible), hidden=hidden, masks=masks)


def _is_among(gpu: Gpu, others: Sequence[Gpu]) -> bool:
    """By identity: eight equal cards without an index are equal values."""
    return any(gpu is other for other in others)


def _shown_by_cuda(machine: Machine, gpus: Sequence[Gpu]) -> Sequence[Gpu] | None:
    """The GPUs that libcuda itself showed, None where it was not asked or names one that is not listed."""
    shown = machine.nvidia.cuda_devices if machine.nvidia else None
    if shown is None or not all(any(_is_called(gpu, uuid) for gpu in gpus) for uuid in shown):
        return None
    return [gpu for gpu in gpus if any(_is_called(gpu, uuid) for uuid in shown)]


def _apply(machine: Machine, vendor: str, gpus: Sequence[Gpu], masks: Sequence[Variable]) -> Sequence[Gpu] | None:
    left: Sequence[Gpu] | None = gpus
    for mask in masks:
        if left is not None:
            left = select(left, mask.value, _number(machine, vendor, left))
    return left


def select(gpus: Sequence[Gpu], value: str, numbered: Sequence[Gpu] | None) -> Sequence[Gpu] | None:
    """The GPUs that a mask names, up to its first entry that names none; None where that cannot be told.

    ``numbered`` are the GPUs in the order of the runtime's numbers, None where nobody knows it.
    """
    chosen: list[Gpu] = []
    counted: set[int] = set()
    for entry in (part.strip() for part in value.split(",")):
        number = _as_number(entry)
        if number is not None and numbered is None and number < len(gpus):
            counted.add(number)
            continue
        found = _find(gpus, entry, number, numbered)
        if found is None:
            return None
        if not found:
            break
        if _is_among(found[0], chosen):
            return None  # what a device named twice does differs between drivers
        chosen.append(found[0])
    if counted:
        return gpus if len(counted) == len(gpus) else None
    return chosen


def _as_number(entry: str) -> int | None:
    whole = entry.partition(".")[0]  # Level Zero's 0.1 is a part of device 0
    return int(whole) if whole.isascii() and whole.isdigit() and len(whole) < 10 else None


def _find(gpus: Sequence[Gpu], entry: str, number: int | None, numbered: Sequence[Gpu] | None) -> Sequence[Gpu] | None:
    """The GPU that an entry names: one, or none; None where that cannot be told."""
    if number is not None:
        return numbered[number : number + 1] if numbered is not None else ()
    if not entry.startswith(("GPU-", "MIG-")):
        return ()
    if any(gpu.uuid is None for gpu in gpus):
        return None
    found = [gpu for gpu in gpus if _is_called(gpu, entry)]
    return found if len(found) <= 1 else None


def _is_called(gpu: Gpu, name: str) -> bool:
    """Whether a UUID, its beginning, or that of one of its MIG devices names a GPU."""
    if gpu.uuid is not None and gpu.uuid.startswith(name):
        return True
    if any(part.uuid is not None and part.uuid.startswith(name) for part in gpu.mig_instances or ()):
        return True
    parent = name.removeprefix("MIG-").partition("/")[0]  # MIG-GPU-<uuid>/1/0, of drivers before 470
    return name.startswith("MIG-GPU-") and gpu.uuid is not None and gpu.uuid.startswith(parent)


def _number(machine: Machine, vendor: str, gpus: Sequence[Gpu]) -> Sequence[Gpu] | None:
    """The GPUs in the order of the runtime's numbers; of equal ones any order serves."""
    if len({(gpu.name, gpu.compute_capability, gpu.gfx, gpu.integrated, gpu.mig) for gpu in gpus}) == 1:
        return gpus
    if vendor == "nvidia":
        order = next((row.value for row in machine.variables if row.name == "CUDA_DEVICE_ORDER"), "")
        return _by_address(gpus) if order == "PCI_BUS_ID" else None
    return _by_index(gpus) if vendor == "amd" else None


def _by_address(gpus: Sequence[Gpu]) -> Sequence[Gpu] | None:
    if all(gpu.pci_address for gpu in gpus):
        return sorted(gpus, key=lambda gpu: numbers_of(gpu.pci_address or ""))
    return _by_index(gpus)


def numbers_of(address: str) -> tuple[int, ...]:
    """``0000:0a:00.0`` gives ``(0, 10, 0, 0)``; an address of another form sorts by its decimal numbers."""
    parts = address.replace(".", ":").split(":")
    try:
        return tuple(int(part, 16) for part in parts)
    except ValueError:
        return numbers(address)


def _by_index(gpus: Sequence[Gpu]) -> Sequence[Gpu] | None:
    if any(gpu.index is None for gpu in gpus):
        return None
    return sorted(gpus, key=lambda gpu: gpu.index or 0)
