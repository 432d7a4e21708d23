"""Asks the processor itself, by way of py-cpuinfo: for systems without a file that says it."""

from __future__ import annotations

import json
import os
import platform
import sys
from typing import Any

X86 = ("AMD64", "x86_64", "x86", "i386", "i686")
LEAVES = (
    (0, 0),
    (1, 0),
    (7, 0),
    (7, 1),
    (0x80000000, 0),
    (0x80000001, 0),
    (0x80000002, 0),
    (0x80000003, 0),
    (0x80000004, 0),
)
# push rbx ... pop rbx, ret: the caller relies on that register, and cpuid overwrites it.
BEGIN, END = b"\x53", b"\x5b\xc3"
CPUID = b"\x0f\xa2"
# Nothing for eax, in which a function gives its result; else mov eax, ebx, ecx or edx.
RESULTS = (b"", b"\x89\xd8", b"\x89\xc8", b"\x89\xd0")
XGETBV = b"\x31\xc9\x0f\x01\xd0"
OSXSAVE = 1 << 27
EXTENDED = 0x80000000


def main() -> None:
    """Print ``mlenv-processor:`` and the registers of cpuid, or model, vendor and flags, as JSON."""
    try:
        answer = ask_processor()
    except Exception:
        answer = ask_cpuinfo()
    answer |= {"logical_cores": os.cpu_count(), "physical_cores": count_cores()}
    print(f"\nmlenv-processor:{json.dumps(answer)}", flush=True)


def ask_processor() -> dict[str, Any]:
    """What the instruction cpuid says, within 2 ms; ``xcr0`` is what the system lets programs use."""
    if platform.machine() not in X86:
        raise OSError("has no cpuid")
    rows: list[tuple[int, ...]] = []
    highest = {0: run_cpuid(0, 0)[0], EXTENDED: run_cpuid(EXTENDED, 0)[0]}
    for leaf, subleaf in LEAVES:
        if leaf <= highest[leaf & EXTENDED]:
            rows.append((leaf, subleaf, *run_cpuid(leaf, subleaf)))
    saves_state = any(row[0] == 1 and row[4] & OSXSAVE for row in rows)
    return {"registers": rows, "xcr0": run_code(XGETBV) if saves_state else 0}


def run_cpuid(leaf: int, subleaf: int) -> tuple[int, ...]:
    """The registers eax, ebx, ecx and edx; the instruction runs once for each."""
    load = b"\xb8" + leaf.to_bytes(4, "little") + b"\xb9" + subleaf.to_bytes(4, "little")
    return tuple(run_code(load + CPUID + result) for result in RESULTS)


def run_code(code: bytes) -> int:
    """What eax holds after some machine code."""
    import ctypes

    from cpuinfo import cpuinfo

    function = cpuinfo.ASM(ctypes.c_uint32, (), (BEGIN, code, END))
    function.compile()
    try:
        return int(function.run())
    finally:
        function.free()


def ask_cpuinfo() -> dict[str, Any]:
    """Names and flags from py-cpuinfo's other sources, which take over a second; empty where they fail.

    On Windows its flags are guessed from bits of the registry that mean something else.
    """
    try:
        import cpuinfo

        found = cpuinfo.get_cpu_info()
    except Exception:
        return {}
    names = {"model": "brand_raw", "vendor": "vendor_id_raw"}
    if sys.platform != "win32":
        names["flags"] = "flags"
    return {key: found.get(name) for key, name in names.items()}


def count_cores() -> int | None:
    """Cores without their threads."""
    try:
        import psutil

        return psutil.cpu_count(logical=False)
    except Exception:
        return None
