"""Asks the processor itself, by way of py-cpuinfo: for systems without a file that says it."""

from __future__ import annotations

import json
import os
import platform
from typing import Any

X86 = ("AMD64", "x86_64", "x86", "i386", "i686")
# py-cpuinfo's names where Linux has others.
LINUX_NAMES = {
    "avx512bitalg": "avx512_bitalg",
    "avx512vbmi2": "avx512_vbmi2",
    "avx512vnni": "avx512_vnni",
    "avx512vpopcntdq": "avx512_vpopcntdq",
    "rdrnd": "rdrand",
    "sha": "sha_ni",
    "tscdeadline": "tsc_deadline_timer",
}


def main() -> None:
    """Print ``mlenv-processor:`` and model, vendor, logical cores and flags as JSON."""
    try:
        answer = ask_processor()
    except Exception:
        answer = ask_cpuinfo()
    answer["logical_cores"] = os.cpu_count()
    answer["flags"] = [LINUX_NAMES.get(flag, flag) for flag in answer.get("flags") or ()] or None
    print(f"\nmlenv-processor:{json.dumps(answer)}", flush=True)


def ask_processor() -> dict[str, Any]:
    """What the instruction cpuid says, within 2 ms."""
    if platform.machine() not in X86:
        raise OSError("has no cpuid")
    from cpuinfo import cpuinfo

    cpuid = cpuinfo.CPUID()
    extensions = cpuid.get_max_extension_support()
    return {
        "model": cpuid.get_processor_brand(extensions).strip() or None,
        "vendor": cpuid.get_vendor_id() or None,
        "flags": cpuid.get_flags(extensions),
    }


def ask_cpuinfo() -> dict[str, Any]:
    """The same from py-cpuinfo's other sources, which take over a second; empty where they fail."""
    try:
        import cpuinfo

        found = cpuinfo.get_cpu_info()
    except Exception:
        return {}
    names = {"model": "brand_raw", "vendor": "vendor_id_raw", "flags": "flags"}
    return {key: found.get(name) for key, name in names.items()}
