"""/proc/meminfo of Linux."""

from __future__ import annotations

import re

from mlenv.facts.hardware import Memory
from mlenv.facts.pattern import lazy

_LINE = lazy(r"^(MemTotal|MemAvailable|SwapTotal|SwapFree):[ \t]+([0-9]{1,15}) kB[ \t]*$", re.MULTILINE)


# MemTotal:       24684084 kB
# MemAvailable:   24192764 kB
# SwapTotal:       8065020 kB
def parse_memory_table(text: str) -> Memory:
    """Sizes in bytes; kernels before 3.14 do not say what is available."""
    sizes = {match[1]: int(match[2]) * 1024 for match in _LINE.finditer(text)}
    return Memory(
        total_bytes=sizes.get("MemTotal"),
        available_bytes=sizes.get("MemAvailable"),
        swap_bytes=sizes.get("SwapTotal"),
        swap_free_bytes=sizes.get("SwapFree"),
    )
