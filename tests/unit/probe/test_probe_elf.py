"""ELF files: what a shared library asks the loader for."""

from __future__ import annotations

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlenv.probe.environments.elf import HEAD_BYTES, Dynamic, parse_dynamic
from tests.unit.probe.environment_hosts import make_elf

FILE = make_elf(needed=("libcudart.so.12", "libc.so.6"), soname="libtorch_cuda.so", runpath="$ORIGIN")


def parse(data: bytes) -> Dynamic | None:
    return parse_dynamic(lambda offset, size: data[offset : offset + size])


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_form_of_a_file(bits: int, order: str) -> None:
    data = make_elf(
        needed=("libcublas.so.12", "libm.so.6"),
        soname="libx.so.1",
        rpath="$ORIGIN/../lib:/opt/lib",
        runpath="$ORIGIN",
        bits=bits,
        order=order,
        machine=183,
    )
    assert parse(data) == Dynamic(
        bits=bits,
        machine=183,
        soname="libx.so.1",
        needed=("libcublas.so.12", "libm.so.6"),
        rpath="$ORIGIN/../lib:/opt/lib",
        runpath="$ORIGIN",
    )


def test_library_that_asks_for_nothing() -> None:
    assert parse(make_elf()) == Dynamic(bits=64, machine=62)


def test_only_small_parts_of_a_large_file_are_read() -> None:
    data, read = FILE + bytes(10_000_000), 0

    def count(offset: int, size: int) -> bytes:
        nonlocal read
        read += len(data[offset : offset + size])
        return data[offset : offset + size]

    assert parse_dynamic(count) == parse(FILE)
    assert read < 8 * HEAD_BYTES


def test_names_at_both_ends_of_a_long_table() -> None:
    """Tools that edit a library put new names at the end of its table."""
    needed = ("libfirst.so", *(f"{'long' * 500}{number}.so" for number in range(12)), "liblast.so")
    dynamic = parse(make_elf(needed=needed, runpath="$ORIGIN/../nvidia/lib"))
    assert dynamic is not None
    assert (dynamic.needed, dynamic.runpath) == (needed, "$ORIGIN/../nvidia/lib")


def test_segments_at_the_end_of_the_file() -> None:
    table, moved = FILE[64 : 64 + 112], len(FILE) + HEAD_BYTES
    data = (FILE[:32] + struct.pack("<Q", moved) + FILE[40:]).ljust(moved, b"\0") + table
    assert parse(data) == parse(FILE)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x7fELF", FILE[:63], b"MZ" + bytes(200), b"/* GNU ld script */", b"\x7fELF\x02\x01" + b"\xff" * 100],
)
def test_other_files(data: bytes) -> None:
    assert parse(data) is None


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(places=st.lists(st.tuples(st.integers(0, len(FILE) - 1), st.integers(0, 255)), max_size=30))
def test_any_damage_gives_an_answer(places: list[tuple[int, int]]) -> None:
    data = bytearray(FILE)
    for place, value in places:
        data[place] = value
    found = parse(bytes(data))
    assert found is None or all(isinstance(name, str) for name in found.needed)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(tail=st.binary(max_size=600), bits=st.sampled_from([1, 2]), order=st.sampled_from([1, 2]))
def test_any_bytes_after_the_mark_give_an_answer(tail: bytes, bits: int, order: int) -> None:
    parse(b"\x7fELF" + bytes([bits, order]) + tail)


@given(size=st.integers(0, len(FILE)))
def test_a_file_may_end_anywhere(size: int) -> None:
    parse(FILE[:size])
