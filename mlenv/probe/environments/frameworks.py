"""How each framework loads the libraries of CUDA and ROCm.

What a framework needs is in its ELF files.  What it opens later by name is not: those names are here,
from the frameworks' sources (``dso_loader.cc`` of XLA and TensorFlow, the NCCL stub of XGBoost,
the cuBLAS stub of CTranslate2).
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

import msgspec

from mlenv.facts.environment import Distribution
from mlenv.probe.environments.builds import parse_tensorflow_info
from mlenv.probe.environments.loader import LoaderSettings, Process
from mlenv.probe.environments.preloads import (
    parse_jax_preloads,
    parse_torch_preloads,
    preload_for_jax,
    preload_for_torch,
)
from mlenv.probe.log import peek
from mlenv.system.host import Host


def _name_libraries(**numbers: str) -> tuple[str, ...]:
    return tuple(f"lib{name}.so.{number}" for name, number in numbers.items())


# What NVIDIA names the libraries of a CUDA release; the numbers are those of their interfaces.
# https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/
SONAMES = {
    "11": _name_libraries(cudart="11.0", cublas="11", cublasLt="11", cufft="10", cusolver="11", cusparse="11"),
    "12": _name_libraries(cudart="12", cublas="12", cublasLt="12", cufft="11", cusolver="11", cusparse="12"),
    "13": _name_libraries(cudart="13", cublas="13", cublasLt="13", cufft="12", cusolver="12", cusparse="12"),
}
DRIVER = "libcuda.so.1"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A framework whose loading is followed: its folder of packages and its libraries that exist.

    ``folders`` are those of Python's path; ``before`` is the framework that it imports first.
    """

    settings: LoaderSettings
    dist: Distribution
    site: str
    entries: tuple[str, ...]
    folders: tuple[str, ...]
    before: Case | None = None

    @property
    def host(self) -> Host:
        """The machine that is asked."""
        return self.settings.host


class Framework(msgspec.Struct, frozen=True, kw_only=True):
    """Which distributions it comes in, its libraries that ask for a GPU's, and how it loads them.

    A name in ``starts`` that ends with a hyphen is the beginning of names; ``after`` is what it imports first.
    """

    starts: tuple[str, ...]
    entries: tuple[str, ...]
    load: Callable[[Case], Process]
    after: str | None = None


def _load_plain(case: Case) -> Process:
    process = Process(case.settings)
    for path in case.entries:
        process.open_file(path)
    return process


def _load_torch(case: Case) -> Process:
    """PyTorch loads one small library that needs all of CUDA's, helps itself where that fails, and goes on."""
    host, process = case.host, Process(case.settings)
    preloads = parse_torch_preloads(peek(host, f"{case.site}/torch/__init__.py") or "")
    first = f"{posixpath.dirname(case.entries[0])}/libtorch_global_deps.so"
    major = (case.dist.build or "").removeprefix("cu")[:2]
    if host.exists(first):
        missing = process.open_file(first)
        helped = tuple(start.partition(".")[0] for _, start in preloads.failed)
        if helped and any(name.startswith(helped) for name in missing):
            process = Process(case.settings)
            preload_for_torch(host, process, case.folders, preloads.failed, major)
            process.open_file(first)
        elif any(name.startswith("libcudart.so") for name in process.loaded):
            preload_for_torch(host, process, case.folders, preloads.after, major)
    for path in case.entries:
        process.open_file(path)
    return process


def _load_tensorflow(case: Case) -> Process:
    """TensorFlow opens CUDA's libraries by name, from the library that knows where the wheels put them."""
    process = _load_plain(case)
    info = parse_tensorflow_info(peek(case.host, f"{case.site}/tensorflow/python/platform/build_info.py") or "")
    if info.get("is_cuda_build") == "True":
        cudnn = info.get("cudnn_version", "").partition(".")[0]
        names = SONAMES.get(info.get("cuda_version", "").partition(".")[0], ())
        _open_names(process, case, (*names, *([f"libcudnn.so.{cudnn}"] if cudnn else []), DRIVER))
    return process


