"""Numbers, sizes and speeds as programs print them."""

from __future__ import annotations

import pytest

from mlenv.facts.gpu import PcieLink
from mlenv.formats.measures import (
    count,
    hexadecimal,
    number,
    pcie_generation,
    pcie_link,
    pcie_width,
    size,
    size_with_unit,
    whole,
)

GIB = 1024**3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("45.0", 45.0),
        ("16.0GT/s x16", 16.0),
        ("32 GT/s", 32.0),
        ("35.0°C", 35.0),
        (300, 300.0),
        (2.5, 2.5),
        ("N/A", None),
        ("[Not Supported]", None),
        ("0x1002", None),
        ("1.2.3", None),
        ("\u0663", None),
        ("9" * 5000, None),
        (10**400, None),
        (float("inf"), None),
        (float("nan"), None),
        (True, None),
        (None, None),
        ({}, None),
    ],
)
def test_number(value: object, expected: float | None) -> None:
    assert number(value) == expected


def test_whole_numbers_and_counts() -> None:
    assert [300, None, -1] == [whole("300.0"), whole("0.5"), whole("-1")]
    assert [0, 4, None] == [count("0"), count("4 of them"), count("-1")]


def test_zero_is_no_size() -> None:
    assert [12868124672, None, None] == [size("12868124672"), size("0"), size("N/A")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("64289 MB", 64289 * 1024**2),
        ("32768.00 MiB", 32 * GIB),
        ("16 GB", 16 * GIB),
        ("23.84 GB (99%)", int(23.84 * GIB)),
        ("64 KB", 65536),
        ("12 apples", None),
        ("0 MB", None),
        ("N/A", None),
        (65520, None),
    ],
)
def test_size_with_unit(value: object, expected: int | None) -> None:
    assert size_with_unit(value) == expected


def test_hexadecimal() -> None:
    assert [0x74A1, 0x56C0, None, None, None] == [hexadecimal(text) for text in ("0x74a1", "56c0", "", "f" * 17, "xyz")]


@pytest.mark.parametrize(
    ("speed", "expected"),
    [
        ("2.5 GT/s PCIe", 1),
        ("5.0 GT/s PCIe", 2),
        ("8.0 GT/s PCIe", 3),
        ("16.0 GT/s PCIe", 4),
        ("32.0 GT/s PCIe", 5),
        ("64.0 GT/s PCIe", 6),
        ("Unknown", None),
        ("", None),
    ],
)
def test_pcie_generation(speed: str, expected: int | None) -> None:
    assert pcie_generation(speed) == expected


def test_pcie_link_without_facts_is_none() -> None:
    assert [16, None, None] == [pcie_width("16"), pcie_width("0"), pcie_width("255")]
    assert pcie_link() is None
    assert pcie_link(4, 8) == PcieLink(generation=4, width=8)
