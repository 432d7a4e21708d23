"""The topology of AMD's compute driver."""

from __future__ import annotations

import pytest

from mlenv.facts.gpu import Gpu
from mlenv.formats.kfd import count_units, is_gpu, make_gpu, name_address, name_gfx, parse_properties, sum_banks

GIB = 1024**3


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (110000, "gfx1100"),
        (90010, "gfx90a"),
        (90402, "gfx942"),
        (90500, "gfx950"),
        (100302, "gfx1032"),
        (120001, "gfx1201"),
        (110501, "gfx1151"),
        (0, None),
    ],
)
def test_gfx(version: int, expected: str | None) -> None:
    assert name_gfx(version) == expected


def test_node() -> None:
    text = "simd_count 416\nsimd_per_cu 4\ngfx_target_version 90010\nlocation_id 17152\ndomain 1\nname x\n"
    values = parse_properties(text)
    assert is_gpu(values)
    assert make_gpu(values, 64 * GIB) == Gpu(
        vendor="amd",
        gfx="gfx90a",
        pci_address="0001:43:00.0",
        memory_bytes=64 * GIB,
        compute_units=104,
        integrated=False,
    )


def test_processor_is_no_gpu() -> None:
    assert not is_gpu(parse_properties("cpu_cores_count 16\nsimd_count 0\n"))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"cpu_cores_count": 4}, True),
        ({"gfx_target_version": 110501}, True),
        ({"gfx_target_version": 110000}, False),
        ({"gfx_target_version": 90402, "device_id": 0x74A0}, True),
        ({"gfx_target_version": 90402, "device_id": 0x74A1}, False),
        ({"gfx_target_version": 90402}, None),
        ({"gfx_target_version": 990000}, None),
        ({}, None),
    ],
)
def test_integrated(values: dict[str, int], expected: bool | None) -> None:
    assert make_gpu({"simd_count": 8, **values}, None).integrated is expected


@pytest.mark.parametrize(
    ("location", "target", "expected"),
    [
        (0x0300, 110000, "0000:03:00.0"),
        (0x00C8 | 0x2, 100300, "0000:00:19.2"),
        (0x0503, 90402, "0000:05:00.0"),
        (0x3000_0500, 90402, "0000:05:00.0"),
        (0x3000_0500, 90500, "0000:05:00.0"),
    ],
)
def test_partitions_share_the_address_of_their_board(location: int, target: int, expected: str) -> None:
    assert name_address({"location_id": location, "gfx_target_version": target}) == expected


def test_place_that_is_not_stated() -> None:
    assert name_address({}) is None


def test_units_without_their_size_are_unknown() -> None:
    assert [304, None, None] == [
        count_units({"simd_count": 1216, "simd_per_cu": 4}),
        count_units({"simd_count": 1216}),
        count_units({"simd_per_cu": 4}),
    ]


def test_only_banks_of_the_gpu_are_its_memory() -> None:
    banks = [
        {"heap_type": 0, "size_in_bytes": 64 * GIB},
        {"heap_type": 1, "size_in_bytes": GIB},
        {"heap_type": 2, "size_in_bytes": 15 * GIB},
        {"heap_type": 4, "size_in_bytes": 65536},
    ]
    assert sum_banks(banks) == 16 * GIB
    assert sum_banks([]) is None


@pytest.mark.parametrize("text", ["", "simd_count\n", "a b c\n", "x " + "9" * 5000, "x \u0663", "x -1"])
def test_other_lines_are_left_out(text: str) -> None:
    assert parse_properties(text) == {}
