"""Instruction sets by Linux' names, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterable

# What a level needs beyond the level below it, by the names of /proc/cpuinfo: pni is SSE3, abm holds LZCNT.
# https://gitlab.com/x86-psABIs/x86-64-ABI (low-level system information, "Micro-Architecture Levels")
_LEVELS = (
    ("x86-64-v1", frozenset({"lm", "cmov", "cx8", "fpu", "fxsr", "syscall", "sse", "sse2"})),
    ("x86-64-v2", frozenset({"cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"})),
    ("x86-64-v3", frozenset({"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"})),
    ("x86-64-v4", frozenset({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"})),
)
# The words of macOS and of py-cpuinfo where Linux has others.
_LINUX_NAMES = {
    "1gbpage": "pdpe1gb",
    "avx1_0": "avx",
    "avx512bitalg": "avx512_bitalg",
    "avx512vbmi2": "avx512_vbmi2",
    "avx512vnni": "avx512_vnni",
    "avx512vpopcntdq": "avx512_vpopcntdq",
    "clfsh": "clflush",
    "clfsopt": "clflushopt",
    "ds": "dts",
    "dscpl": "ds_cpl",
    "em64t": "lm",
    "htt": "ht",
    "ipt": "intel_pt",
    "lahf": "lahf_lm",
    "lzcnt": "abm",
    "mon": "monitor",
    "prefetchw": "3dnowprefetch",
    "rdrnd": "rdrand",
    "rdwrfsgs": "fsgsbase",
    "sha": "sha_ni",
    "sse3": "pni",
    "tpr": "xtpr",
    "tscdeadline": "tsc_deadline_timer",
    "tsctmr": "tsc_deadline_timer",
    "xd": "nx",
}


def linux_flags(words: Iterable[str]) -> tuple[str, ...]:
    """The flags of another system in Linux' spelling, each once."""
    plain = (word.lower().replace(".", "_") for word in words)
    return tuple(dict.fromkeys(_LINUX_NAMES.get(word, word) for word in plain))


def name_level(flags: Iterable[str] | None) -> str | None:
    """The highest microarchitecture level of the x86-64 ABI; None where the flags do not show one."""
    known = frozenset(flags or ())
    highest = None
    for name, needed in _LEVELS:
        if not needed <= known:
            break
        highest = name
    return highest
