"""Processor, memory, disks and network ports."""

from __future__ import annotations

from typing import Literal

from mlenv.facts.fact import Fact

DiskPurpose = Literal["environment", "cache", "temporary", "huggingface", "shared-memory"]


class Cpu(Fact, frozen=True, kw_only=True):
    """The processor.  ``flags`` are Linux names (``avx2``, ``avx512f``, ``amx_tile``).

    ``usable_cores`` is what a cgroup quota and the affinity mask leave to this process; it may be
    a fraction.  ``level`` is the microarchitecture level of the x86-64 ABI (``x86-64-v3``).
    """

    model: str | None = None
    vendor: str | None = None
    physical_cores: int | None = None
    logical_cores: int | None = None
    usable_cores: float | None = None
    flags: tuple[str, ...] | None = None
    level: str | None = None
    sockets: int | None = None
    numa_nodes: int | None = None


class Memory(Fact, frozen=True, kw_only=True):
    """Main memory.  ``limit_bytes`` is the cgroup limit, None where there is none."""

    total_bytes: int | None = None
    available_bytes: int | None = None
    limit_bytes: int | None = None
    swap_bytes: int | None = None
    swap_free_bytes: int | None = None


class Disk(Fact, frozen=True, kw_only=True):
    """The file system that holds one place that mlenv or the frameworks write to.

    ``noexec`` forbids to run programs and to load libraries from there, ``network`` tells a file
    system of another machine, ``files_free`` is the number of files that can still be made.
    """

    purpose: DiskPurpose
    path: str
    free_bytes: int | None = None
    total_bytes: int | None = None
    filesystem: str | None = None
    writable: bool | None = None
    noexec: bool | None = None
    network: bool | None = None
    files_free: int | None = None


class NetworkPort(Fact, frozen=True, kw_only=True):
    """A port of an InfiniBand or RoCE adapter: ``rate`` in Gbit/s, ``layer`` is its link layer."""

    device: str
    port: int
    state: str | None = None
    rate: float | None = None
    layer: str | None = None
