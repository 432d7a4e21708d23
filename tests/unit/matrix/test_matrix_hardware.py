"""Questions about drivers, toolkits, ROCm and GPU products, against small tables of our own."""

from __future__ import annotations

import pytest

from mlenv.matrix import query_hardware, query_products
from mlenv.matrix.hardware import Drivers, GpuModels, RocmReleases
from mlenv.matrix.product import closest_gpus, find_gpu
from mlenv.matrix.query_products import Dtype, Peak
from mlenv.matrix.toml_file import parse_toml

DRIVERS = parse_toml(
    """
    checked_on = 2026-11-22
    sources = { s = "somewhere" }
    cuda_family = [
      { major = 13, minor_compatible = true, linux = "580.65.06", windows = "580", source = ["s"] },
      { major = 12, minor_compatible = true, linux = "525.60.13", windows = "528.33", source = ["s"] },
      { major = 10, minor_compatible = false, linux = "", windows = "", source = ["s"] },
    ]
    cuda_release = [
      { version = "13.2", linux = "595.45.04", windows = "", targets = ["7.5", "8.0"], source = ["s"] },
      { version = "12.9", linux = "575.51.03", windows = "576.02", targets = ["5.0", "8.0"], source = ["s"] },
      { version = "12.6", linux = "560.28.03", windows = "560.76", source = ["s"] },
      { version = "10.2", linux = "440.33", windows = "441.22", source = ["s"] },
    ]
    cuda_update = [
      { version = "12.6.3", linux = "560.35.05", windows = "561.17", source = ["s"] },
    ]
    driver_branch = [
      { branch = 595, cuda = "13.2", source = ["s"] },
      { branch = 580, cuda = "13.0", designation = "long-term", end_of_life = "2028-06", source = ["s"] },
      { branch = 560, cuda = "12.6", source = ["s"] },
      { branch = 535, cuda = "12.2", source = ["s"] },
      { branch = 470, cuda = "11.4", source = ["s"] },
    ]
    architecture = []
    code_rule = []
    compat_package = [
      { cuda = "13.2", branches = [580, 535], source = ["s"] },
    ]
    compat_kind = [
      { kind = "data-center", works = "yes", source = ["s"] },
      { kind = "workstation", works = "some", source = ["s"] },
      { kind = "jetson", works = "some", source = ["s"] },
      { kind = "geforce", works = "no", source = ["s"] },
    ]
    cudnn = [
      { version = "9.11.0", cuda = [12], capability_floor = "7.5", capability_newest = "12.0", source = ["s"] },
      { version = "9.0.0", cuda = [11, 12], capability_floor = "5.0", source = ["s"] },
    ]
    jetpack = [
      { version = "7.2", l4t = ["39.2.0"], cuda = "13.2.1", driver = "595.78", ubuntu = "24.04", \
capabilities = ["11.0", "8.7"], ordinary_wheels = ["11.0", "8.7"], source = ["s"] },
      { version = "6.2", l4t = ["36.4.3"], cuda = "12.6", ubuntu = "22.04", capabilities = ["8.7"], source = ["s"] },
    ]
    """,
    Drivers,
    origin="drivers",
)

