"""Main memory and what a control group leaves of it."""

from __future__ import annotations

import msgspec

from mlenv.facts.hardware import Memory
from mlenv.probe.answers import ask
from mlenv.probe.host.cgroup import read_limits
from mlenv.probe.log import Log, read_file
from mlenv.system.host import Host

MEMORY_TABLE = "/proc/meminfo"
# Version 1 writes "no limit" as the largest multiple of a page below 2**63.
NO_LIMIT = 2**60


class MemoryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What ``mlenv.probe.children.memory`` prints, in bytes."""

    total: int
    available: int
    swap: int | None = None
    swap_free: int | None = None


def read_memory(host: Host, log: Log) -> Memory:
    """The memory of this machine, in bytes."""
    if host.identity.system != "linux":
        return _ask_memory(host, log)
    from mlenv.formats.memory_table import parse_memory_table

    memory = parse_memory_table(read_file(host, log, "memory", MEMORY_TABLE) or "")
    return msgspec.structs.replace(memory, limit_bytes=_read_limit(host, log))


def _read_limit(host: Host, log: Log) -> int | None:
    lowest: int | None = None
    for path, text in read_limits(host, "memory", "memory.max", "memory.limit_in_bytes"):
        limit = parse_limit(text)
        if limit is not None and (lowest is None or limit < lowest):
            log.found("memory.limit", path)
            lowest = limit
    return lowest


# 8589934592  ;  max  ;  9223372036854771712
def parse_limit(text: str) -> int | None:
    """A memory limit in bytes, None where there is none."""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(NO_LIMIT)):
        return None
    limit = int(text)
    return limit if limit < NO_LIMIT else None


def _ask_memory(host: Host, log: Log) -> Memory:
    answer, _ = ask(host, log, "memory", "memory", MemoryAnswer)
    if answer is None:
        return Memory()
    log.found("memory", "psutil")
    return Memory(
        total_bytes=answer.total,
        available_bytes=answer.available,
        swap_bytes=answer.swap,
        swap_free_bytes=answer.swap_free,
    )
