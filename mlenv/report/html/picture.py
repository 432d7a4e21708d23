"""A machine as a picture: what its parts are called, how full they are, how they are connected.  Pure.

It shows and does not judge; what is wrong stands in the findings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from mlenv.facts.hardware import Cpu, Disk, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.size import gib
from mlenv.report.host_lines import describe_system
from mlenv.report.html.cards import Card, Gauge, draw_card, used_share

MOST_CORES = 256
_FAMILIES = {"linux": "Linux", "macos": "macOS", "windows": "Windows"}
_PURPOSES = {"huggingface": "Hugging Face cache", "shared-memory": "shared memory"}


class Chip(msgspec.Struct, frozen=True, kw_only=True):
    """The processor: a square for each logical core, ``usable`` of them for this process."""

    model: str
    cores: int
    usable: int
    facts: tuple[str, ...]


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a machine; ``title`` names it in a few words, ``cards`` is None where nobody could look."""

    title: str
    system: str
    computer: str
    chip: Chip
    memory: Gauge
    disks: tuple[Gauge, ...]
    cards: tuple[Card, ...] | None
    software: tuple[tuple[str, str], ...]


def draw_machine(machine: Machine) -> Picture:
    """The picture of a machine."""
    cloud = machine.cloud
    named = [machine.model or "", " ".join(filter(None, (cloud.provider, cloud.instance))) if cloud else ""]
    return Picture(
        title=_name_machine(machine),
        system=describe_system(machine),
        computer=", ".join(filter(None, named)),
        chip=_draw_chip(machine.cpu),
        memory=_measure_memory(machine.memory),
        disks=tuple(_measure_disks(machine.disks)),
        cards=None if machine.gpus is None else tuple(draw_card(gpu) for gpu in machine.gpus),
        software=tuple(_name_software(machine)),
    )


def _name_machine(machine: Machine) -> str:
    """``Ubuntu 22.04 with 8 × NVIDIA H100 80GB HBM3``."""
    system = machine.os
    name = " ".join(filter(None, (system.distribution or _FAMILIES[system.family], system.version)))
    name = name[:1].upper() + name[1:] if name.islower() else name
    gpus = Counter(gpu.name or f"a GPU of {gpu.vendor}" for gpu in machine.gpus or () if not gpu.integrated)
    cards = [card if number == 1 else f"{number} × {card}" for card, number in gpus.items()]
    return (
        f"{name} with {' and '.join(cards)}"
        if cards
        else f"{name}, {machine.model or machine.cpu.model or 'a computer'}"
    )


# ---------------------------------------------------------------- the host


def _draw_chip(cpu: Cpu) -> Chip:
    cores = cpu.logical_cores or cpu.physical_cores or 0
    usable = min(cores, max(1, int(cpu.usable_cores))) if cpu.usable_cores else cores
    facts = [f"{cores} logical cores"] if cores else []
    facts += [f"{cpu.usable_cores:g} usable here"] if cpu.usable_cores and cpu.usable_cores < cores else []
    facts += [f"{cpu.physical_cores} physical"] if cpu.physical_cores and cpu.physical_cores != cores else []
    facts += [f"{cpu.sockets} sockets"] if cpu.sockets and cpu.sockets > 1 else []
    facts += [f"{cpu.numa_nodes} NUMA nodes"] if cpu.numa_nodes and cpu.numa_nodes > 1 else []
    facts += [cpu.level] if cpu.level else []
    return Chip(model=cpu.model or "model not known", cores=min(cores, MOST_CORES), usable=usable, facts=tuple(facts))


def _measure_memory(memory: Memory) -> Gauge:
    total, free = memory.total_bytes, memory.available_bytes
    if not total:
        return Gauge(label="Memory", share=None, says="not known")
    says = gib(total) if free is None else f"{gib(max(0, total - free))} of {gib(total)} in use"
    says += f", limited to {gib(memory.limit_bytes)}" if memory.limit_bytes is not None else ""
    return Gauge(label="Memory", share=used_share(total, free), says=says)


def _measure_disks(disks: Iterable[Disk]) -> Iterator[Gauge]:
    """A gauge per file system, as far as sizes tell them apart: several places mostly lie on one."""
    places: dict[tuple[str, float | None], list[str]] = {}
    for disk in disks:
        if disk.free_bytes is not None:
            told = _tell_disk(disk), used_share(disk.total_bytes, disk.free_bytes)
            places.setdefault(told, []).append(_PURPOSES.get(disk.purpose, disk.purpose))
    for (says, share), purposes in places.items():
        yield Gauge(label=f"Disk: {', '.join(purposes)}", share=share, says=says)


def _tell_disk(disk: Disk) -> str:
    of_all = f" of {gib(disk.total_bytes)}" if disk.total_bytes else ""
    traits = [disk.filesystem or ""]
    traits += ["on the network"] if disk.network else []
    traits += ["no programs may run there"] if disk.noexec else []
    traits += ["not writable"] if disk.writable is False else []
    return ", ".join([f"{gib(disk.free_bytes or 0)}{of_all} free", *filter(None, traits)])


# ---------------------------------------------------------------- software


def _name_software(machine: Machine) -> Iterator[tuple[str, str]]:
    nvidia = machine.nvidia
    if nvidia and nvidia.driver:
        yield "NVIDIA driver", nvidia.driver
    if nvidia and nvidia.kernel_module and nvidia.kernel_module != nvidia.driver:
        yield "Kernel module", nvidia.kernel_module
    if nvidia and nvidia.cuda:
        yield "CUDA of the driver", nvidia.cuda
    if machine.rocm and machine.rocm.version:
        yield "ROCm", machine.rocm.version
    if machine.intel and (machine.intel.compute_runtime or machine.intel.level_zero):
        yield "Intel compute runtime", machine.intel.compute_runtime or machine.intel.level_zero or ""
    if machine.jetson and machine.jetson.l4t:
        yield "Jetson Linux", machine.jetson.l4t
    for toolkit in machine.cuda_toolkits[:2]:
        yield "CUDA toolkit", toolkit.version
    if machine.pythons:
        yield "Python", ", ".join(list(dict.fromkeys(python.version for python in machine.pythons))[:4])
