"""A described machine as the comparison needs it: what it is called, and what the tools must be told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import tomli

from mlenv.facts.version import numbers

NVIDIA, AMD, INTEL = "nvidia", "amd", "intel"


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """A machine's file and the tables in it."""

    path: Path
    tables: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of its file."""
        return self.path.stem

    @property
    def platform(self) -> str:
        """Such as ``linux-x86_64``; what Windows and macOS call arm64 keeps that name on macOS alone."""
        system, processor = str(self.tables["os"]), str(self.tables["arch"])
        if processor == "arm64" and system != "macos":
            processor = "aarch64"
        return f"{system}-{processor}"

    @property
    def gpus(self) -> tuple[dict[str, Any], ...]:
        """Its GPUs, each a table."""
        return tuple(self.tables.get("gpu", ()))

    @property
    def vendors(self) -> frozenset[str]:
        """Whose GPUs it has."""
        return frozenset(gpu["vendor"] for gpu in self.gpus)

    @property
    def driver(self) -> str:
        """The NVIDIA driver; empty where there is none."""
        return str(self.tables.get("nvidia", {}).get("driver", ""))

    @property
    def glibc(self) -> str:
        """Such as ``2.35``; empty on other systems and libraries."""
        family, _, version = str(self.tables.get("libc", "")).partition(" ")
        return version if family == "glibc" else ""

    @property
    def python(self) -> str:
        """The series of its first interpreter (``3.12``); empty where it has none."""
        found = self.tables.get("python") or [""]
        return ".".join(str(found[0]).split(".")[:2])


def read_machines(folder: Path) -> list[Described]:
    """Every machine that a folder describes, by name."""
    return [Described(path=path, tables=tomli.loads(path.read_text())) for path in sorted(folder.glob("*.toml"))]


def below(version: str, floors: list[str]) -> str:
    """The highest of some versions that is not above this one; empty where all are."""
    return max((floor for floor in floors if numbers(floor) <= numbers(version)), key=numbers, default="")
