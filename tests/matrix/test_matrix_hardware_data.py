"""The machines' side of the data: facts that decide, pinned, and planted faults that its checks find."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mlenv.matrix import query, query_hardware, query_products
from mlenv.matrix.check_hardware import CHECKS
from mlenv.matrix.files import Files
from mlenv.matrix.hardware import Drivers, GpuModels, RocmReleases
from mlenv.matrix.load import data_folder
from mlenv.matrix.product import closest_gpus, find_gpu
from mlenv.matrix.query_products import Dtype
from mlenv.matrix.rows import Row
from mlenv.matrix.toml_file import load_file

DRIVERS = load_file(data_folder() / "drivers.toml", Drivers)
GPUS = load_file(data_folder() / "gpus.toml", GpuModels)
ROCM = load_file(data_folder() / "rocm.toml", RocmReleases)


def find_problems(drivers: Drivers = DRIVERS, gpus: GpuModels = GPUS, rocm: RocmReleases = ROCM) -> list[str]:
    files = Files(rows={"drivers.toml": drivers, "gpus.toml": gpus, "rocm.toml": rocm})
    return [problem for check in CHECKS for problem in check(files)]


# ---------------------------------------------------------------- facts


@pytest.mark.parametrize(
    ("driver", "own", "compatible"),
    [
        ("580.95.05", "13.0", "13.5"),
        ("570.124.06", "12.8", "12.9"),
        ("565.57.01", "12.7", "12.9"),
        ("535.183.01", "12.2", "12.9"),
        ("470.256.02", "11.4", "11.8"),
    ],
)
def test_the_newest_cuda_of_a_driver(driver: str, own: str, compatible: str) -> None:
    assert query_hardware.newest_cuda(DRIVERS, driver) == own
    assert query_hardware.newest_compatible_cuda(DRIVERS, driver, system="linux") == compatible


@pytest.mark.parametrize(
    ("driver", "cuda", "kind", "answer"),
    [
        ("535.183.01", "13.0", "data-center", True),
        ("535.183.01", "13.2", "data-center", True),
        ("470.256.02", "12.8", "data-center", True),
        ("470.256.02", "12.9", "data-center", False),
        ("535.183.01", "13.0", "geforce", False),
        ("535.183.01", "13.0", "workstation", None),
        ("535.183.01", "13.5", "data-center", None),
    ],
)
def test_forward_compatibility(driver: str, cuda: str, kind: str, answer: bool | None) -> None:
    assert query_hardware.forward_compatible(DRIVERS, driver, cuda, kind) is answer


def test_toolkits_gain_and_lose_generations() -> None:
    answers = {cuda: query_hardware.toolkit_compiles(DRIVERS, cuda, "12.0") for cuda in ("12.6", "12.8", "13.0")}
    assert answers == {"12.6": False, "12.8": True, "13.0": True}
    assert [query_hardware.toolkit_compiles(DRIVERS, cuda, "6.1") for cuda in ("12.9", "13.0")] == [True, False]


def test_cudnn_9_11_leaves_volta() -> None:
    answers = [query_hardware.cudnn_serves(DRIVERS, version, "7.0") for version in ("9.10.2.21", "9.11.0", "9.17.0")]
    assert answers == [True, False, False]


@pytest.mark.parametrize(
    ("l4t", "jetpack", "orin", "thor"),
    [("39.2.0", "7.2", True, True), ("38.4.0", "7.1", False, True), ("36.4.3", "6.2", False, False)],
)
def test_ordinary_builds_on_jetson(l4t: str, jetpack: str, orin: bool, thor: bool) -> None:
    row = query_hardware.find_jetpack(DRIVERS, l4t)
    assert row is not None
    assert row.version == jetpack
    assert query_hardware.ordinary_wheels_run(DRIVERS, l4t, "8.7") is orin
    assert query_hardware.ordinary_wheels_run(DRIVERS, l4t, "11.0") is thor


def test_ordinary_code_runs_on_orin_where_jetpack_says_so() -> None:
    """The rules of code and the table of JetPack tell the same story."""
    for row in DRIVERS.jetpack:
        if "8.7" in row.capabilities:
            assert query.code_runs(DRIVERS, "8.0", "8.7", row.cuda) is ("8.7" in row.ordinary_wheels), row.version


@pytest.mark.parametrize(
    ("gfx", "release", "system", "answer"),
    [
        ("gfx942", "6.2", "linux", "supported"),
        ("gfx906", "6.2", "linux", "deprecated"),
        ("gfx1032", "6.3", "linux", "unlisted"),
        ("gfx1201", "6.4.1", "linux", "supported"),
        ("gfx950", "7.2.2", "linux", "supported"),
        ("gfx1030", "6.4", "windows", "supported"),
        ("gfx1030", "7.2", "windows", "unsupported"),
        ("gfx1100", "10.0", "linux", None),
    ],
)
def test_what_rocm_supports(gfx: str, release: str, system: str, answer: str | None) -> None:
    assert query_products.rocm_supports(ROCM, gfx, release, system=system) == answer  # type: ignore[arg-type]


def test_amd_supports_gfx1030_on_its_professional_boards() -> None:
    levels = {}
    for name in ("Radeon PRO W6800", "Radeon RX 6900 XT"):
        gpu = find_gpu(GPUS, name)
        assert gpu is not None
        levels[gpu.gfx, name] = query_products.rocm_supports_product(ROCM, gpu, "6.2", system="linux")
    assert levels == {("gfx1030", "Radeon PRO W6800"): "supported", ("gfx1030", "Radeon RX 6900 XT"): "unlisted"}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("NVIDIA H100 80GB HBM3", ["H100 SXM5 80 GB"]),
        ("NVIDIA H100 PCIe", ["H100 PCIe 80 GB", "H100 PCIe 96 GB"]),
        ("NVIDIA H100 NVL", ["H100 NVL 94 GB"]),
        ("NVIDIA H200", ["H200 SXM 141 GB"]),
        ("NVIDIA A100 80GB PCIe", ["A100 PCIe 80 GB"]),
        ("NVIDIA A100-SXM4-40GB", ["A100 SXM4 40 GB"]),
        ("NVIDIA A10", ["A10 PCIe"]),
        ("NVIDIA GB10", ["GB10"]),
        ("AMD Instinct MI300X OAM", ["Instinct MI300X"]),
        ("Apple M3 Max", ["Apple M3 Max"]),
        ("TPU v5 lite", ["TPU v5e"]),
        ("TPU v7x", ["TPU v7x"]),
    ],
)
def test_names_of_drivers_find_their_product(name: str, found: list[str]) -> None:
    assert [row.name for row in closest_gpus(GPUS, name)] == found


@pytest.mark.parametrize(
    ("name", "dtype", "tflops"),
    [
        ("NVIDIA H100 80GB HBM3", "bf16", 989.0),
        ("NVIDIA H200", "fp8", 1979.0),
        ("NVIDIA A100-SXM4-80GB", "tf32", 156.0),
        ("Tesla V100-SXM2-16GB", "fp16", 125.0),
        ("Tesla V100-SXM2-16GB", "bf16", None),
        ("NVIDIA L40", "bf16", 181.0),
        ("NVIDIA A10", "bf16", 124.96),
        ("NVIDIA GeForce RTX 3090", "fp16", 71.16),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "fp16", None),
        ("AMD Instinct MI300X", "bf16", 1307.4),
        ("Intel(R) Arc(TM) B580 Graphics", "bf16", 116.5),
        ("TPU v6e", "bf16", 918.0),
    ],
)
def test_peaks(name: str, dtype: Dtype, tflops: float | None) -> None:
    peak = query_products.peak_of(GPUS, name, dtype)
    assert (peak.tflops if peak else None) == tflops


def test_every_vendor_has_rows() -> None:
    assert {row.vendor for row in GPUS.gpu} == {"nvidia", "amd", "intel", "apple", "google"}


@pytest.mark.parametrize("generation", ["M1", "M2", "M3", "M4", "M5"])
def test_apple_chips_tell_their_metal_family(generation: str) -> None:
    families = {row.metal for row in GPUS.gpu if row.architecture == generation}
    assert families == {{"M1": "Apple7", "M2": "Apple8", "M3": "Apple9", "M4": "Apple9", "M5": "Apple10"}[generation]}


# ---------------------------------------------------------------- faults


def change(file: Any, table: str, place: str, **changes: object) -> Any:
    """A file with the row of a table whose first key (a GPU's name) is ``place`` changed."""
    rows: tuple[Row, ...] = getattr(file, table)
    label = "name" if table in ("gpu", "architecture") else rows[0].__struct_fields__[0]
    found = [row for row in rows if str(getattr(row, label)) == place]
    assert found, f"{table} has no {place}"
    changed = msgspec.structs.replace(found[0], **changes)
    return msgspec.structs.replace(file, **{table: tuple(changed if row is found[0] else row for row in rows)})


def test_the_real_data_has_no_problem() -> None:
    assert find_problems() == []


@pytest.mark.parametrize(
    ("table", "place", "changes", "problem"),
    [
        ("driver_branch", "590", {"branch": 600}, "driver_branch 600: stands after 595, which is not newer"),
        ("driver_branch", "570", {"branch": 571}, "cuda_release 12.8: no driver_branch is 570"),
        ("driver_branch", "565", {"branch": 566}, "compat_package 12.9: no driver_branch is 565"),
        ("driver_branch", "575", {"cuda": "12.4"}, "driver_branch 575: offers CUDA 12.4, the older 570 more"),
        (
            "driver_branch",
            "580",
            {"end_of_life": "soon"},
            "driver_branch 580: end_of_life must be a month such as 2028-06",
        ),
        ("cuda_family", "10", {"major": 9}, "cuda_release 10.2: no cuda_family is 10"),
        (
            "cuda_update",
            "12.6.3",
            {"linux": "560.1"},
            "cuda_update 12.6.3: driver 560.1 is older than 560.28.03 of its release",
        ),
        ("cuda_release", "12.6", {"version": "12.7"}, "cuda_update 12.6.1: no cuda_release is 12.6"),
        (
            "cuda_release",
            "12.6",
            {"targets": ("4.0",)},
            "cuda_release 12.6: no architecture has compute capability 4.0",
        ),
        ("code_rule", "8.9", {"not_on": ("8.95",)}, "code_rule 8.9: no architecture has compute capability 8.95"),
        ("jetpack", "7.1", {"l4t": ("39.2.0",)}, "jetpack 7.1: Jetson Linux 39.2.0 is of 7.2 already"),
        (
            "jetpack",
            "6.2",
            {"ordinary_wheels": ("11.0",)},
            "jetpack 6.2: ordinary_wheels names devices that it does not serve",
        ),
    ],
)
def test_a_fault_in_the_drivers_is_found(table: str, place: str, changes: dict[str, object], problem: str) -> None:
    assert f"drivers.toml: {problem}" in find_problems(drivers=change(DRIVERS, table, place, **changes))


@pytest.mark.parametrize(
    ("place", "changes", "problem"),
    [
        ("GeForce RTX 4090", {"compute_capability": "8.95"}, "no architecture has compute capability 8.95"),
        ("GeForce RTX 4090", {"architecture": "Ampere"}, "compute capability 8.9 is Ada Lovelace"),
        ("GeForce RTX 4090", {"gfx": "gfx1100"}, "has a target of amd"),
        ("GeForce RTX 4090", {"compute_capability": ""}, "has no target"),
        ("GeForce RTX 4090", {"kind": ""}, "has no kind or architecture"),
        ("GeForce RTX 4090", {"name": "GeForce"}, "'GeForce' does not find it"),
        (
            "H100 NVL 94 GB",
            {"compute_capability": "9.1"},
            "'H100 NVL 94 GB' is also H100 PCIe 80 GB, whose target is another",
        ),
        ("GeForce RTX 4090", {"power_w": 0}, "a figure is not positive"),
        ("H100 SXM5 80 GB", {"fp8_tflops": 400.0}, "a narrower type has a lower peak"),
    ],
)
def test_a_fault_in_a_product_is_found(place: str, changes: dict[str, object], problem: str) -> None:
    name = changes.get("name", place)
    assert f"gpus.toml: gpu {name}: {problem}" in find_problems(gpus=change(GPUS, "gpu", place, **changes))


def test_an_intel_series_without_products_is_found() -> None:
    gpus = change(GPUS, "xpu_series", "Battlemage", architecture="Celestial")
    assert [problem for problem in find_problems(gpus=gpus) if "xpu_series" in problem] == [
        "gpus.toml: no xpu_series is Battlemage, of which there are products",
        "gpus.toml: xpu_series Celestial: no product is of it",
    ]


@pytest.mark.parametrize(
    ("table", "place", "changes", "problem"),
    [
        ("support", "7.14", {"release": "8.0"}, "rocm.toml: support 8.0 linux gfx1151: no such release or target"),
        ("support", "7.14", {"gfx": "gfx1999"}, "rocm.toml: support 7.14 linux gfx1999: no such release or target"),
        (
            "support",
            "7.14",
            {"products": ("Radeon VII",)},
            "rocm.toml: support 7.14 linux gfx1151: gpus.toml has no Radeon VII with that target",
        ),
        ("support", "7.14", {"release": "7.2", "gfx": "gfx950"}, "rocm.toml: support 7.2 linux gfx950: stands twice"),
        ("target", "gfx906", {"gfx": "gfx907"}, "gpus.toml: gpu Radeon VII: rocm.toml has no target gfx906"),
        ("target", "gfx906", {"gfx": "Vega 20"}, "rocm.toml: target Vega 20: is not written like gfx1100"),
        ("override", "gfx1031", {"value": "10.3.1"}, "rocm.toml: override gfx1031: 10.3.1 does not spell gfx1030"),
        ("override", "gfx1031", {"gfx": "gfx1039"}, "rocm.toml: override gfx1039: no such target"),
        (
            "kernel_driver",
            "6.3",
            {"version": "6.0"},
            "rocm.toml: kernel_driver 6.2: stands after 6.0, which is not newer",
        ),
    ],
)
def test_a_fault_in_rocm_is_found(table: str, place: str, changes: dict[str, object], problem: str) -> None:
    assert problem in find_problems(rocm=change(ROCM, table, place, **changes))
