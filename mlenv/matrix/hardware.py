"""The rows about machines: drivers, what runs on which device, and GPU products.

They are in files of their own (``drivers.toml``, ``gpus.toml``, ``rocm.toml``); the rows about
frameworks stand in :mod:`mlenv.matrix.rows`.
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

    ``targets`` are the compute capabilities that its compiler makes code for, empty where no
    compiler was read.  ``published`` is the day its packages came to the default index, given from
    13.0 on, where that is the time of the release.
    """

    version: str
    linux: str
    windows: str
    targets: tuple[str, ...] = ()
    published: dt.date | None = None
    source: tuple[str, ...]
    note: str = ""


class DriverBranch(Row, frozen=True, kw_only=True):
    """A branch of the NVIDIA driver and the newest CUDA that it offers by itself.

    ``designation`` is NVIDIA's for data centers and ``end_of_life`` the month its support ends
    (``2028-06``); both are empty where no list of NVIDIA's was read.
    """

    branch: int
    cuda: str
    designation: Literal["", "long-term", "production", "new-feature", "developer"] = ""
    end_of_life: str = ""
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


class CompatPackage(Row, frozen=True, kw_only=True):
    """Forward compatibility: the older driver branches on which ``cuda-compat`` of a CUDA release
    works, by what NVIDIA's container image of that release accepts.
    """

    cuda: str
    branches: tuple[int, ...]
    source: tuple[str, ...]
    note: str = ""


class CompatKind(Row, frozen=True, kw_only=True):
    """Whether forward compatibility works on a kind of GPU.

    ``kind`` is that of ``gpus.toml``.
    """

    kind: str
    works: Literal["yes", "some", "no"]
    source: tuple[str, ...]
    note: str = ""


class CudnnRelease(Row, frozen=True, kw_only=True):
    """A release of cuDNN from which on the row holds, up to the next row's.

    ``cuda`` are the CUDA majors that it has builds for, ``capability_floor`` the oldest device it
    serves, ``capability_newest`` the newest that its documentation names.
    """

    version: str
    cuda: tuple[int, ...]
    capability_floor: str
    capability_newest: str = ""
    source: tuple[str, ...]
    note: str = ""


class JetPack(Row, frozen=True, kw_only=True):
    """A JetPack release for Jetson: the Jetson Linux (L4T) releases it stands on, its CUDA and driver.

    ``capabilities`` are the devices it serves; on those in ``ordinary_wheels`` the ordinary
    aarch64 CUDA builds run, on the others only builds made for Jetson.  ``driver`` is empty where
    it was not read.
    """

    version: str
    l4t: tuple[str, ...]
    cuda: str
    driver: str = ""
    ubuntu: str
    capabilities: tuple[str, ...]
    ordinary_wheels: tuple[str, ...] = ()
    source: tuple[str, ...]
    note: str = ""


class Drivers(Row, frozen=True, kw_only=True):
    """``drivers.toml``: NVIDIA drivers, what CUDA they run, which GPUs they know, and which GPU runs which code.

    All tables are newest first.  ``cuda_release`` has one row for each minor; ``cuda_update`` its
    later releases, which bundle newer drivers without asking for them.
    """

    sources: dict[str, str]
    checked_on: dt.date
    cuda_family: tuple[CudaFamily, ...]
    cuda_release: tuple[CudaRelease, ...]
    cuda_update: tuple[CudaRelease, ...] = ()
    driver_branch: tuple[DriverBranch, ...]
    architecture: tuple[GpuArchitecture, ...]
    code_rule: tuple[CodeRule, ...]
    compat_package: tuple[CompatPackage, ...] = ()
    compat_kind: tuple[CompatKind, ...] = ()
    cudnn: tuple[CudnnRelease, ...] = ()
    jetpack: tuple[JetPack, ...] = ()


# ---------------------------------------------------------------- gpus.toml

GpuVendor = Literal["nvidia", "amd", "intel", "apple", "google"]


class GpuModel(Row, frozen=True, kw_only=True, omit_defaults=True):
    """A GPU product, or a TPU.

    ``name`` is matched without vendor words and case, as are the other names in ``also``.
    ``metal`` is Apple's GPU family.  ``memory_gb`` is as marketed, in GB; peak rates are dense, in
    TFLOP/s and GB/s, those after ``fp32_tflops`` of the tensor units where the product has them.
    ``link`` is the bus to the host, ``nvlink_gbs`` the sum of both directions in GB/s, ``power_w``
    the board's power in W.  ``confirmed`` is false where no vendor page was read for the target.
    """

    vendor: GpuVendor
    name: str
    also: tuple[str, ...] = ()
    architecture: str = ""
    compute_capability: str = ""
    gfx: str = ""
    metal: str = ""
    memory_gb: float | None = None
    bandwidth_gbs: float | None = None
    fp32_tflops: float | None = None
    tf32_tflops: float | None = None
    fp16_tflops: float | None = None
    bf16_tflops: float | None = None
    fp8_tflops: float | None = None
    link: str = ""
    nvlink_gbs: float | None = None
    power_w: int | None = None
    kind: str = ""
    confirmed: bool = True
    source: tuple[str, ...]
    note: str = ""