GPUS = parse_toml(
    """
    checked_on = 2026-11-22
    sources = { s = "somewhere" }
    gpu = [
      { vendor = "nvidia", name = "H100 PCIe 80 GB", compute_capability = "9.0", memory_gb = 80.0, \
bf16_tflops = 756.0, kind = "data-center", source = ["s"] },
      { vendor = "nvidia", name = "H100 SXM5 80 GB", compute_capability = "9.0", memory_gb = 80.0, \
bf16_tflops = 989.0, kind = "data-center", source = ["s"] },
      { vendor = "nvidia", name = "H100 SXM5 64 GB", compute_capability = "9.0", memory_gb = 64.0, \
bf16_tflops = 900.0, kind = "data-center", source = ["s"] },
      { vendor = "nvidia", name = "GeForce RTX 4090", compute_capability = "8.9", fp32_tflops = 82.58, \
kind = "geforce", source = ["s"] },
      { vendor = "nvidia", name = "GeForce GTX 1080", compute_capability = "6.1", fp32_tflops = 8.87, \
kind = "geforce", source = ["s"] },
      { vendor = "nvidia", name = "RTX PRO 6000 Blackwell", compute_capability = "12.0", fp32_tflops = 126.0, \
kind = "workstation", source = ["s"] },
      { vendor = "nvidia", name = "RTX PRO 6000 Blackwell Max-Q", compute_capability = "12.0", fp32_tflops = 109.7, \
kind = "workstation", source = ["s"] },
      { vendor = "nvidia", name = "Jetson T5000", also = ["Jetson AGX Thor"], compute_capability = "11.0", \
kind = "jetson", source = ["s"] },
      { vendor = "amd", name = "Radeon PRO W6800", gfx = "gfx1030", kind = "workstation", source = ["s"] },
      { vendor = "amd", name = "Radeon RX 6900 XT", gfx = "gfx1030", kind = "radeon", source = ["s"] },
      { vendor = "intel", name = "Arc B580", architecture = "Battlemage", kind = "arc", source = ["s"] },
      { vendor = "google", name = "TPU v5e", also = ["TPU v5 lite"], bf16_tflops = 197.0, \
kind = "tpu", source = ["s"] },
    ]
    peak_rule = [
      { id = "geforce", kinds = ["geforce"], compute_capabilities = ["8.6", "8.9"], factor = 2.0, source = ["s"] },
    ]
    xpu_series = [
      { architecture = "Battlemage", series = "Arc B", torch = "2.7", systems = ["windows-11"], source = ["s"] },
    ]
    """,
    GpuModels,
    origin="gpus",
)

ROCM = parse_toml(
    """
    checked_on = 2026-11-22
    sources = { s = "somewhere" }
    rocm_release = [
      { version = "7.2", released = 2026-01-21, source = ["s"] },
      { version = "6.2", released = 2024-08-02, complete = ["linux"], products_complete = ["linux"], source = ["s"] },
    ]
    support = [
      { release = "7.2", system = "windows", gfx = "gfx1030", level = "unsupported", source = ["s"] },
      { release = "6.2", system = "linux", gfx = "gfx1030", level = "supported", products = ["Radeon PRO W6800"], \
source = ["s"] },
      { release = "6.2", system = "linux", gfx = "gfx906", level = "deprecated", source = ["s"] },
    ]
    target = []
    kernel_driver = [
      { version = "30.30.3", user_space = ["7.2", "7.1"], source = ["s"] },
      { version = "30.10", user_space = ["7.2"], complete = false, source = ["s"] },
      { version = "6.3", user_space = ["6.3", "6.2"], source = ["s"] },
    ]
    override = [
      { gfx = "gfx1031", value = "10.3.0", acts_as = "gfx1030", source = ["s"] },
    ]
    """,
    RocmReleases,
    origin="rocm",
)


@pytest.mark.parametrize(
    ("driver", "system", "own", "compatible"),
    [
        ("595.45.04", "linux", "13.2", "13.2"),
        ("580.95.05", "linux", "13.0", "13.2"),
        ("580.42", "linux", "13.0", "12.9"),
        ("582.08", "windows", "13.0", "13.2"),
        ("535.183.01", "linux", "12.2", "12.9"),
        ("470.256.02", "linux", "11.4", "10.2"),
    ],
)
def test_the_newest_cuda_of_a_driver(driver: str, system: str, own: str, compatible: str) -> None:
    assert query_hardware.newest_cuda(DRIVERS, driver) == own
    newest = query_hardware.newest_compatible_cuda(DRIVERS, driver, system=system)  # type: ignore[arg-type]
    assert newest == compatible


def test_a_driver_of_no_known_branch_offers_nothing() -> None:
    assert query_hardware.newest_cuda(DRIVERS, "390.157") is None
    assert query_hardware.newest_compatible_cuda(DRIVERS, "390.157", system="linux") is None


