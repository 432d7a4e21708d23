"""Asks psutil for the sizes of main memory and swap."""

from __future__ import annotations

import json


def main() -> None:
    """Print ``mlenv-memory:`` and the sizes in bytes as JSON."""
    import psutil

    memory = psutil.virtual_memory()
    answer = {"total": memory.total, "available": memory.available, "swap": _swap()}
    print(f"\nmlenv-memory:{json.dumps(answer)}", flush=True)


def _swap() -> int | None:
    """Swap needs performance counters on Windows, which may be switched off."""
    import psutil

    try:
        return int(psutil.swap_memory().total)
    except (OSError, RuntimeError):
        return None
