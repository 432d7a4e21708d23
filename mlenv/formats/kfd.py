"""The topology of the kernel's compute driver for AMD GPUs, ``/sys/class/kfd``.

Every processor and GPU is a node with a file of properties.  The rules are those of the kernel:
https://github.com/torvalds/linux/blob/master/drivers/gpu/drm/amd/amdkfd/kfd_topology.c
"""

from __future__ import annotations

from collections.abc import Iterable

from mlenv.facts.gpu import Gpu
from mlenv.formats.amd_gpu import tell_integrated

_LONGEST = len(str(2**64))
# Kinds of memory banks: 1 and 2 are the memory of the GPU, of which the host sees the first.
_GPU_MEMORY = (1, 2)
_AMD = 0x1002
# gfx942 and gfx950 can be split into partitions; 9.4.2 counted as its target 90402.
_PARTITIONED = range(90400, 90600)


# cpu_cores_count 0
# simd_count 416
# gfx_target_version 90010
# location_id 17152
def parse_properties(text: str) -> dict[str, int]:
    """The numbers of one node or memory bank by name."""
    pairs = (line.split() for line in text.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and _is_number(pair[1])}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST


def is_gpu(values: dict[str, int]) -> bool:
    """Whether a node has a GPU; those of processors have no SIMD units."""
    return values.get("simd_count", 0) > 0


def make_gpu(values: dict[str, int], memory: int | None) -> Gpu:
    """A GPU from the properties of its node and the size of its memory in bytes."""
    unique, device = values.get("unique_id", 0), values.get("device_id", 0)
    return Gpu(
        vendor="amd",
        gfx=name_gfx(values.get("gfx_target_version", 0)),
        uuid=f"GPU-{unique:016x}" if unique else None,
        pci_address=name_address(values),
        pci_id=f"{values.get('vendor_id') or _AMD:04x}:{device:04x}" if device else None,
        memory_bytes=memory,
        compute_units=count_units(values),
        integrated=_tell_integrated(values),
    )


# 110000 is gfx1100, 90010 is gfx90a, 90402 is gfx942
def name_gfx(version: int) -> str | None:
    """The compiler's name of a target; minor and stepping are hexadecimal digits."""
    if version <= 0:
        return None
    return f"gfx{version // 10000}{version // 100 % 100:x}{version % 100:x}"


def name_address(values: dict[str, int]) -> str | None:
    """The PCI address of the board: bus in the second byte of the location, device and function in the first.

    For boards that can be split, the lowest bits count the partitions, which the bus knows as one device.
    Kernels that keep the partition in the highest bits change nothing here.
    """
    location = values.get("location_id", 0)
    if not location:
        return None
    domain = values.get("domain", 0)
    function = 0 if can_be_split(values) else location & 7
    return f"{domain:04x}:{location >> 8 & 0xFF:02x}:{location >> 3 & 0x1F:02x}.{function}"


def can_be_split(values: dict[str, int]) -> bool:
    """Whether boards of this target have partitions, each a node of its own."""
    return values.get("gfx_target_version", 0) in _PARTITIONED


def count_units(values: dict[str, int]) -> int | None:
    """Compute units; the kernel counts the SIMD units of all dies of the node."""
    each = values.get("simd_per_cu", 0)
    return values.get("simd_count", 0) // each or None if each else None


def _tell_integrated(values: dict[str, int]) -> bool | None:
    """Kernels before 6.6 put processor and graphics of an APU into one node; newer ones show only the target.

    https://github.com/torvalds/linux/commit/c99a2e7ae291e5b19b60443eb6397320ef9e8571
    """
    if values.get("cpu_cores_count"):
        return True
    return tell_integrated(name_gfx(values.get("gfx_target_version", 0)), values.get("device_id") or None)


def sum_banks(banks: Iterable[dict[str, int]]) -> int | None:
    """The memory of a GPU in bytes from the properties of its banks."""
    return sum(bank.get("size_in_bytes", 0) for bank in banks if bank.get("heap_type") in _GPU_MEMORY) or None
