"""Described machines, drawn from the rows of the matrix and weighted like the world.

The same seed and rows give the same machines.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Table = dict[str, Any]
T = TypeVar("T")

GLIBCS = {
    "2.17": 4, "2.26": 2, "2.27": 3, "2.28": 8, "2.31": 12, "2.34": 8, "2.35": 24, "2.36": 10, "2.38": 3, "2.39": 24,
    "2.41": 5, "2.42": 3,
}  # fmt: skip
MUSLS = {"1.1.24": 1, "1.2.2": 2, "1.2.4": 3, "1.2.5": 4}
WINDOWS = {"10": 8, "11": 16, "2019": 1, "2022": 3, "2025": 1}
MACS = {"11.7": 1, "12.7": 2, "13.6": 4, "14.5": 8, "15.3": 8, "26.1": 5}
PYTHONS = {"3.7": 1, "3.8": 4, "3.9": 8, "3.10": 20, "3.11": 20, "3.12": 25, "3.13": 20, "3.14": 8, "3.15": 1}
X86_FLAGS: dict[tuple[str, ...], int] = {
    ("sse2", "ssse3"): 2,
    ("sse2", "ssse3", "sse4_1", "sse4_2"): 4,
    ("sse2", "ssse3", "sse4_1", "sse4_2", "avx"): 6,
    ("sse2", "ssse3", "sse4_1", "sse4_2", "avx", "f16c", "fma", "avx2"): 50,
    ("sse2", "ssse3", "sse4_1", "sse4_2", "avx", "f16c", "fma", "avx2", "avx512f", "amx_tile"): 25,
}
ARM_FLAGS: dict[tuple[str, ...], int] = {("fp", "asimd", "crc32"): 1}
GENERATIONS = {
    "Kepler": 3, "Maxwell": 5, "Pascal": 12, "Volta": 5, "Turing": 16, "Ampere": 26, "Ada Lovelace": 26, "Hopper": 10,
    "Blackwell": 18,
}  # fmt: skip
BRANCHES_OF_WINDOWS = {"582.28": 580, "581.42": 580, "566.14": 565, "546.33": 545, "537.58": 535, "472.12": 470}
"""Releases that Windows numbers beyond their branch, and that branch."""


class Drawing:
    """Draws machines one after another."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.gpus: list[Table] = tomllib.loads((folder / "gpus.toml").read_text(encoding="utf-8"))["gpu"]
        self.drivers: Table = tomllib.loads((folder / "drivers.toml").read_text(encoding="utf-8"))
        self.kinds: dict[Callable[[], Table], int] = {
            self.linux_nvidia: 34,
            self.windows_nvidia: 13,
            self.wsl: 8,
            self.arm_nvidia: 5,
            self.amd: 12,
            self.intel: 7,
            self.mac: 10,
            self.tpu: 2,
            self.bare: 9,
        }

    def machine(self) -> Table:
        """The keys of one described machine."""
        return self.weighed(self.kinds)()

    # ------------------------------------------------------------ kinds of machines

    def linux_nvidia(self) -> Table:
        machine = self.linux("x86_64")
        machine["gpu"] = [*self.nvidia_gpus(), *self.beside(("intel", "amd"))]
        return self.with_driver(machine, "linux")

    def windows_nvidia(self) -> Table:
        machine = self.windows()
        machine["gpu"] = [*self.nvidia_gpus(), *self.beside(("intel", "amd"))]
        return self.with_driver(machine, "windows")

    def wsl(self) -> Table:
        machine = {**self.linux("x86_64"), "wsl": True, "gpu": self.nvidia_gpus()}
        return self.with_driver(machine, "windows")

    def arm_nvidia(self) -> Table:
        """A Jetson board, or a server with a Grace or another Arm processor."""
        capability = self.weighed({"7.2": 1, "8.7": 4, "9.0": 5, "10.0": 3, "10.3": 1, "11.0": 2, "12.1": 3, "8.6": 1})
        rows = [row for row in self.gpus if row["vendor"] == "nvidia" and row.get("compute_capability") == capability]
        name = self.random.choice(rows)["name"] if rows else "NVIDIA Tegra"
        machine = self.linux("aarch64")
        machine["gpu"] = [{"vendor": "nvidia", "name": name, "compute_capability": capability}]
        return self.with_driver(machine, "linux")

    def amd(self) -> Table:
        machine = self.windows() if self.chance(0.25) else self.linux("x86_64")
        if machine["os"] == "linux" and self.chance(0.12):
            machine["wsl"] = True
        machine["gpu"] = [self.gpu("amd") for _ in range(self.weighed({1: 8, 2: 1}))]
        if self.chance(0.6):
            machine["rocm"] = {"version": self.weighed({"5.7": 2, "6.0": 2, "6.2": 3, "6.4": 5, "7.0": 3, "7.2": 6})}
        return machine

    def intel(self) -> Table:
        machine = self.windows() if self.chance(0.5) else self.linux("x86_64")
        if machine["os"] == "linux" and self.chance(0.1):
            machine["wsl"] = True
        return {**machine, "gpu": [self.gpu("intel")]}

    def mac(self) -> Table:
        arm = self.chance(0.85)
        machine: Table = {"os": "macos", "arch": "arm64" if arm else "x86_64"}
        if self.chance(0.95):
            machine["os_version"] = self.weighed(MACS)
        machine["gpu"] = [self.gpu("apple" if arm else self.random.choice(("intel", "amd")))]
        return self.filled(machine)

    def tpu(self) -> Table:
        return {**self.linux("x86_64"), "gpu": [self.gpu("google")] * self.random.choice((1, 4, 8))}

    def bare(self) -> Table:
        """A machine without accelerators, on any system."""
        system = self.weighed({"windows": 3, "x86_64": 9, "aarch64": 4})
        machine = self.windows() if system == "windows" else self.linux(system)
        return {**machine, "gpu": []} if self.chance(0.5) else machine

    # ------------------------------------------------------------ parts

    def linux(self, arch: str) -> Table:
        machine: Table = {"os": "linux", "arch": arch}
        if self.chance(0.97):
            musl = self.chance(0.04)
            machine["libc"] = f"musl {self.weighed(MUSLS)}" if musl else f"glibc {self.weighed(GLIBCS)}"
        return self.filled(machine)

    def windows(self) -> Table:
        arch = "aarch64" if self.chance(0.03) else "x86_64"
        return self.filled({"os": "windows", "arch": arch, "os_version": self.weighed(WINDOWS)})

    def filled(self, machine: Table) -> Table:
        """Pythons, memory, container and processor."""
        if self.chance(0.92):
            machine["python"] = self.pythons()
        if self.chance(0.7):
            machine["ram_gib"] = self.random.choice((4, 8, 16, 32, 64, 128, 512))
            machine["disk_free_gib"] = self.random.choice((5, 20, 100, 500, 2000))
        if self.chance(0.3):
            machine["container"] = self.chance(0.5)
        if self.chance(0.7):
            flags: tuple[str, ...] = self.weighed(X86_FLAGS if machine["arch"] == "x86_64" else ARM_FLAGS)
            machine["cpu"] = {"flags": list(flags)}
        return machine

    def pythons(self) -> list[str]:
        """Interpreters, newest first, at most one of each series, now and then a free-threaded one."""
        series = {self.weighed(PYTHONS) for _ in range(self.weighed({0: 2, 1: 12, 2: 4, 3: 2}))}
        found = [f"{name}.{self.random.randrange(0, 14)}" for name in sorted(series)]
        if self.chance(0.04):
            found.append(f"3.{self.random.choice((13, 14))}.{self.random.randrange(0, 6)}t")
        return sorted(found, key=lambda text: [int(part.rstrip("t")) for part in text.split(".")], reverse=True)

    def nvidia_gpus(self) -> list[Table]:
        count = self.weighed({1: 30, 2: 3, 4: 2, 8: 3})
        first = self.nvidia_gpu()
        if count == 2 and self.chance(0.7):
            return [first, self.nvidia_gpu()]
        return [first] * count

    def nvidia_gpu(self) -> Table:
        generation = self.weighed(GENERATIONS)
        rows = [row for row in self.gpus if row["vendor"] == "nvidia" and row.get("architecture") == generation]
        return self.described(self.random.choice(rows))

    def gpu(self, vendor: str) -> Table:
        return self.described(self.random.choice([row for row in self.gpus if row["vendor"] == vendor]))

    def described(self, row: Table) -> Table:
        """A product as somebody writes it down: with its target or without."""
        maker = {"nvidia": "NVIDIA ", "amd": "AMD ", "intel": "Intel "}.get(row["vendor"], "")
        gpu = {"vendor": row["vendor"], "name": (maker if self.chance(0.7) else "") + row["name"]}
        for key in ("compute_capability", "gfx"):
            if row.get(key) and self.chance(0.5):
                gpu[key] = row[key]
        if self.chance(0.03):
            gpu["name"] = f"{maker}engineering sample"
        return gpu

    def beside(self, vendors: Sequence[str]) -> list[Table]:
        """Now and then the GPU of another maker beside the first."""
        return [self.gpu(self.random.choice(vendors))] if self.chance(0.2) else []

    def with_driver(self, machine: Table, system: str) -> Table:
        if self.chance(0.95):
            machine["nvidia"] = {"driver": self.driver(machine["gpu"], system)}
        return machine

    def driver(self, gpus: Sequence[Table], system: str) -> str:
        """A driver, most often of a branch that serves the first GPU."""
        branches = [row["branch"] for row in self.drivers["driver_branch"]]
        row = self.architecture_of(gpus[0])
        if row is not None and self.chance(0.85):
            branches = [n for n in branches if row["first_driver"] <= n <= (row["last_driver"] or n)] or branches
        branch = self.random.choice(branches[: self.random.choice((4, 9, 99))])
        named = [text for text, own in BRANCHES_OF_WINDOWS.items() if own == branch and system == "windows"]
        rows = [*self.drivers["cuda_release"], *self.drivers["cuda_update"]]
        named += [row[system] for row in rows if row[system].startswith(f"{branch}.")]
        drawn = f"{branch}.{self.random.randrange(10, 260)}"
        if system == "linux":
            drawn += f".{self.random.randrange(1, 20):02}"
        return self.random.choice([*named, drawn])

    def architecture_of(self, gpu: Table) -> Table | None:
        """The generation of a GPU, by its own word or by that of the first product whose name ends its name."""
        products = (row for row in self.gpus if row["vendor"] == "nvidia" and gpu["name"].endswith(row["name"]))
        capability = gpu.get("compute_capability") or next(products, gpu).get("compute_capability")
        return next((row for row in self.drivers["architecture"] if capability in row["compute_capabilities"]), None)

    # ------------------------------------------------------------ chance

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def weighed(self, options: dict[T, int]) -> T:
        return self.random.choices(list(options), list(options.values()))[0]


def draw_machines(folder: Path, seed: int, count: int) -> list[str]:
    """The TOML texts of some described machines."""
    drawing = Drawing(folder, seed)
    return [write_machine(drawing.machine()) for _ in range(count)]


def write_machine(machine: Table) -> str:
    """A described machine as TOML."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in machine.items() if not _is_table(value)]
    for key, value in machine.items():
        for table in (value if isinstance(value, list) else [value]) if _is_table(value) else []:
            head = f"[[{key}]]" if isinstance(value, list) else f"[{key}]"
            lines += ["", head, *(f"{name} = {json.dumps(item)}" for name, item in table.items())]
    return "\n".join(lines) + "\n"


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))
