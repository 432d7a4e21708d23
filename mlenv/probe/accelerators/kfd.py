"""The GPUs of KFD's topology, and what the graphics driver keeps with their boards."""

from __future__ import annotations

from collections import Counter

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.formats.amd_gpu import card_name, known, partition_name
from mlenv.formats.kfd import can_be_split, is_gpu, make_gpu, parse_properties, sum_banks
from mlenv.formats.measures import count
from mlenv.probe.log import Log, names_in, peek
from mlenv.system.host import Host

_DEVICES = "/sys/bus/pci/devices"


class _Node(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU of the topology and what is measured beside it, sizes in bytes."""

    gpu: Gpu
    split: bool
    used: int | None = None


def read_nodes(host: Host, log: Log, folder: str, names: list[str]) -> tuple[Gpu, ...]:
    """The GPUs among the nodes of the topology, in its order."""
    found = [_read_node(host, log, f"{folder}/{name}") for name in sorted(names, key=_as_number)]
    nodes = [node for node in found if node]
    boards = Counter(node.gpu.pci_address for node in nodes)
    return tuple(_complete(host, index, node, boards[node.gpu.pci_address]) for index, node in enumerate(nodes))


def _as_number(name: str) -> int:
    return count(name) or 0


def _read_node(host: Host, log: Log, folder: str) -> _Node | None:
    """A container sees the nodes of all GPUs and may read those of its own."""
    try:
        values = parse_properties(host.read_text(f"{folder}/properties"))
    except OSError as error:
        log.unreadable("gpus.amd", f"{folder}/properties", type(error).__name__)
        return None
    if not is_gpu(values):
        return None
    banks = [f"{folder}/mem_banks/{name}" for name in names_in(host, f"{folder}/mem_banks")]
    sizes = (parse_properties(peek(host, f"{bank}/properties") or "") for bank in banks)
    used = [_number(host, f"{bank}/used_memory") for bank in banks]
    return _Node(
        gpu=make_gpu(values, sum_banks(sizes)),
        split=can_be_split(values),
        used=used[0] if len(used) == 1 else None,
    )


def _complete(host: Host, index: int, node: _Node, partitions: int) -> Gpu:
    """What the graphics driver keeps with the board; the board's memory says nothing of a part of it."""
    gpu, folder = node.gpu, f"{_DEVICES}/{node.gpu.pci_address}"
    if gpu.pci_address is None:
        return msgspec.structs.replace(gpu, index=index, memory_free_bytes=_free(gpu.memory_bytes, node.used))
    whole = partitions == 1
    memory = gpu.memory_bytes or (_number(host, f"{folder}/mem_info_vram_total") if whole else None)
    used = node.used
    if used is None and whole and memory is not None:
        used = _number(host, f"{folder}/mem_info_vram_used")
    return msgspec.structs.replace(
        gpu,
        index=index,
        name=card_name(peek(host, f"{folder}/product_name")),
        memory_bytes=memory,
        memory_free_bytes=_free(memory, used),
        partition=_read_partition(host, folder) if node.split else None,
        vbios=known(peek(host, f"{folder}/vbios_version")),
    )


def _read_partition(host: Host, folder: str) -> str | None:
    names = ("current_compute_partition", "current_memory_partition")
    compute, memory = (peek(host, f"{folder}/{name}") for name in names)
    return partition_name(compute, memory)


def _number(host: Host, path: str) -> int | None:
    return count((peek(host, path) or "").strip())


def _free(total: int | None, used: int | None) -> int | None:
    return None if total is None or used is None else max(0, total - used)
