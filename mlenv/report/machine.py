"""The machine snapshot: ``mlenv probe``."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv import __version__
from mlenv.facts.gpu import Gpu
from mlenv.facts.hardware import Disk
from mlenv.facts.machine import Machine
from mlenv.facts.size import gib
from mlenv.matrix.load import DataVersion

SCHEMA = "mlenv.machine/1"


class MachineDocument(Machine, frozen=True, kw_only=True):
    """The form of a snapshot: the facts of a machine beside the document's own keys."""

    schema: str
    mlenv_version: str
    matrix_version: str
    matrix_digest: str


def make_document(machine: Machine, data: DataVersion) -> dict[str, object]:
    """The snapshot of a machine as a document; what kind it is comes first."""
    head = {
        "schema": SCHEMA,
        "mlenv_version": __version__,
        "matrix_version": data.version,
        "matrix_digest": data.digest,
    }
    return {**head, **msgspec.to_builtins(machine)}


def render_text(machine: Machine, *, verbose: bool = False) -> str:
    """The facts, a line per subject; ``verbose`` adds how each came to be known."""
    lines = [f"{label + ':':<14}{text}" for label, text in _facts(machine)]
    if verbose:
        lines.append("")
        lines += [
            f"{reading.outcome:<11}{reading.id:<26}{reading.source}{f' ({reading.detail})' if reading.detail else ''}"
            for reading in machine.readings
        ]
    return "\n".join(lines) + "\n"


def _facts(machine: Machine) -> Iterator[tuple[str, str]]:
    yield "System", describe_system(machine)
    yield "Processor", describe_processor(machine)
    yield "Memory", describe_memory(machine)
    for disk in machine.disks:
        yield "Disk", describe_disk(disk)
    yield from _gpu_lines(machine)
    for toolkit in machine.cuda_toolkits:
        yield "CUDA toolkit", f"{toolkit.version} at {toolkit.path}"
    for python in machine.pythons or ():
        traits: list[str] = [python.kind]
        traits += ["free-threaded"] if python.free_threaded else []
        traits += ["32-bit"] if python.bits == 32 else []
        traits += ["externally managed"] if python.externally_managed else []
        yield "Python", f"{python.version} ({', '.join(traits)}) {python.path or ''}".rstrip()
    for manager in machine.managers or ():
        yield "Manager", f"{manager.name} {manager.version or ''} {manager.path}"
    yield from _package_lines(machine)


def describe_system(machine: Machine) -> str:
    """``Debian 12, Linux 6.1, glibc 2.36, x86_64, in docker``."""
    system = machine.os
    family = {"linux": "Linux", "macos": "macOS", "windows": "Windows"}[system.family]
    name = " ".join(part for part in (system.distribution or family, system.version) if part)
    parts = [name, f"kernel {system.kernel}" if system.kernel else "", machine.architecture or ""]
    parts += [f"{system.libc.family} {system.libc.version}"] if system.libc else []
    parts += [f"WSL {system.wsl}"] if system.wsl else []
    parts += [f"in {system.container}"] if system.container else []
    parts += [f"on {system.virtualization}"] if system.virtualization else []
    return ", ".join(part for part in parts if part)


def describe_processor(machine: Machine) -> str:
    """Model, cores that may be used, and the vector instructions that matter."""
    cpu = machine.cpu
    parts = [cpu.model or "unknown model"]
    if cpu.logical_cores:
        parts.append(f"{cpu.logical_cores} logical cores")
    if cpu.usable_cores and cpu.logical_cores and cpu.usable_cores < cpu.logical_cores:
        parts.append(f"{cpu.usable_cores:g} usable here")
    known = [flag for flag in ("avx", "avx2", "avx512f", "amx_tile", "asimd", "sve") if flag in (cpu.flags or ())]
    return ", ".join(parts) + (f" ({' '.join(known)})" if known else "")


def describe_memory(machine: Machine) -> str:
    """Total, available and limit."""
    memory = machine.memory
    parts = [f"{size_of(memory.total_bytes)} in all"]
    if memory.available_bytes is not None:
        parts.append(f"{size_of(memory.available_bytes)} available")
    if memory.limit_bytes is not None:
        parts.append(f"limited to {size_of(memory.limit_bytes)}")
    return ", ".join(parts)


def describe_disk(disk: Disk) -> str:
    """Free space where something will be written."""
    kind = f", {disk.filesystem}" if disk.filesystem else ""
    locked = ", not writable" if disk.writable is False else ""
    return f"{size_of(disk.free_bytes)} free for the {disk.purpose} at {disk.path}{kind}{locked}"


def describe_gpu(gpu: Gpu) -> str:
    """Name, compute capability or gfx target, memory."""
    parts = [gpu.name or f"{gpu.vendor} GPU"]
    parts += [f"compute capability {gpu.compute_capability}"] if gpu.compute_capability else []
    parts += [gpu.gfx] if gpu.gfx else []
    parts += [gib(gpu.memory_bytes)] if gpu.memory_bytes else []
    parts += ["integrated"] if gpu.integrated else []
    return ", ".join(parts)


def _gpu_lines(machine: Machine) -> Iterator[tuple[str, str]]:
    if machine.gpus is None:
        yield "GPU", "not known"
    elif not machine.gpus:
        yield "GPU", "none found"
    for gpu in machine.gpus or ():
        yield "GPU", describe_gpu(gpu)
    if machine.nvidia and machine.nvidia.driver:
        cuda = f", CUDA {machine.nvidia.cuda}" if machine.nvidia.cuda else ""
        yield "NVIDIA", f"driver {machine.nvidia.driver}{cuda}"
    if machine.rocm and machine.rocm.version:
        yield "ROCm", machine.rocm.version


def _package_lines(machine: Machine) -> Iterator[tuple[str, str]]:
    packages = machine.packages
    if packages.index_url:
        yield "Index", f"{packages.index_url.value} ({packages.index_url.origin})"
    for setting in packages.extra_index_urls:
        yield "Extra index", f"{setting.value} ({setting.origin})"
    for setting in packages.find_links:
        yield "Wheel folder", f"{setting.value} ({setting.origin})"
    for setting in packages.proxies:
        yield "Proxy", f"{setting.value} ({setting.origin})"


def size_of(size: int | None) -> str:
    """A size in bytes for reading; ``unknown`` for None."""
    return "unknown" if size is None else gib(size)
