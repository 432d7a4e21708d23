"""Asks psutil for the sizes of main memory and swap."""

from __future__ import annotations

import json


def main() -> None:
    """Print ``mlenv-memory:`` and the sizes in bytes as JSON."""
    import psutil

    memory = psutil.virtual_memory()
    swap, swap_free = ask_swap()
    answer = {"total": memory.total, "available": memory.available, "swap": swap, "swap_free": swap_free}
    print(f"\nmlenv-memory:{json.dumps(answer)}", flush=True)


def ask_swap() -> tuple[int | None, int | None]:
    """Size and rest; Windows needs performance counters for it, which may be switched off."""
    import psutil

    try:
        swap = psutil.swap_memory()
    except (OSError, RuntimeError):
        return None, None
    return int(swap.total), int(swap.free)