def _load_jax(case: Case) -> Process:
    """JAX loads NVIDIA's wheels by path where they are there; what is left its plugin opens by name."""
    folder = posixpath.dirname(case.entries[0])
    preloads = parse_jax_preloads(peek(case.host, f"{folder}/__init__.py") or "")
    process = Process(case.settings)
    preload_for_jax(case.host, process, case.folders, preloads)
    for path in case.entries:
        process.open_file(path)
    if "xla_cuda" in folder:
        others = [name for _, name in preloads if name.startswith(("libcudnn", "libnccl"))]
        _open_names(process, case, (*SONAMES.get(folder[-2:], ()), *others, DRIVER))
    return process


def _load_xgboost(case: Case) -> Process:
    process = _load_plain(case)
    if case.dist.name != "xgboost-cpu":
        _open_names(process, case, ("libnccl.so.2",))
    return process


def _load_ctranslate2(case: Case) -> Process:
    """CTranslate2 4 is made for CUDA 12 and opens cuBLAS by name."""
    process = _load_plain(case)
    if case.dist.version.startswith("4."):
        _open_names(process, case, ("libcublas.so.12", DRIVER))
    return process


def _load_bitsandbytes(case: Case) -> Process:
    """Its own library of torch's CUDA, after torch, which it imports."""
    process = _load_torch(case.before) if case.before else Process(case.settings)
    build = (case.before.dist.build if case.before else None) or ""
    for path in case.entries:
        if path.endswith(f"_cuda{build.removeprefix('cu')}.so"):
            process.open_file(path)
    return process


def _open_names(process: Process, case: Case, names: Iterable[str]) -> None:
    """Open libraries by name, from the first of the framework's libraries that says where to look."""
    dynamics = ((path, case.settings.parse(path)) for path in case.entries)
    openers = [path for path, dynamic in dynamics if dynamic and (dynamic.runpath or dynamic.rpath)]
    for name in names:
        process.open_name(name, (openers or list(case.entries))[0])


_CUPY = tuple(f"cupy_backends/cuda/libs/{name}.*.so" for name in ("cublas", "cusolver", "cusparse", "curand", "nvrtc"))
FRAMEWORKS = (
    Framework(
        starts=("torch",),
        entries=("torch/lib/libtorch_cuda.so", "torch/lib/libcaffe2_nvrtc.so", "torch/lib/libtorch_hip.so"),
        load=_load_torch,
    ),
    Framework(
        starts=("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-rocm", "tf-nightly"),
        entries=(
            "tensorflow/libtensorflow_cc.so.2",
            "tensorflow/libtensorflow_framework.so.2",
            "tensorflow/python/_pywrap_tensorflow_internal.so",
        ),
        load=_load_tensorflow,
    ),
    Framework(
        starts=("jax-",),
        entries=("jax_plugins/xla_cuda*/xla_cuda_plugin.so", "jax_plugins/xla_rocm*/xla_rocm_plugin.so"),
        load=_load_jax,
    ),
    Framework(starts=("cupy", "cupy-"), entries=_CUPY, load=_load_plain),
    Framework(
        starts=("onnxruntime", "onnxruntime-"),
        entries=(
            "onnxruntime/capi/libonnxruntime_providers_cuda.so",
            "onnxruntime/capi/libonnxruntime_providers_rocm.so",
        ),
        load=_load_plain,
    ),
    Framework(starts=("xgboost", "xgboost-"), entries=("xgboost/lib/libxgboost.so",), load=_load_xgboost),
    Framework(
        starts=("paddlepaddle", "paddlepaddle-"),
        entries=("paddle/base/libpaddle.so", "paddle/fluid/libpaddle.so"),
        load=_load_plain,
    ),
    Framework(
        starts=("bitsandbytes",),
        entries=("bitsandbytes/libbitsandbytes_cuda*.so",),
        load=_load_bitsandbytes,
        after="torch",
    ),
    Framework(
        starts=("ctranslate2",),
        entries=("ctranslate2.libs/libctranslate2-*.so*", "ctranslate2/lib/libctranslate2.so*"),
        load=_load_ctranslate2,
    ),
)
