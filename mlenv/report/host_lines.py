"""The host in plain words: a line for each thing that is known."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.hardware import Disk
from mlenv.facts.machine import Machine
from mlenv.facts.size import gib
from mlenv.facts.system import ResourceLimit

Line = tuple[str, str]
_FLAGS = ("avx", "avx2", "avx512f", "amx_tile", "asimd", "sve")
_FAMILIES = {"linux": "Linux", "macos": "macOS", "windows": "Windows"}


def host_lines(machine: Machine) -> Iterator[Line]:
    """System, processor, memory, disks."""
    yield "System", describe_system(machine)
    if machine.model:
        yield "Computer", machine.model
    if machine.cloud:
        yield "Cloud", " ".join(filter(None, (machine.cloud.provider, machine.cloud.instance)))
    yield "Processor", describe_processor(machine)
    yield "Memory", describe_memory(machine)
    for disk in machine.disks:
        yield "Disk", describe_disk(disk)


def software_lines(machine: Machine) -> Iterator[Line]:
    """Pythons, package managers and where they take packages from."""
    for python in machine.pythons or ():
        traits: list[str] = [python.kind]
        traits += ["free-threaded"] if python.free_threaded else []
        traits += ["32-bit"] if python.bits == 32 else []
        traits += ["externally managed"] if python.externally_managed else []
        yield "Python", f"{python.version} ({', '.join(traits)}) {python.path or ''}".rstrip()
    for manager in machine.managers or ():
        yield "Manager", " ".join(filter(None, (manager.name, manager.version, manager.path)))
    yield from _package_lines(machine)


def detail_lines(machine: Machine) -> Iterator[Line]:
    """What only a closer look asks for: rights, limits, certificates, variables."""
    account = machine.account
    if account and account.groups is not None:
        yield "Groups", ", ".join(account.groups) or "none that devices ask for"
    for limit in machine.limits or ():
        yield "Limit", describe_limit(limit)
    for certificate in machine.certificates:
        missing = "" if certificate.exists else " (does not exist)"
        yield "Certificates", f"{certificate.path} ({certificate.origin}){missing}"
    for variable in machine.variables:
        yield "Variable", f"{variable.name}={variable.value}"
    for port in machine.network_ports or ():
        rate = f", {port.rate:g} Gbit/s" if port.rate else ""
        yield "InfiniBand", f"{port.device} port {port.port}, {port.state or 'state unknown'}{rate}"


def describe_system(machine: Machine) -> str:
    """``Debian 12, Linux 6.1, glibc 2.36, x86_64, in docker``."""
    system = machine.os
    name = " ".join(part for part in (system.distribution or _FAMILIES[system.family], system.version) if part)
    parts = [name, f"kernel {system.kernel}" if system.kernel else "", machine.architecture or ""]
    parts += [f"{system.libc.family} {system.libc.version}".strip()] if system.libc else []
    parts += [f"WSL {system.wsl}"] if system.wsl else []
    parts += [f"in {system.container}"] if system.container else []
    parts += [f"on {system.virtualization}"] if system.virtualization else []
    parts += ["Python translated by Rosetta"] if system.rosetta else []
    parts += ["secure boot"] if system.secure_boot else []
    return ", ".join(part for part in parts if part)


def describe_processor(machine: Machine) -> str:
    """Model, cores that may be used, and the vector instructions that matter."""
    cpu = machine.cpu
    parts = [cpu.model or "unknown model"]
    if cpu.logical_cores:
        parts.append(f"{cpu.logical_cores} logical cores")
    if cpu.usable_cores and cpu.logical_cores and cpu.usable_cores < cpu.logical_cores:
        parts.append(f"{cpu.usable_cores:g} usable here")
    parts += [f"{cpu.numa_nodes} NUMA nodes"] if cpu.numa_nodes and cpu.numa_nodes > 1 else []
    parts += [cpu.level] if cpu.level else []
    known = [flag for flag in _FLAGS if flag in (cpu.flags or ())]
    return ", ".join(parts) + (f" ({' '.join(known)})" if known else "")


def describe_memory(machine: Machine) -> str:
    """Total, available, limit and swap."""
    memory = machine.memory
    parts = [f"{size_of(memory.total_bytes)} in all"]
    if memory.available_bytes is not None:
        parts.append(f"{size_of(memory.available_bytes)} available")
    if memory.limit_bytes is not None:
        parts.append(f"limited to {size_of(memory.limit_bytes)}")
    if memory.swap_bytes:
        parts.append(f"{size_of(memory.swap_bytes)} swap")
    return ", ".join(parts)


def describe_disk(disk: Disk) -> str:
    """Free space where something will be written, and what is special about the place."""
    purpose = {"huggingface": "Hugging Face cache", "shared-memory": "shared memory"}.get(disk.purpose, disk.purpose)
    traits = [disk.filesystem or ""]
    traits += ["on the network"] if disk.network else []
    traits += ["no programs may run there"] if disk.noexec else []
    traits += ["not writable"] if disk.writable is False else []
    return ", ".join([f"{size_of(disk.free_bytes)} free for the {purpose} at {disk.path}", *filter(None, traits)])


def describe_limit(limit: ResourceLimit) -> str:
    """``open-files 1024 (at most 1048576)``."""
    soft = "unlimited" if limit.soft is None else str(limit.soft)
    hard = "" if limit.hard == limit.soft else f" (at most {'unlimited' if limit.hard is None else limit.hard})"
    return f"{limit.name} {soft}{hard}"


def _package_lines(machine: Machine) -> Iterator[Line]:
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
