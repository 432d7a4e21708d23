"""ONNX Runtime: one package of it, and the CUDA libraries that it was built for."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.finding import Finding, Fix
from mlenv.checks.messages import conclude
from mlenv.checks.packages import is_named, pip_install, pip_uninstall, version_of, wanted_version
from mlenv.checks.registry import Case, Skip, check
from mlenv.matrix.load import Matrix

UNAVAILABLE = ("onnxruntime-provider-unavailable",)
FAILED = ("onnxruntime-provider-failed",)
RIVALS = ("onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-rocm", "onnxruntime-migraphx", "onnxruntime-openvino")


@check("onnxruntime-cpu-and-gpu-installed", subject="environment")
def onnxruntime_cpu_and_gpu_installed(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """The packages onnxruntime and onnxruntime-gpu in one environment, where the last one installed wins."""
    plain = version_of(case, "onnxruntime")
    rival = next((name for name in RIVALS if version_of(case, name) is not None), None)
    told = case.clue(*UNAVAILABLE) is not None
    # The GPU's package was asked for and the CPU's provider answers: files of the other one are in its place.
    asked = told and is_named(case, "onnxruntime-gpu")
    if not (plain and rival) and not asked:
        if plain is None and rival is None and wanted_version(case, "onnxruntime") is None:
            raise Skip("the environment has no ONNX Runtime")
        return
    name = rival or "onnxruntime-gpu"
    shown = [f"{row} {version}" for row in ("onnxruntime", name) if (version := version_of(case, row))]
    yield conclude(
        case,
        "onnxruntime-cpu-and-gpu-installed",
        UNAVAILABLE,
        severity="error" if told else "warning",
        title=f"onnxruntime and {name} are both installed",
        cause="Both write the same folder, so the files of the CPU package lie over those for the GPU.",
        evidence=tuple(shown),
        fix=(
            Fix(text="Take both out", command=pip_uninstall(case, f"onnxruntime {name}")),
            Fix(text="And put the one for the GPU in alone", command=pip_install(case, name)),
        ),
        applies_to=("onnxruntime",),
        grade="shown" if plain and rival else "likely",
        also=("accelerator-not-used",),
    )


@check("onnxruntime-gpu-cuda-mismatch", subject="environment")
def onnxruntime_gpu_cuda_mismatch(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """ONNX Runtime does not find the CUDA and cuDNN of the majors that it was built for."""
    if case.clue(*FAILED) is None:
        raise Skip("no message says that ONNX Runtime could not load its CUDA provider")
    version = version_of(case, "onnxruntime-gpu") or ""
    row = next((row for row in matrix.framework("onnxruntime").release if row.version == version), None)
    build = next((build for build in row.builds if "cuda" in build.accelerators), None) if row else None
    wants = f"CUDA {build.cuda.split('.')[0]} and cuDNN {build.cudnn.split('.')[0]}" if build else "one CUDA and cuDNN"
    yield conclude(
        case,
        "onnxruntime-gpu-cuda-mismatch",
        FAILED,
        title="ONNX Runtime does not find the CUDA libraries that it was built for",
        cause=f"Each release of onnxruntime-gpu is built for {wants}, and those libraries could not be loaded.",
        evidence=(f"onnxruntime-gpu {version}",) if version else (),
        fix=(
            Fix(
                text="Bring the libraries as packages",
                command=pip_install(case, '"onnxruntime-gpu[cuda,cudnn]"', upgrade=True),
            ),
            Fix(text="And call onnxruntime.preload_dlls() before the first session, or import torch first"),
        ),
        applies_to=("onnxruntime",),
        also=(*UNAVAILABLE, "cuda-library-missing", "dll-not-loaded"),
    )