def test_a_branch_says_how_long_it_is_supported() -> None:
    row = query_hardware.find_branch(DRIVERS, "580.95.05")
    assert row is not None
    assert (row.designation, row.end_of_life) == ("long-term", "2028-06")


@pytest.mark.parametrize(
    ("driver", "cuda", "kind", "answer"),
    [
        ("535.183.01", "13.2.1", "data-center", True),
        ("580.95.05", "13.2", "data-center", True),
        ("470.256.02", "13.2", "data-center", False),
        ("535.183.01", "13.2", "workstation", None),
        ("470.256.02", "13.2", "workstation", False),
        ("535.183.01", "13.2", "geforce", False),
        ("540.4.0", "13.2", "jetson", None),
        ("535.183.01", "12.9", "data-center", None),
        ("535.183.01", "13.2", "toaster", None),
    ],
)
def test_forward_compatibility(driver: str, cuda: str, kind: str, answer: bool | None) -> None:
    assert query_hardware.forward_compatible(DRIVERS, driver, cuda, kind) is answer


def test_there_is_no_forward_compatibility_on_windows() -> None:
    answer = query_hardware.forward_compatible(DRIVERS, "535.98", "13.2", "data-center", system="windows")
    assert answer is False


@pytest.mark.parametrize(("cuda", "driver"), [("12.6.3", "560.35.05"), ("12.6.1", "560.28.03"), ("12.6", "560.28.03")])
def test_a_release_is_found_by_its_update_or_its_minor(cuda: str, driver: str) -> None:
    row = query_hardware.find_cuda_release(DRIVERS, cuda)
    assert row is not None
    assert row.linux == driver


@pytest.mark.parametrize(
    ("cuda", "device", "answer"),
    [
        ("13.2.1", "7.5", True),
        ("13.2", "5.0", False),
        ("12.9", "5.0", True),
        ("12.6", "8.0", None),
        ("9.2", "8.0", None),
    ],
)
def test_what_a_toolkit_compiles_for(cuda: str, device: str, answer: bool | None) -> None:
    assert query_hardware.toolkit_compiles(DRIVERS, cuda, device) is answer


@pytest.mark.parametrize(
    ("version", "device", "answer"),
    [
        ("9.17.0.29", "7.0", False),
        ("9.17.0.29", "8.6", True),
        ("9.17.0.29", "12.1", None),
        ("9.10.2.21", "7.0", None),
        ("9.10.2.21", "3.7", False),
        ("8.9.7", "8.0", None),
    ],
)
def test_what_cudnn_serves(version: str, device: str, answer: bool | None) -> None:
    assert query_hardware.cudnn_serves(DRIVERS, version, device) is answer


@pytest.mark.parametrize(
    ("l4t", "jetpack", "runs"), [("39.2", "7.2", True), ("36.4.3", "6.2", False), ("36.4.9", None, None)]
)
def test_ordinary_builds_on_jetson_orin(l4t: str, jetpack: str | None, runs: bool | None) -> None:
    row = query_hardware.find_jetpack(DRIVERS, l4t)
    assert (row.version if row else None) == jetpack
    assert query_hardware.ordinary_wheels_run(DRIVERS, l4t, "8.7") is runs


@pytest.mark.parametrize(
    ("gfx", "release", "system", "answer"),
    [
        ("gfx1030", "6.2.4", "linux", "supported"),
        ("gfx906", "6.2", "linux", "deprecated"),
        ("gfx1201", "6.2", "linux", "unlisted"),
        ("gfx1030", "6.2", "windows", None),
        ("gfx1030", "7.2.1", "windows", "unsupported"),
        ("gfx1201", "7.2", "linux", None),
    ],
)
def test_what_rocm_supports(gfx: str, release: str, system: str, answer: str | None) -> None:
    assert query_products.rocm_supports(ROCM, gfx, release, system=system) == answer  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "release", "answer"),
    [
        ("Radeon PRO W6800", "6.2.2", "supported"),
        ("Radeon RX 6900 XT", "6.2.2", "unlisted"),
        ("Radeon RX 6900 XT", "7.2", None),
    ],
)
def test_a_target_may_be_supported_on_some_products_only(name: str, release: str, answer: str | None) -> None:
    gpu = find_gpu(GPUS, name)
    assert gpu is not None
    assert query_products.rocm_supports_product(ROCM, gpu, release, system="linux") == answer


