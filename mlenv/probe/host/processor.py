"""The processor: model, instruction sets, and how much of it this process may use."""

from __future__ import annotations

import msgspec

from mlenv.facts.hardware import Cpu
from mlenv.probe.answers import ask
from mlenv.probe.host.cgroup import read_limits
from mlenv.probe.log import Log, names_in, peek, read_file
from mlenv.system.host import Host

CPU_TABLE = "/proc/cpuinfo"
TOPOLOGY = "/sys/devices/system/cpu/cpu0/topology"
NODES = "/sys/devices/system/node"
DEVICE_TREE = "/proc/device-tree"
REGISTRY = r"HKLM\HARDWARE\DESCRIPTION\System\CentralProcessor"
_LONGEST_NUMBER = 9


class ProcessorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What ``mlenv.probe.children.processor`` prints.

    ``registers`` are rows of leaf, subleaf, eax, ebx, ecx and edx of cpuid; model, vendor and flags
    come in their place where a processor has no such instruction.
    """

    model: str | None = None
    vendor: str | None = None
    physical_cores: int | None = None
    logical_cores: int | None = None
    flags: tuple[str, ...] | None = None
    registers: tuple[tuple[int, int, int, int, int, int], ...] | None = None
    xcr0: int | None = None


def read_processor(host: Host, log: Log) -> Cpu:
    """The processor of this machine."""
    if host.identity.system == "macos":
        cpu = _ask_mac(host, log)
    elif host.identity.system == "windows":
        cpu = _read_windows(host, log)
    else:
        cpu = _read_linux(host, log)
    return msgspec.structs.replace(cpu, usable_cores=read_usable_cores(host, log))


def _ask_mac(host: Host, log: Log) -> Cpu:
    from mlenv.formats.cpu_sysctl import parse_sysctl_processor
    from mlenv.probe.host.sysctl import read_sysctl

    return parse_sysctl_processor(read_sysctl(host, log, "cpu"))


def _read_linux(host: Host, log: Log) -> Cpu:
    from mlenv.formats.cpu_table import parse_cpu_table

    cpu = parse_cpu_table(read_file(host, log, "cpu", CPU_TABLE) or "")
    cores, sockets = cpu.physical_cores, cpu.sockets
    if cpu.logical_cores and not cores:
        cores = _divide(cpu.logical_cores, peek(host, f"{TOPOLOGY}/thread_siblings_list"))
    if cpu.logical_cores and not sockets:
        sockets = _count_sockets(host, cpu.logical_cores)
    return msgspec.structs.replace(cpu, physical_cores=cores, sockets=sockets, numa_nodes=_count_nodes(host, log))


def _count_sockets(host: Host, logical: int) -> int | None:
    """Sockets where the table does not tell them: not on boards, whose device tree has clusters for packages."""
    sockets = _divide(logical, peek(host, f"{TOPOLOGY}/core_siblings_list"))
    is_board = host.identity.machine.startswith(("aarch64", "arm")) and host.exists(DEVICE_TREE)
    return None if is_board and sockets != 1 else sockets


def _divide(logical: int, siblings: str | None) -> int | None:
    """How many such groups of processors there are, if all are as large as the first."""
    size = count_listed(siblings or "")
    return logical // size if size and logical % size == 0 else None


def _count_nodes(host: Host, log: Log) -> int | None:
    """NUMA nodes with processors; the memory of a GH200's GPU is a node without any."""
    listed = count_listed(peek(host, f"{NODES}/has_cpu") or "")
    nodes = listed or sum(1 for name in names_in(host, NODES) if name[:4] == "node" and name[4:].isdigit())
    if nodes:
        log.found("cpu.numa", NODES)
    else:
        log.absent("cpu.numa", NODES)
    return nodes or None


# 0-1,8 ; 0 ; 0-3
def count_listed(text: str) -> int | None:
    """How many numbers a list of the kernel holds; None for what is no such list."""
    total = 0
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        low, high = _number(first), _number(last or first)
        if low is None or high is None or high < low:
            return None
        total += high - low + 1
    return total


def _number(text: str | None) -> int | None:
    plain = text and text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return int(text) if text and plain else None


def _read_windows(host: Host, log: Log) -> Cpu:
    """The names from the registry; what the processor can do is known to itself alone."""
    named = _read_registry(host, log)
    answer, _ = ask(host, log, "cpu.flags", "processor", ProcessorAnswer)
    if answer is None:
        return named
    log.found("cpu.flags", "child process processor")
    asked = _describe(answer)
    return Cpu(
        model=named.model or asked.model,
        vendor=named.vendor or asked.vendor,
        physical_cores=answer.physical_cores,
        logical_cores=named.logical_cores or answer.logical_cores,
        flags=asked.flags,
        level=asked.level,
    )


def _describe(answer: ProcessorAnswer) -> Cpu:
    from mlenv.formats.cpu_flags import linux_flags, name_level
    from mlenv.formats.cpuid import describe_registers

    if answer.registers:
        return describe_registers(answer.registers, answer.xcr0)
    flags = linux_flags(answer.flags or ()) or None
    return Cpu(model=answer.model, vendor=answer.vendor, flags=flags, level=name_level(flags))


def _read_registry(host: Host, log: Log) -> Cpu:
    environ = host.environ
    try:
        values = host.read_registry(rf"{REGISTRY}\0")
        logical = len(host.list_registry(REGISTRY))
        log.found("cpu", REGISTRY)
    except OSError as error:
        log.unreadable("cpu", REGISTRY, type(error).__name__)
        values, logical = {}, 0
    return Cpu(
        model=" ".join(str(values.get("ProcessorNameString", "")).split()) or environ.get("PROCESSOR_IDENTIFIER"),
        vendor=str(values.get("VendorIdentifier", "")) or None,
        logical_cores=logical or _number(environ.get("NUMBER_OF_PROCESSORS")),
    )


def read_usable_cores(host: Host, log: Log) -> float:
    """What the affinity mask and the quotas of the control groups leave."""
    usable = float(host.usable_cores())
    if host.identity.system != "linux":
        return usable
    for path, text in read_limits(host, "cpu", "cpu.max", "cpu.cfs_quota_us"):
        quota = parse_quota(text, _read_period(host, path))
        if quota is not None and quota < usable:
            log.found("cpu.quota", path, f"{quota:g} cores")
            usable = quota
    return usable


def _read_period(host: Host, quota_path: str) -> str:
    """The period that belongs to a quota of version 1; version 2 has it in the same file."""
    if not quota_path.endswith("cfs_quota_us"):
        return ""
    return peek(host, quota_path.replace("quota", "period")) or ""


# 200000 100000  ;  max 100000  ;  -1 (version 1: no quota)
def parse_quota(text: str, period: str = "") -> float | None:
    """Processors that a quota grants, None where there is no quota."""
    numbers = [_number(word) for word in f"{text} {period}".split()[:2]]
    quota, interval = numbers if len(numbers) == len(("quota", "period")) else (None, None)
    return quota / interval if quota and interval else None
