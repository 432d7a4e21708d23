"""A described machine, read anew from its TOML text."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from packaging.version import Version

from tests.property.independent.data import Data

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

VENDORS = {"cuda": "nvidia", "rocm": "amd", "xpu": "intel", "mps": "apple", "tpu": "google"}
"""Whose devices an accelerator drives, in the order in which they are preferred."""


@dataclass(frozen=True)
class Card:
    """One accelerator; what is not known is empty."""

    vendor: str
    name: str
    capability: str
    gfx: str


@dataclass(frozen=True)
class Computer:
    """A machine, as far as the rules look at it; None and empty texts are unknown."""

    system: str
    version: str
    platform: str
    libc: tuple[str, str] | None
    pythons: tuple[str, ...]
    wsl: bool
    flags: frozenset[str]
    driver: str
    cards: tuple[Card, ...]
    rocm: str

    @property
    def driver_system(self) -> str:
        """Whose driver numbers count: inside WSL those of Windows."""
        return "windows" if self.wsl else self.system

    def cards_for(self, accelerator: str) -> tuple[Card, ...]:
        return tuple(card for card in self.cards if card.vendor == VENDORS.get(accelerator))

    @property
    def accelerators(self) -> tuple[str, ...]:
        """Those of which a device is there, the preferred one first; a Mac has Apple's own or none."""
        return tuple(name for name in VENDORS if self.cards_for(name) and (self.system != "macos" or name == "mps"))


def read_computer(text: str, data: Data) -> Computer:
    """The machine that a TOML text describes."""
    row = tomllib.loads(text)
    arch = row["arch"]
    if arch != "x86_64":
        arch = "arm64" if row["os"] == "macos" else "aarch64"
    libc = tuple(row["libc"].split(" ")) if "libc" in row else None
    return Computer(
        system=row["os"],
        version=row.get("os_version", ""),
        platform=f"{row['os']}-{arch}",
        libc=(libc[0], libc[1]) if libc else None,
        pythons=tuple(row.get("python", ())),
        wsl=row.get("wsl", False),
        flags=frozenset(row.get("cpu", {}).get("flags", ())),
        driver=row.get("nvidia", {}).get("driver", ""),
        cards=tuple(_card(card, data) for card in row.get("gpu", ())),
        rocm=row.get("rocm", {}).get("version", ""),
    )


def _card(row: dict[str, Any], data: Data) -> Card:
    name = row.get("name", "")
    return Card(
        vendor=row["vendor"],
        name=name,
        capability=row.get("compute_capability") or _told_by_name(data, row["vendor"], name, "compute_capability"),
        gfx=row.get("gfx") or _told_by_name(data, row["vendor"], name, "gfx"),
    )


def _told_by_name(data: Data, vendor: str, name: str, key: str) -> str:
    answers = {row.get(key, "") for row in products(data, vendor, name)}
    return answers.pop() if len(answers) == 1 else ""


def products(data: Data, vendor: str, name: str) -> list[dict[str, Any]]:
    """The products of a vendor with exactly this name, its own name before it or not."""
    wanted = _bare(vendor, name)
    return [
        row
        for row in data.gpus
        if row["vendor"] == vendor and wanted in {_bare(vendor, text) for text in (row["name"], *row.get("also", ()))}
    ]


def _bare(vendor: str, name: str) -> str:
    words = name.lower().split()
    return " ".join(words[1:] if words[:1] == [vendor] else words)


def at_least(found: str, floor: str) -> bool:
    """Whether a dotted number is another one or higher."""
    return Version(found) >= Version(floor)
