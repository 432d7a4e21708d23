"""The processor: model, instruction sets, and how much of it this process may use."""

from __future__ import annotations

import re

import msgspec

from mlenv.facts.hardware import Cpu
from mlenv.probe.answers import ask
from mlenv.probe.arm_parts import name_arm_core, name_arm_maker
from mlenv.probe.cgroup import read_limits
from mlenv.probe.log import Log, read_file
from mlenv.probe.sysctl import read_sysctl
from mlenv.system.host import Host

CPU_TABLE = "/proc/cpuinfo"
_PROCESSOR = re.compile(r"^processor\s*:\s*\d+", re.MULTILINE)
_PHYSICAL = re.compile(r"^physical id\s*:\s*(\d+)", re.MULTILINE)
_CORE = re.compile(r"^core id\s*:\s*(\d+)", re.MULTILINE)


class ProcessorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What ``mlenv.probe.children.processor`` prints."""

    model: str | None = None
    vendor: str | None = None
    physical_cores: int | None = None
    logical_cores: int | None = None
    flags: tuple[str, ...] | None = None


def read_processor(host: Host, log: Log) -> Cpu:
    """The processor of this machine."""
    if host.identity.system == "macos":
        cpu = parse_sysctl_processor(read_sysctl(host, log, "cpu"))
    elif host.identity.system == "windows":
        cpu = _ask_windows(host, log)
    else:
        cpu = parse_cpu_table(read_file(host, log, "cpu", CPU_TABLE) or "")
    return msgspec.structs.replace(cpu, usable_cores=_read_usable_cores(host, log))


# > processor	: 0
# > vendor_id	: GenuineIntel
# > model name	: Intel(R) Xeon(R) Platinum 8480C
# > physical id	: 0
# > core id		: 0
# > flags		: fpu vme de pse avx avx2 avx512f amx_tile
def parse_cpu_table(text: str) -> Cpu:
    """The processor that /proc/cpuinfo describes; x86, Arm and others each have their own keys."""
    fields = _first_values(text)
    maker, part = fields.get("cpu implementer", ""), fields.get("cpu part", "")
    flags = fields.get("flags") or fields.get("features")
    return Cpu(
        model=fields.get("model name") or name_arm_core(maker, part) or fields.get("cpu") or fields.get("uarch"),
        vendor=fields.get("vendor_id") or name_arm_maker(maker),
        physical_cores=_count_physical(text),
        logical_cores=len(_PROCESSOR.findall(text)) or None,
        flags=tuple(dict.fromkeys(flags.split())) if flags else None,
    )


def _first_values(text: str) -> dict[str, str]:
    """The first value of each key: those of the first core, and of the tail that some boards have."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and value.strip():
            fields.setdefault(key.strip().lower(), value.strip())
    return fields


def _count_physical(text: str) -> int | None:
    packages, cores = _PHYSICAL.findall(text), _CORE.findall(text)
    if not cores or len(packages) != len(cores):
        return None
    return len(set(zip(packages, cores, strict=True)))


def parse_sysctl_processor(values: dict[str, str]) -> Cpu:
    """The processor of a Mac; flags only for Intel, in Linux's spelling."""
    words = f"{values.get('machdep.cpu.features', '')} {values.get('machdep.cpu.leaf7_features', '')}".split()
    flags = tuple(_linux_flag(word) for word in words)
    model = values.get("machdep.cpu.brand_string")
    vendor = values.get("machdep.cpu.vendor") or ("Apple" if model and model.startswith("Apple") else None)
    return Cpu(
        model=model,
        vendor=vendor,
        physical_cores=_number(values.get("hw.physicalcpu")),
        logical_cores=_number(values.get("hw.logicalcpu")),
        flags=flags or None,
    )


def _linux_flag(word: str) -> str:
    return {"avx1.0": "avx", "sse3": "pni"}.get(word.lower(), word.lower().replace(".", "_"))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _ask_windows(host: Host, log: Log) -> Cpu:
    answer, _ = ask(host, log, "cpu", "processor", ProcessorAnswer)
    if answer is None:
        return Cpu(
            model=host.environ.get("PROCESSOR_IDENTIFIER"),
            logical_cores=_number(host.environ.get("NUMBER_OF_PROCESSORS")),
        )
    log.found("cpu", "child process processor")
    return Cpu(
        model=answer.model,
        vendor=answer.vendor,
        physical_cores=answer.physical_cores,
        logical_cores=answer.logical_cores or _number(host.environ.get("NUMBER_OF_PROCESSORS")),
        flags=answer.flags,
    )


def _read_usable_cores(host: Host, log: Log) -> float:
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
    try:
        return host.read_text(quota_path.replace("quota", "period"))
    except OSError:
        return ""


# 200000 100000  ;  max 100000  ;  -1 (version 1: no quota)
def parse_quota(text: str, period: str = "") -> float | None:
    """Processors that a quota grants, None where there is no quota."""
    numbers = f"{text} {period}".split()[:2]
    if len(numbers) < 2 or not all(number.isascii() and number.isdigit() for number in numbers):
        return None
    quota, interval = (int(number) for number in numbers)
    return quota / interval if quota and interval else None
