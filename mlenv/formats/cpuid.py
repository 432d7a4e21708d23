"""The registers that the x86 instruction cpuid fills, as a processor."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

from mlenv.facts.hardware import Cpu
from mlenv.formats.cpu_flags import name_level

EAX, EBX, ECX, EDX = range(4)
Registers = Mapping[tuple[int, int], tuple[int, int, int, int]]

# Leaf, subleaf and register, and Linux' names of its bits from the lowest on; a dash is a bit without one.
# Intel's Software Developer's Manual, volume 2A, CPUID; arch/x86/include/asm/cpufeatures.h of Linux.
_BITS = (
    (
        (1, 0, EDX),
        (
            "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov "
            "pat pse36 pn clflush - dts acpi mmx fxsr sse sse2 ss ht tm ia64 pbe"
        ),
    ),
    (
        (0x80000001, 0, EDX),
        "- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow",
    ),
    (
        (1, 0, ECX),
        (
            "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm "
            "- pcid dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave - avx f16c rdrand hypervisor"
        ),
    ),
    (
        (0x80000001, 0, ECX),
        (
            "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt - "
            "lwp fma4 tce - nodeid_msr - tbm topoext perfctr_core perfctr_nb - bpext ptsc perfctr_llc mwaitx"
        ),
    ),
    (
        (7, 0, EBX),
        (
            "fsgsbase tsc_adjust sgx bmi1 hle avx2 - smep bmi2 erms invpcid rtm cqm - mpx rdt_a "
            "avx512f avx512dq rdseed adx smap avx512ifma - clflushopt clwb intel_pt avx512pf avx512er avx512cd sha_ni "
            "avx512bw avx512vl"
        ),
    ),
    (
        (7, 0, ECX),
        (
            "- avx512vbmi umip pku ospke waitpkg avx512_vbmi2 - gfni vaes vpclmulqdq avx512_vnni avx512_bitalg tme "
            "avx512_vpopcntdq - la57 - - - - - rdpid - bus_lock_detect cldemote - movdiri movdir64b enqcmd sgx_lc"
        ),
    ),
    (
        (7, 0, EDX),
        (
            "- - avx512_4vnniw avx512_4fmaps fsrm - - - avx512_vp2intersect - md_clear - - - serialize - "
            "tsxldtrk - pconfig arch_lbr ibt - amx_bf16 avx512_fp16 amx_tile amx_int8 - - flush_l1d arch_capabilities"
        ),
    ),
    ((7, 1, EAX), "sha512 sm3 sm4 - avx_vnni avx512_bf16 - - - - - - - - - - - - - - - amx_fp16 - avx_ifma"),
)
# Bits of XCR0: the parts of a processor's state that the operating system saves for every thread.
_AVX_STATE, _AVX512_STATE, _AMX_STATE = 0x06, 0xE6, 0x60000
_AVX_WORDS = frozenset({"f16c", "fma", "fma4", "xop", "vaes", "vpclmulqdq"})


def describe_registers(rows: Iterable[Sequence[int]], xcr0: int | None = None) -> Cpu:
    """Model, vendor and flags; each row is leaf, subleaf, eax, ebx, ecx and edx.

    ``xcr0`` tells what the operating system lets programs use; None where nobody asked.
    Rows of another form are left out.
    """
    table = {(row[0], row[1]): (row[2], row[3], row[4], row[5]) for row in rows if len(row) == len("lsabcd")}
    flags = tuple(flag for flag in _read_flags(table) if is_usable(flag, xcr0))
    return Cpu(
        model=_text(table, [0x80000002, 0x80000003, 0x80000004], (EAX, EBX, ECX, EDX)),
        vendor=_text(table, [0], (EBX, EDX, ECX)),
        flags=flags or None,
        level=name_level(flags),
    )


def _read_flags(table: Registers) -> list[str]:
    flags = []
    for (leaf, subleaf, register), names in _BITS:
        value = table.get((leaf, subleaf), (0, 0, 0, 0))[register]
        flags += [name for bit, name in enumerate(names.split()) if value >> bit & 1 and name != "-"]
    return flags


def is_usable(flag: str, xcr0: int | None) -> bool:
    """Whether the operating system saves the registers that these instructions need."""
    if xcr0 is None:
        return True
    if flag.startswith("avx512"):
        return xcr0 & _AVX512_STATE == _AVX512_STATE
    if flag.startswith("amx_"):
        return xcr0 & _AMX_STATE == _AMX_STATE
    return not (flag.startswith("avx") or flag in _AVX_WORDS) or xcr0 & _AVX_STATE == _AVX_STATE


def _text(table: Registers, leaves: list[int], order: tuple[int, ...]) -> str | None:
    """The text that lies in registers, four letters in each."""
    values = [table[leaf, 0][register] for leaf in leaves if (leaf, 0) in table for register in order]
    data = struct.pack(f"<{len(values)}I", *(value & 0xFFFFFFFF for value in values))
    return " ".join(data.decode("ascii", "replace").replace("\0", " ").split()) or None
