"""Numbers, sizes and speeds with their units, as programs print them."""

from __future__ import annotations

import re

from mlenv.facts.gpu import PcieLink
from mlenv.facts.pattern import lazy

# A number that ends where its digits end: 0x1002 and 1.2.3 are none.
_NUMBER = lazy(r"\s*(-?\d{1,15}(?:\.\d{1,12})?)(?![\d.xX])", re.ASCII)
_UNIT = lazy(r"[\d.\s]*([KMGT]?)i?B\b", re.IGNORECASE | re.ASCII)
_SHIFTS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_GENERATIONS = {2.5: 1, 5.0: 2, 8.0: 3, 16.0: 4, 32.0: 5, 64.0: 6}
_WIDTHS = (1, 2, 4, 8, 12, 16, 32)


# 45.0 ; 32 GT/s ; 16.0GT/s ; 35.0°C ; 300.0
def number(value: object) -> float | None:
    """The number at the beginning of a text, or a number itself; None for ``N/A`` and sentences."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if abs(value) < 1e15 else None
    match = _NUMBER.match(value) if isinstance(value, str) else None
    return float(match[1]) if match else None


def whole(value: object) -> int | None:
    """The same, where the number is a whole one."""
    found = number(value)
    return int(found) if found is not None and found == int(found) else None


def count(value: object) -> int | None:
    """The same, where it counts something: -1 stands for unknown."""
    found = whole(value)
    return found if found is not None and found >= 0 else None


# 12868124672 ; "17163091968"
def size(value: object) -> int | None:
    """A size that is printed in bytes; 0 says that the program could not tell."""
    return count(value) or None


# 64289 MB ; 32768.00 MiB ; 16 GB
def size_with_unit(value: object) -> int | None:
    """A size in bytes; AMD's and Intel's tools count 1024 KB to the MB."""
    amount, unit = number(value), _UNIT.match(value) if isinstance(value, str) else None
    if amount is None or unit is None or amount <= 0:
        return None
    return int(amount * (1 << _SHIFTS[unit[1].upper()]))


# 0x74a1 ; 74a1
def hexadecimal(value: object) -> int | None:
    """A hexadecimal number of at most 64 bits."""
    text = value.strip().lower().removeprefix("0x") if isinstance(value, str) else ""
    known = 0 < len(text) <= 16 and all(digit in "0123456789abcdef" for digit in text)
    return int(text, 16) if known else None


# 16.0 GT/s PCIe ; 2.5GT/s ; Unknown
def pcie_generation(speed: object) -> int | None:
    """The generation of PCI Express that transfers at this speed, in GT/s."""
    found = number(speed)
    return None if found is None else _GENERATIONS.get(found)


def pcie_width(lanes: object) -> int | None:
    """A number of lanes; the kernel writes 0 and 255 where there is no link."""
    found = whole(lanes)
    return found if found in _WIDTHS else None


def pcie_link(
    generation: int | None = None,
    width: int | None = None,
    largest_generation: int | None = None,
    largest_width: int | None = None,
) -> PcieLink | None:
    """The link, None where nothing is known of it."""
    link = PcieLink(
        generation=generation, width=width, largest_generation=largest_generation, largest_width=largest_width
    )
    return link if link != PcieLink() else None
