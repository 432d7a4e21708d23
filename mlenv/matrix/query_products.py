"""Questions about GPU products and ROCm: pure functions over ``gpus.toml`` and ``rocm.toml``.

None in an answer says that no row tells.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from mlenv.facts.version import series
from mlenv.matrix.hardware import (
    GfxOverride,
    GpuModel,
    GpuModels,
    KernelDriver,
    PeakRule,
    RocmLevel,
    RocmReleases,
    RocmSystem,
    XpuSeries,
)
from mlenv.matrix.product import closest_gpus, find_gpu, is_part

Dtype = Literal["fp32", "tf32", "fp16", "bf16", "fp8"]


# ---------------------------------------------------------------- ROCm


def rocm_supports(
    rocm: RocmReleases, gfx: str, release: str, *, system: RocmSystem
) -> RocmLevel | Literal["unlisted"] | None:
    """What AMD says of a target in a ROCm release; ``unlisted`` where its whole list omits it."""
    for row in rocm.support:
        if (row.release, row.system, row.gfx) == (series(release), system, gfx):
            return row.level
    return "unlisted" if _is_complete(rocm, release, system, "complete") else None


def rocm_supports_product(
    rocm: RocmReleases, gpu: GpuModel, release: str, *, system: RocmSystem
) -> RocmLevel | Literal["unlisted"] | None:
    """What AMD says of a product: a target may be supported on some of its products only."""
    for row in rocm.support:
        if (row.release, row.system) == (series(release), system) and gpu.name in row.products:
            return row.level
    return "unlisted" if _is_complete(rocm, release, system, "products_complete") else None


def _is_complete(rocm: RocmReleases, release: str, system: RocmSystem, what: str) -> bool:
    return any(system in getattr(row, what) for row in rocm.rocm_release if row.version == series(release))


def find_kernel_driver(rocm: RocmReleases, driver: str) -> KernelDriver | None:
    """The row of an amdgpu driver release: its own, else that of its series (``6.3.4`` is of 6.3)."""
    rows = [row for row in rocm.kernel_driver if series(row.version) == series(driver)]
    return max(rows, key=lambda row: row.version == driver, default=None)


def kernel_driver_tested(rocm: RocmReleases, driver: str, release: str) -> bool | None:
    """Whether AMD tested a ROCm release on an amdgpu driver."""
    row = find_kernel_driver(rocm, driver)
    if row is None:
        return None
    if series(release) in row.user_space:
        return True
    return False if row.complete else None


def find_override(rocm: RocmReleases, gfx: str) -> GfxOverride | None:
    """The override that users report for a target without code of its own; AMD supports none."""
    return next((row for row in rocm.override if row.gfx == gfx), None)


def override_value(gfx: str) -> str:
    """A target as ``HSA_OVERRIDE_GFX_VERSION`` writes it: ``gfx1030`` is ``10.3.0``, ``gfx90a`` ``9.0.10``."""
    digits = gfx.removeprefix("gfx")
    return f"{int(digits[:-2])}.{int(digits[-2], 16)}.{int(digits[-1], 16)}"


# ---------------------------------------------------------------- GPU products


class Peak(msgspec.Struct, frozen=True, kw_only=True):
    """A dense peak rate in TFLOP/s; ``rule`` is the id of the rule it was derived by, empty where stated."""

    tflops: float
    rule: str = ""


def peak_of(gpus: GpuModels, name: str, dtype: Dtype) -> Peak | None:
    """The peak rate of a product as drivers name it (``NVIDIA H100 80GB HBM3``).

    None for mobile parts and slices of a GPU, which are slower than the product, and where
    products of one name differ.
    """
    rows = closest_gpus(gpus, name)
    if is_part(name) and not any(is_part(row.name) for row in rows):
        return None
    peaks = {_peak(gpus, row, dtype) for row in rows}
    return peaks.pop() if len(peaks) == 1 else None


def _peak(gpus: GpuModels, row: GpuModel, dtype: Dtype) -> Peak | None:
    stated: float | None = getattr(row, f"{dtype}_tflops")
    if stated is not None:
        return Peak(tflops=stated)
    rule = _peak_rule(gpus, row) if dtype in ("fp16", "bf16") else None
    if rule is None or row.fp32_tflops is None:
        return None
    return Peak(tflops=round(rule.factor * row.fp32_tflops, 2), rule=rule.id)


def _peak_rule(gpus: GpuModels, row: GpuModel) -> PeakRule | None:
    return next(
        (
            rule
            for rule in gpus.peak_rule
            if row.kind in rule.kinds and row.compute_capability in rule.compute_capabilities
        ),
        None,
    )


def find_xpu_series(gpus: GpuModels, name: str) -> XpuSeries | None:
    """The series of Intel GPUs that PyTorch supports to which a product belongs."""
    row = find_gpu(gpus, name, vendor="intel")
    return next((series_ for series_ in gpus.xpu_series if row and series_.architecture == row.architecture), None)
