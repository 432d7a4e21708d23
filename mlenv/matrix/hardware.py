"""The rows about machines: NVIDIA drivers, GPU code and GPU products.

They are in files of their own (``drivers.toml``, ``gpus.toml``); the rows about frameworks stand
in :mod:`mlenv.matrix.rows`.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from mlenv.matrix.rows import Row

# ---------------------------------------------------------------- drivers.toml


class CudaFamily(Row, frozen=True, kw_only=True):
    """One CUDA major and the lowest NVIDIA driver that runs builds of any of its minors.

    ``linux`` and ``windows`` are driver versions; ``minor_compatible`` is NVIDIA's minor-version
    compatibility, which starts with CUDA 11.
    """

    major: int
    minor_compatible: bool
    linux: str
    windows: str
    source: tuple[str, ...]
    note: str = ""


class CudaRelease(Row, frozen=True, kw_only=True):
    """One CUDA release: the driver that belongs to it (needed where there is no minor-version
    compatibility), empty where it is not known.
    """

    version: str
    linux: str
    windows: str
    source: tuple[str, ...]


class DriverBranch(Row, frozen=True, kw_only=True):
    """A branch of the NVIDIA driver and the newest CUDA that it offers by itself."""

    branch: int
    cuda: str
    source: tuple[str, ...]
    note: str = ""


class GpuArchitecture(Row, frozen=True, kw_only=True):
    """A generation of NVIDIA GPUs and the driver branches that know it.

    ``first_driver`` and ``last_driver`` are branch numbers; 0 as ``last_driver`` means that
    branches of today still do.
    """

    name: str
    compute_capabilities: tuple[str, ...]
    first_driver: int
    last_driver: int
    source: tuple[str, ...]
    note: str = ""


class CodeRule(Row, frozen=True, kw_only=True):
    """On which devices binary code (SASS) of one compute capability runs.

    It runs on devices from ``code`` up to, not including, ``below``, save those in ``not_on``;
    ``also_on`` names devices outside that range.  Code for one device alone ends at the next
    minor (``5.3`` below ``5.4``).  From CUDA ``unified_from`` on, ``not_on`` no longer holds.
    """

    code: str
    below: str
    not_on: tuple[str, ...] = ()
    also_on: tuple[str, ...] = ()
    unified_from: str = ""
    source: tuple[str, ...]


class Drivers(Row, frozen=True, kw_only=True):
    """``drivers.toml``."""

    sources: dict[str, str]
    checked_on: dt.date
    cuda_family: tuple[CudaFamily, ...]
    cuda_release: tuple[CudaRelease, ...]
    driver_branch: tuple[DriverBranch, ...]
    architecture: tuple[GpuArchitecture, ...]
    code_rule: tuple[CodeRule, ...]


# ---------------------------------------------------------------- gpus.toml


class GpuModel(Row, frozen=True, kw_only=True):
    """A GPU product.

    ``name`` is matched without vendor words and case.  ``memory_gb`` is as marketed, in GB;
    peak rates are dense, in TFLOP/s and GB/s.
    """

    vendor: Literal["nvidia", "amd", "intel", "apple"]
    name: str
    architecture: str = ""
    compute_capability: str = ""
    gfx: str = ""
    memory_gb: float | None = None
    bandwidth_gbs: float | None = None
    fp32_tflops: float | None = None
    kind: str = ""
    confirmed: bool = True
    source: tuple[str, ...]


class GpuModels(Row, frozen=True, kw_only=True):
    """``gpus.toml``."""

    sources: dict[str, str]
    checked_on: dt.date
    gpu: tuple[GpuModel, ...]