class PeakRule(Row, frozen=True, kw_only=True):
    """The dense FP16 and BF16 peak (accumulating in FP32) of products whose own is not known:
    ``factor`` times their FP32 rate.
    """

    id: str
    kinds: tuple[str, ...]
    compute_capabilities: tuple[str, ...]
    factor: float
    source: tuple[str, ...]
    note: str = ""


class XpuSeries(Row, frozen=True, kw_only=True):
    """A series of Intel GPUs that PyTorch supports.

    Its products are those of ``gpus.toml`` with that ``architecture``.  ``torch`` is the first
    release with binaries for it that is known to name it.
    """

    architecture: str
    series: str
    torch: str
    systems: tuple[str, ...]
    source: tuple[str, ...]
    note: str = ""


class GpuModels(Row, frozen=True, kw_only=True):
    """``gpus.toml``: GPU products and TPUs, the target that code is compiled for, memory and peak rates.

    ``peak_rule`` serves products whose peak no source states, ``xpu_series`` says which Intel GPUs
    PyTorch supports.
    """

    sources: dict[str, str]
    checked_on: dt.date
    gpu: tuple[GpuModel, ...]
    peak_rule: tuple[PeakRule, ...] = ()
    xpu_series: tuple[XpuSeries, ...] = ()


# ---------------------------------------------------------------- rocm.toml

RocmSystem = Literal["linux", "windows", "wsl"]
"""``wsl`` is Linux inside Windows, where AMD supports less than on Linux itself."""
RocmLevel = Literal["supported", "runtime", "deprecated", "unsupported"]
"""What AMD says of a target: supported; its HIP runtime alone is; support will end; has ended."""


class RocmRelease(Row, frozen=True, kw_only=True):
    """A minor release of ROCm and the day of its first version.

    ``released`` is left out where it was not read.  ``complete`` names the systems whose whole list
    of supported targets stands in :class:`RocmSupport`, ``products_complete`` those where each
    product is listed too.
    """

    version: str
    released: dt.date | None = None
    preview: bool = False
    complete: tuple[RocmSystem, ...] = ()
    products_complete: tuple[RocmSystem, ...] = ()
    source: tuple[str, ...]
    note: str = ""


class RocmSupport(Row, frozen=True, kw_only=True):
    """What AMD says of one target in one release; ``products`` are names of ``gpus.toml``."""

    release: str
    system: RocmSystem
    gfx: str
    level: RocmLevel
    products: tuple[str, ...] = ()
    source: tuple[str, ...]
    note: str = ""


class RocmTarget(Row, frozen=True, kw_only=True):
    """A target that AMD's build of ROCm (TheRock) knows, and how far it is on each system.

    ``built`` says that packages exist, not that they run; empty that there are none.
    """

    gfx: str
    linux: Literal["", "built", "release-ready"] = ""
    windows: Literal["", "built", "release-ready"] = ""
    source: tuple[str, ...]
    note: str = ""


class KernelDriver(Row, frozen=True, kw_only=True):
    """A release of the amdgpu kernel driver and the ROCm releases that AMD tested on it.

    ``complete`` is false where only a part of them was read.
    """

    version: str
    user_space: tuple[str, ...]
    complete: bool = True
    source: tuple[str, ...]
    note: str = ""


class GfxOverride(Row, frozen=True, kw_only=True):
    """A value of ``HSA_OVERRIDE_GFX_VERSION`` that users report to help; AMD supports none.

    The device then runs the code of ``acts_as``.  ``confirmed`` is false where no report of it
    working was read.
    """

    gfx: str
    value: str
    acts_as: str
    confirmed: bool = True
    source: tuple[str, ...]
    note: str = ""


class RocmGap(Row, frozen=True, kw_only=True):
    """A framework whose ROCm builds AMD does not vouch for on a system."""

    framework: str
    system: RocmSystem
    source: tuple[str, ...]
    note: str = ""


class RocmReleases(Row, frozen=True, kw_only=True):
    """``rocm.toml``: AMD ROCm, what AMD supports in each release, kernel drivers, and overrides of users."""

    sources: dict[str, str]
    checked_on: dt.date
    rocm_release: tuple[RocmRelease, ...]
    support: tuple[RocmSupport, ...]
    target: tuple[RocmTarget, ...]
    kernel_driver: tuple[KernelDriver, ...]
    override: tuple[GfxOverride, ...]
    gap: tuple[RocmGap, ...] = ()
