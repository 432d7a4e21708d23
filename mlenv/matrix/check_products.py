"""Checks of the matrix that concern GPU products and what ROCm says of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable

from msgspec.structs import replace

from mlenv.matrix.check_builds import Problems
from mlenv.matrix.files import Files
from mlenv.matrix.hardware import GpuModel, GpuModels, RocmReleases
from mlenv.matrix.product import closest_gpus, find_gpu, product_keys
from mlenv.matrix.query_products import override_value

_GFX = re.compile(r"gfx[0-9a-f]{3,4}")


# ---------------------------------------------------------------- gpus.toml


def check_targets(files: Files) -> Problems:
    """A product has the kind of target that its vendor's code is made for, and no other."""
    for path, gpus in files.of(GpuModels).items():
        for gpu in gpus.gpu:
            has = {"nvidia": gpu.compute_capability, "amd": gpu.gfx, "apple": gpu.metal}
            for vendor, target in has.items():
                if target and gpu.vendor != vendor:
                    yield f"{path}: gpu {gpu.name}: has a target of {vendor}"
            if gpu.vendor in ("nvidia", "amd") and not has[gpu.vendor]:
                yield f"{path}: gpu {gpu.name}: has no target"
            if not gpu.kind or not gpu.architecture:
                yield f"{path}: gpu {gpu.name}: has no kind or architecture"


def check_names(files: Files) -> Problems:
    """Every name of a product finds its row, and rows of one name have one target."""
    for path, gpus in files.of(GpuModels).items():
        alike = _by_key(gpus)
        for gpu in gpus.gpu:
            for name in (gpu.name, *gpu.also):
                some = replace(gpus, gpu=tuple(row for key in product_keys(name) for row in alike[key]))
                found = find_gpu(some, name, vendor=gpu.vendor)
                if found is None or gpu not in closest_gpus(some, name, vendor=gpu.vendor):
                    yield f"{path}: gpu {gpu.name}: {name!r} does not find it"
                elif _target(found) != _target(gpu):
                    yield f"{path}: gpu {gpu.name}: {name!r} is also {found.name}, whose target is another"


def _by_key(gpus: GpuModels) -> dict[str, list[GpuModel]]:
    """The products by what their names come down to: looking each name up in a long table takes its square."""
    alike: dict[str, list[GpuModel]] = defaultdict(list)
    for row in gpus.gpu:
        for name in (row.name, *row.also):
            for key in product_keys(name):
                alike[key].append(row)
    return alike


def _target(gpu: GpuModel) -> tuple[str, ...]:
    return (gpu.compute_capability, gpu.gfx, gpu.metal)


def check_figures(files: Files) -> Problems:
    """Figures are positive, and a narrower type is not slower than a wider one of the tensor units."""
    for path, gpus in files.of(GpuModels).items():
        for gpu in gpus.gpu:
            sizes = (gpu.memory_gb, gpu.bandwidth_gbs, gpu.fp32_tflops, gpu.nvlink_gbs, gpu.power_w)
            if any(size is not None and size <= 0 for size in sizes):
                yield f"{path}: gpu {gpu.name}: a figure is not positive"
            peaks = [gpu.tf32_tflops, gpu.fp16_tflops, gpu.fp8_tflops]
            stated = [peak for peak in peaks if peak is not None]
            if stated != sorted(stated):
                yield f"{path}: gpu {gpu.name}: a narrower type has a lower peak"


def check_series(files: Files) -> Problems:
    """Intel's series and its products belong together."""
    for path, gpus in files.of(GpuModels).items():
        products = {gpu.architecture for gpu in gpus.gpu if gpu.vendor == "intel"}
        series = {row.architecture for row in gpus.xpu_series}
        for name in sorted(products - series if series else ()):
            yield f"{path}: no xpu_series is {name}, of which there are products"
        for name in sorted(series - products):
            yield f"{path}: xpu_series {name}: no product is of it"


# ---------------------------------------------------------------- rocm.toml


def check_rocm(files: Files) -> Problems:
    """Targets, releases and products that a row of ROCm names exist, each said once."""
    gpus = files.one(GpuModels)
    amd = {gpu.name: gpu.gfx for gpu in gpus.gpu if gpu.vendor == "amd"} if gpus else {}
    for path, rocm in files.of(RocmReleases).items():
        targets = {row.gfx for row in rocm.target}
        releases = {row.version for row in rocm.rocm_release}
        seen: set[tuple[str, str, str]] = set()
        for row in rocm.support:
            place = f"{path}: support {row.release} {row.system} {row.gfx}"
            if (row.release, row.system, row.gfx) in seen:
                yield f"{place}: stands twice"
            seen.add((row.release, row.system, row.gfx))
            if row.release not in releases or row.gfx not in targets:
                yield f"{place}: no such release or target"
            for product in row.products:
                if gpus and amd.get(product) != row.gfx:
                    yield f"{place}: gpus.toml has no {product} with that target"
        for name, gfx in amd.items():
            if gfx not in targets:
                yield f"gpus.toml: gpu {name}: {path} has no target {gfx}"


def check_overrides(files: Files) -> Problems:
    """An override's value spells the target that it stands for, and targets are written as such."""
    for path, rocm in files.of(RocmReleases).items():
        for row in rocm.target:
            if not _GFX.fullmatch(row.gfx):
                yield f"{path}: target {row.gfx}: is not written like gfx1100"
        known = {row.gfx for row in rocm.target}
        for override in rocm.override:
            if not {override.gfx, override.acts_as} <= known:
                yield f"{path}: override {override.gfx}: no such target"
            elif override_value(override.acts_as) != override.value:
                yield f"{path}: override {override.gfx}: {override.value} does not spell {override.acts_as}"


CHECKS: tuple[Callable[[Files], Problems], ...] = (
    check_targets,
    check_names,
    check_figures,
    check_series,
    check_rocm,
    check_overrides,
)
"""All of them, in the order of their reports."""