@pytest.mark.parametrize(
    ("driver", "release", "answer"),
    [
        ("30.30.3", "7.1.1", True),
        ("30.30.1", "6.2", False),
        ("30.10.2", "7.2.2", True),
        ("30.10.2", "7.0", None),
        ("6.3.4", "6.2.4", True),
        ("6.3", "6.0", False),
        ("6.14.0", "7.2", None),
    ],
)
def test_which_kernel_drivers_were_tested(driver: str, release: str, answer: bool | None) -> None:
    assert query_products.kernel_driver_tested(ROCM, driver, release) is answer


def test_an_override_is_found_by_target() -> None:
    override = query_products.find_override(ROCM, "gfx1031")
    assert override is not None
    assert (override.value, override.acts_as) == ("10.3.0", "gfx1030")
    assert query_products.find_override(ROCM, "gfx1100") is None


@pytest.mark.parametrize(
    ("gfx", "value"), [("gfx1030", "10.3.0"), ("gfx90a", "9.0.10"), ("gfx1151", "11.5.1"), ("gfx906", "9.0.6")]
)
def test_how_an_override_spells_a_target(gfx: str, value: str) -> None:
    assert query_products.override_value(gfx) == value


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("NVIDIA H100 80GB HBM3", ["H100 SXM5 80 GB"]),
        ("NVIDIA H100 PCIe", ["H100 PCIe 80 GB"]),
        ("NVIDIA H100 64GB", ["H100 SXM5 64 GB"]),
        ("NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition", ["RTX PRO 6000 Blackwell Max-Q"]),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", ["RTX PRO 6000 Blackwell"]),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", ["GeForce RTX 4090"]),
        ("NVIDIA Jetson AGX Thor Developer Kit", ["Jetson T5000"]),
        ("TPU v5 lite", ["TPU v5e"]),
        ("Google TPU v5e", ["TPU v5e"]),
        ("NVIDIA B200", []),
    ],
)
def test_the_form_and_memory_of_a_board_tell_products_apart(name: str, found: list[str]) -> None:
    assert [row.name for row in closest_gpus(GPUS, name)] == found


@pytest.mark.parametrize(
    ("name", "dtype", "peak"),
    [
        ("NVIDIA H100 80GB HBM3", "bf16", Peak(tflops=989.0)),
        ("NVIDIA H100 PCIe", "bf16", Peak(tflops=756.0)),
        ("NVIDIA H100 PCIe", "fp8", None),
        ("NVIDIA H100", "bf16", None),
        ("NVIDIA H100 80GB HBM3 MIG 1g.10gb", "bf16", None),
        ("NVIDIA GeForce RTX 4090", "bf16", Peak(tflops=165.16, rule="geforce")),
        ("NVIDIA GeForce RTX 4090", "fp32", Peak(tflops=82.58)),
        ("NVIDIA GeForce RTX 4090", "fp8", None),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "fp32", None),
        ("NVIDIA GeForce GTX 1080", "fp16", None),
        ("NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition", "fp32", Peak(tflops=109.7)),
        ("TPU v5 lite", "bf16", Peak(tflops=197.0)),
        ("NVIDIA B200", "bf16", None),
    ],
)
def test_peak_of(name: str, dtype: Dtype, peak: Peak | None) -> None:
    assert query_products.peak_of(GPUS, name, dtype) == peak


@pytest.mark.parametrize(
    ("name", "torch"), [("Intel(R) Arc(TM) B580 Graphics", "2.7"), ("Intel(R) UHD Graphics 770", None)]
)
def test_the_series_of_an_intel_gpu(name: str, torch: str | None) -> None:
    row = query_products.find_xpu_series(GPUS, name)
    assert (row.torch if row else None) == torch
