"""A machine's subjects in plain words, for the heads of reports."""

from __future__ import annotations

from collections import Counter

from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.facts.size import gib
from mlenv.report.host_lines import describe_memory, describe_processor, describe_system
from mlenv.report.style import Marks

NOT_KNOWN = "not known"
SHOWN_FRAMEWORKS = ("torch", "tensorflow", "jax", "keras", "scikit-learn")


def describe_machine(machine: Machine, marks: Marks) -> str:
    """System, processor, memory, GPUs and Python in one line; what is not known is left out."""
    memory = machine.memory.total_bytes
    parts = [
        _name_system(machine),
        machine.cpu.model or "",
        "" if memory is None else f"{gib(memory)} RAM",
        describe_gpus(machine, marks) if machine.gpus else "",
        f"Python {machine.pythons[0].version}" if machine.pythons else "",
    ]
    return f" {marks.dot} ".join(part for part in parts if part)


def describe_subject(subject: str, machine: Machine, environment: Environment | None, marks: Marks) -> str:
    """What is known of one subject, in one line."""
    if subject == "system":
        return describe_system(machine)
    if subject == "processor":
        known = machine.cpu.model or machine.cpu.logical_cores or machine.cpu.flags
        return describe_processor(machine) if known else NOT_KNOWN
    if subject == "memory":
        return NOT_KNOWN if machine.memory.total_bytes is None else describe_memory(machine)
    if subject == "disk":
        return _describe_disk(machine)
    if subject == "python":
        return _describe_pythons(machine)
    return describe_gpus(machine, marks) if subject == "gpu" else _describe_environment(environment)


def describe_gpus(machine: Machine, marks: Marks) -> str:
    """``2 × NVIDIA GeForce RTX 4090 (24 GiB), driver 580.95.05 (CUDA 13.0)``."""
    if machine.gpus is None:
        return NOT_KNOWN
    if not machine.gpus:
        return "none; CPU builds will be used"
    sizes = (f" ({gib(gpu.memory_bytes)})" if gpu.memory_bytes else "" for gpu in machine.gpus)
    names = Counter(f"{gpu.name or f'{gpu.vendor} GPU'}{size}" for gpu, size in zip(machine.gpus, sizes, strict=True))
    parts = [name if number == 1 else f"{number} {marks.times} {name}" for name, number in names.items()]
    return ", ".join([*parts, *_drivers(machine)])


def _drivers(machine: Machine) -> list[str]:
    drivers = []
    if machine.gpus_of("nvidia") and machine.nvidia and machine.nvidia.driver:
        cuda = f" (CUDA {machine.nvidia.cuda})" if machine.nvidia.cuda else ""
        drivers.append(f"driver {machine.nvidia.driver}{cuda}")
    if machine.gpus_of("amd") and machine.rocm and machine.rocm.version:
        drivers.append(f"ROCm {machine.rocm.version}")
    return drivers


def _name_system(machine: Machine) -> str:
    family = {"linux": "Linux", "macos": "macOS", "windows": "Windows"}[machine.os.family]
    name = " ".join(part for part in (machine.os.distribution or family, machine.os.version) if part)
    kind = f" ({machine.architecture})" if machine.architecture else ""
    return f"{name}{kind}" + (f", WSL {machine.os.wsl}" if machine.os.wsl else "")


def _describe_disk(machine: Machine) -> str:
    disk = machine.disk("environment")
    if disk is None or disk.free_bytes is None:
        return NOT_KNOWN
    place = "" if disk.path == "." else f" at {disk.path}"
    return f"{gib(disk.free_bytes)} free for an environment{place}"


def _describe_pythons(machine: Machine) -> str:
    if machine.pythons is None:
        return NOT_KNOWN
    if not machine.pythons:
        return "none found"
    shown = list(dict.fromkeys(python.version for python in machine.pythons))
    more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
    return ", ".join(shown[:3]) + more


def _describe_environment(environment: Environment | None) -> str:
    if environment is None:
        return ""
    parts = [environment.path] + ([f"Python {environment.python}"] if environment.python else [])
    found = [dist for name in SHOWN_FRAMEWORKS if (dist := environment.distribution(name)) is not None]
    parts += [f"{dist.name} {dist.version}" + (f" ({dist.build})" if dist.build else "") for dist in found]
    return ", ".join(parts if found else [*parts, "no frameworks"])
