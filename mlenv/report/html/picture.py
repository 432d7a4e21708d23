"""A machine as a picture: what its parts are called, how full they are, how they are connected.  Pure.

It shows and does not judge; what is wrong stands in the findings.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.hardware import Cpu, Disk, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.size import gib
from mlenv.report.host_lines import describe_system

LANES = 16
"""As many contacts has the edge of a card."""
MOST_CORES = 256
_PURPOSES = {"huggingface": "Hugging Face cache", "shared-memory": "shared memory"}


class Gauge(msgspec.Struct, frozen=True, kw_only=True):
    """A bar: what it is of, how full (percent, None where nobody knows), and what it says in words."""

    label: str
    share: float | None
    says: str


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The contacts of a card: ``lit`` lanes in use of ``largest`` that could be."""

    lit: int
    largest: int
    says: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU: its name, what it is, its gauges, its links, and what is unusual about it."""

    name: str
    place: str
    facts: tuple[str, ...]
    gauges: tuple[Gauge, ...]
    link: Link | None
    notes: tuple[str, ...]


class Chip(msgspec.Struct, frozen=True, kw_only=True):
    """The processor: a square for each logical core, ``usable`` of them for this process."""

    model: str
    cores: int
    usable: int
    facts: tuple[str, ...]


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a machine; ``cards`` is None where nobody could look."""

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
        system=describe_system(machine),
        computer=", ".join(filter(None, named)),
        chip=_draw_chip(machine.cpu),
        memory=_measure_memory(machine.memory),
        disks=tuple(_measure_disk(disk) for disk in machine.disks if disk.free_bytes is not None),
        cards=None if machine.gpus is None else tuple(_draw_card(gpu) for gpu in machine.gpus),
        software=tuple(_name_software(machine)),
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
    return Gauge(label="Memory", share=_used(total, free), says=says)


def _measure_disk(disk: Disk) -> Gauge:
    purpose = _PURPOSES.get(disk.purpose, disk.purpose)
    of_all = f" of {gib(disk.total_bytes)}" if disk.total_bytes else ""
    traits = [disk.filesystem or ""]
    traits += ["on the network"] if disk.network else []
    traits += ["no programs may run there"] if disk.noexec else []
    traits += ["not writable"] if disk.writable is False else []
    says = ", ".join([f"{gib(disk.free_bytes or 0)}{of_all} free", *filter(None, traits)])
    return Gauge(label=f"Disk: {purpose}", share=_used(disk.total_bytes, disk.free_bytes), says=says)


def _used(total: int | None, free: int | None) -> float | None:
    """Percent in use, None where one of the two is not known."""
    if not total or free is None:
        return None
    return min(100.0, max(0.0, 100 * (total - free) / total))


# ---------------------------------------------------------------- GPUs


def _draw_card(gpu: Gpu) -> Card:
    return Card(
        name=gpu.name or f"{gpu.vendor} GPU{f' {gpu.pci_id}' if gpu.pci_id else ''}",
        place="" if gpu.index is None else f"GPU {gpu.index}",
        facts=tuple(_tell_gpu(gpu)),
        gauges=tuple(_measure_gpu(gpu)),
        link=_draw_link(gpu),
        notes=tuple(_note_gpu(gpu)),
    )


def _tell_gpu(gpu: Gpu) -> Iterator[str]:
    if gpu.compute_capability:
        yield f"compute capability {gpu.compute_capability}"
    yield from filter(None, (gpu.architecture, gpu.gfx, gpu.metal))
    if gpu.compute_units:
        yield f"{gpu.compute_units} compute units"
    if gpu.partition:
        yield f"partition {gpu.partition}"
    if gpu.integrated:
        yield "integrated"


def _measure_gpu(gpu: Gpu) -> Iterator[Gauge]:
    if gpu.memory_bytes:
        total, free = gpu.memory_bytes, gpu.memory_free_bytes
        says = gib(total) if free is None else f"{gib(max(0, total - free))} of {gib(total)} in use"
        yield Gauge(label="Memory", share=_used(total, free), says=says)
    power = gpu.power
    if power and power.draw_watts is not None:
        limit = power.limit_watts
        share = min(100.0, 100 * power.draw_watts / limit) if limit else None
        yield Gauge(label="Power", share=share, says=f"{power.draw_watts:.0f}{f' of {limit:.0f}' if limit else ''} W")
    if gpu.temperature_celsius is not None:
        celsius = gpu.temperature_celsius
        yield Gauge(label="Temperature", share=float(min(100, max(0, celsius))), says=f"{celsius} °C")


def _draw_link(gpu: Gpu) -> Link | None:
    link = gpu.link
    if link is None or not link.width:
        return None
    largest = max(link.width, link.largest_width or 0)
    generation = link.largest_generation or link.generation
    says = f"PCIe {f'{generation}.0 ' if generation else ''}x{link.width}"
    says += f" of x{largest}" if largest > link.width else ""
    return Link(lit=min(LANES, link.width), largest=min(LANES, largest), says=says)


def _note_gpu(gpu: Gpu) -> Iterator[str]:
    """What else is known of its state."""
    if gpu.nvlinks:
        active = sum(link.active is True for link in gpu.nvlinks)
        yield f"{active} of {len(gpu.nvlinks)} NVLinks active"
    if gpu.driver is not None:
        yield f"driver {gpu.driver}" if gpu.driver else "no driver bound"
    if gpu.mig:
        yield f"MIG on{'' if gpu.mig_instances is None else f', {len(gpu.mig_instances)} instances'}"
    if gpu.ecc and gpu.ecc.enabled is not None:
        yield "ECC on" if gpu.ecc.enabled else "ECC off"
    if gpu.clock_events:
        yield f"clocks held by {', '.join(gpu.clock_events)}"
    if gpu.recovery_action and gpu.recovery_action != "none":
        yield f"asks for {gpu.recovery_action}"


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
