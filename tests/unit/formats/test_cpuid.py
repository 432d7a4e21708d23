"""Registers of the instruction cpuid."""

from __future__ import annotations

import struct

import pytest

from mlenv.facts.hardware import Cpu
from mlenv.formats.cpuid import describe_registers, is_usable


def registers(text: str) -> list[int]:
    return list(struct.unpack("<4I", text.encode().ljust(16, b"\0")[:16]))


def vendor_row(text: str) -> list[int]:
    first, second, third, _ = registers(text)
    return [0, 0, 7, first, third, second]


BRAND = [[0x80000002, 0, *registers("Made-up  CPU @ 1")], [0x80000003, 0, *registers(".00GHz")]]


def test_names() -> None:
    assert describe_registers([vendor_row("GenuineIntel"), *BRAND]) == Cpu(
        model="Made-up CPU @ 1.00GHz", vendor="GenuineIntel"
    )


def test_bits_have_the_names_of_linux() -> None:
    rows = [
        [1, 0, 0, 0, 1 << 0 | 1 << 12 | 1 << 28, 1 << 0 | 1 << 31],
        [7, 0, 0, 1 << 5 | 1 << 16 | 1 << 31, 1 << 11 | 1 << 30, 1 << 4 | 1 << 24 | 1 << 29],
        [7, 1, 1 << 4 | 1 << 5 | 1 << 21 | 1 << 23, 0, 0, 0],
        [0x80000001, 0, 0, 0, 1 << 0 | 1 << 5 | 1 << 29, 1 << 11 | 1 << 29 | 1 << 31],
    ]
    assert set(describe_registers(rows).flags or ()) == {
        *("pni", "fma", "avx", "fpu", "pbe"),
        *("avx2", "avx512f", "avx512vl", "avx512_vnni", "sgx_lc", "fsrm", "amx_tile", "arch_capabilities"),
        *("avx_vnni", "avx512_bf16", "amx_fp16", "avx_ifma"),
        *("lahf_lm", "abm", "mwaitx", "syscall", "lm", "3dnow"),
    }


@pytest.mark.parametrize(
    ("flag", "xcr0", "expected"),
    [
        ("avx2", None, True),
        ("avx2", 0x07, True),
        ("avx2", 0x03, False),
        ("fma", 0x00, False),
        ("sse4_2", 0x00, True),
        ("avx512f", 0x07, False),
        ("avx512f", 0xE7, True),
        ("amx_tile", 0xE7, False),
        ("amx_tile", 0x600E7, True),
    ],
)
def test_what_the_system_does_not_save_cannot_be_used(flag: str, xcr0: int | None, expected: bool) -> None:
    assert is_usable(flag, xcr0) is expected


def test_rows_of_another_form_are_left_out() -> None:
    assert describe_registers([[], [1, 0, 3], [1, 0, 0, 0, 0, 0, 0]]) == Cpu()
