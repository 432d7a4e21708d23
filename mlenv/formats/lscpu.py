"""The table of lscpu."""

from __future__ import annotations

from collections.abc import Mapping

from mlenv.facts.hardware import Cpu
from mlenv.facts.pattern import lazy
from mlenv.formats.cpu_flags import name_level

_NODE = lazy(r"NUMA node[0-9]+ CPU\(s\)")
_LONGEST_NUMBER = 9


# > CPU(s):                          128
# > Model name:                      POWER9, altivec supported
# > Thread(s) per core:              4
# > Core(s) per socket:              16
# > Socket(s):                       2
# > NUMA node8 CPU(s):               64-127
def parse_lscpu(text: str) -> Cpu:
    """The processor of the table; newer versions indent it, which makes no difference."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon:
            fields.setdefault(key.strip(), value.strip())
    flags = tuple(dict.fromkeys(fields.get("Flags", "").split())) or None
    logical = _number(fields, "CPU(s)")
    return Cpu(
        model=_text(fields, "Model name"),
        vendor=_text(fields, "Vendor ID"),
        physical_cores=_count_cores(fields, logical),
        logical_cores=logical,
        flags=flags,
        level=name_level(flags),
        sockets=_number(fields, "Socket(s)"),
        numa_nodes=_count_nodes(fields),
    )


def _count_cores(fields: Mapping[str, str], logical: int | None) -> int | None:
    """Cores of all sockets; where an Arm table gives ``-`` for them, from the threads of a core."""
    per_socket, sockets = _number(fields, "Core(s) per socket"), _number(fields, "Socket(s)")
    if per_socket and sockets:
        return per_socket * sockets
    threads = _number(fields, "Thread(s) per core")
    return logical // threads if logical and threads else None


def _count_nodes(fields: Mapping[str, str]) -> int | None:
    """Nodes that have processors: the memory of a GPU may be a node without any."""
    lists = [value for key, value in fields.items() if _NODE.fullmatch(key)]
    return sum(1 for value in lists if value) or _number(fields, "NUMA node(s)")


def _text(fields: Mapping[str, str], key: str) -> str | None:
    value = " ".join(fields.get(key, "").split())
    return None if value in ("", "-") else value


def _number(fields: Mapping[str, str], key: str) -> int | None:
    text = fields.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else None
