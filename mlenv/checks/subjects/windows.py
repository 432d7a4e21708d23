"""Windows: libraries that are not there, and paths that are too long."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import quote
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.messages import present, value
from mlenv.checks.registry import Case, Skip, check
from mlenv.clues.clue import Clue
from mlenv.matrix.load import Matrix

# Libraries of CUDA and of its providers: what they miss is no runtime of Visual C++.
_CUDA = (
    "cudart", "cublas", "cudnn", "cufft", "curand", "cusparse", "cusolver", "nvrtc", "nvcuda", "nvml", "nvinfer",
    "providers_cuda", "providers_tensorrt", "zlibwapi", "torch_cuda", "c10_cuda", "bitsandbytes",
)  # fmt: skip


@check("windows-missing-runtime-dll", subject="system")
def windows_missing_runtime_dll(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A library of a wheel that Windows cannot load, since one that it needs is missing."""
    if case.machine.os.family != "windows":
        raise Skip("this is no Windows")
    clue = case.clue("vc-runtime-missing") or next(
        (row for row in case.clues_of("dll-not-loaded") if _is_runtime(row)), None
    )
    if clue is None:
        raise Skip("no message is about a library that could not be loaded")
    dll, runtime = value(clue, "dll") or value(clue, "module"), case.machine.os.vc_runtime
    yield Finding(
        id="windows-missing-runtime-dll",
        severity="error",
        title=f"Windows cannot load {dll or 'a library'}: one that it needs is missing",
        cause="The library itself is there; what it needs is not, most often the runtime of Visual C++, or it "
        "is too old.",
        evidence=(*quote(clue), *(("no Visual C++ runtime was found",) if runtime == "" else ())),
        fix=(
            Fix(text="Install the newest runtime of Visual C++", command="winget install Microsoft.VCRedist.2015+.x64"),
            Fix(
                text="Where fbgemm.dll or torch_cpu.dll still fails, libomp140.x86_64.dll is missing: "
                "take another release of PyTorch, or install the C++ workload of Visual Studio's build tools",
                command="winget install Microsoft.VisualStudio.2022.BuildTools",
            ),
        ),
        applies_to=(dll,) if dll else (),
        grade="named" if clue.id == "vc-runtime-missing" or value(clue, "dll") else "likely",
        explains=present(case, "dll-not-loaded", "vc-runtime-missing"),
    )


def _is_runtime(clue: Clue) -> bool:
    return not any(name in f"{value(clue, 'dll')} {clue.line}".lower() for name in _CUDA)


@check("windows-long-paths", subject="system")
def windows_long_paths(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Paths that are longer than the 260 characters that Windows allows by itself."""
    system = case.machine.os
    if system.family != "windows":
        raise Skip("this is no Windows")
    clue = case.clue("path-too-long")
    if clue is None:
        raise Skip("no message is about a path that is too long")
    yield Finding(
        id="windows-long-paths",
        severity="error",
        title="A path is longer than Windows allows",
        cause="Packages have deep folders, and Windows takes 260 characters at most unless long paths are switched on.",
        evidence=(*quote(clue), *(("long paths are switched off",) if system.long_paths is False else ())),
        fix=(
            Fix(
                text="Switch long paths on, as administrator in PowerShell, then open a new window",
                command="Set-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\FileSystem' LongPathsEnabled 1",
            ),
            Fix(text="Or make the environment in a short folder", command="python -m venv C:\\e"),
        ),
        grade="named",
        explains=present(case, "path-too-long"),
    )


@check("paging-file-too-small", subject="memory")
def paging_file_too_small(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A paging file that is too small for what the libraries of a GPU build ask for."""
    clue = case.clue("paging-file-too-small")
    if clue is None:
        raise Skip("no message is about the paging file")
    yield Finding(
        id="paging-file-too-small",
        severity="error",
        title="Windows' paging file is too small",
        cause="Every process that loads the CUDA libraries is promised gigabytes, and memory and paging file together "
        "do not have them.",
        evidence=quote(clue),
        fix=(
            Fix(
                text="Let Windows manage the size: System, Advanced system settings, Performance, Advanced, "
                "Virtual memory"
            ),
            Fix(text="Or start fewer worker processes (num_workers=0)"),
        ),
        grade="named",
        explains=present(case, "paging-file-too-small", "dll-not-loaded"),
    )
