"""The CUDA toolkit for those who compile: there, and of the release of the framework."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.finding import Finding, Fix
from mlenv.checks.frameworks import find_known
from mlenv.checks.messages import conclude, value_of
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.situation import variable
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix

DIFFERS = ("detected-cuda-mismatch", "cuda-major-mismatch-for-op")
UNKNOWN_GPU = ("toolkit-without-gpu",)
MISSING = ("nvcc-missing",)


@check("cuda-toolkit-mismatch-for-build", subject="environment")
def cuda_toolkit_mismatch_for_build(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """An extension is compiled with another CUDA toolkit than the framework was."""
    if case.clue(*DIFFERS, *UNKNOWN_GPU) is None:
        raise Skip("no message says that something was compiled with another toolkit")
    known = find_known(case, matrix)
    toolkit = value_of(case, "detected-cuda-mismatch", "toolkit") or value_of(case, DIFFERS[1], "toolkit")
    toolkit = toolkit or (case.report.toolkit if case.report and case.report.toolkit else "")
    build = value_of(case, "detected-cuda-mismatch", "build") or (known.cuda if known else "")
    of_gpu = case.clue(*DIFFERS) is None
    here, there = f"CUDA {toolkit}" if toolkit else "the CUDA toolkit here", f"CUDA {build}" if build else "another"
    cause = (
        f"The compiler of {here} does not know this GPU, and PyTorch was built with {there}."
        if of_gpu
        else f"The extension would be compiled with {here}, and PyTorch was built with {there}."
    )
    home = variable(case, "CUDA_HOME", "CUDA_PATH")
    yield conclude(
        case,
        "cuda-toolkit-mismatch-for-build",
        (*DIFFERS, *UNKNOWN_GPU),
        title=f"{here[0].upper()}{here[1:]} is not the one that PyTorch was built with",
        cause=cause,
        evidence=(f"CUDA_HOME or CUDA_PATH is {home}",) if home else (),
        fix=_bring(case.machine, build),
        applies_to=("torch",),
        also=MISSING,
    )


@check("nvcc-missing-for-build", subject="environment")
def nvcc_missing_for_build(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """An extension is compiled, and there is no CUDA compiler."""
    if case.clue(*MISSING) is None:
        raise Skip("no message says that the CUDA compiler is missing")
    known = find_known(case, matrix)
    home = variable(case, "CUDA_HOME")
    yield conclude(
        case,
        "nvcc-missing-for-build",
        MISSING,
        title="The CUDA compiler is missing",
        cause="A package is compiled while it is installed; that needs nvcc of the CUDA toolkit, which was not found.",
        evidence=(f"CUDA_HOME is {home}",) if home else (),
        fix=(
            Fix(text="Take a release of the package that has a wheel for this Python and PyTorch"),
            *_bring(case.machine, known.cuda if known else ""),
        ),
        applies_to=("torch",),
    )


def _bring(machine: Machine, cuda: str) -> tuple[Fix, ...]:
    """Getting the toolkit of a release, beside others."""
    release = ".".join(cuda.split(".")[:2])
    if machine.os.family == "windows":
        return (
            Fix(text=f"Install the CUDA toolkit {release} from https://developer.nvidia.com/cuda-toolkit-archive"),
            Fix(
                text="Let the build use it",
                command=f'$env:CUDA_HOME = "C:\\Program Files\\NVIDIA GPU Computing Toolkit\\CUDA\\v{release}"',
            ),
        )
    label = f"nvidia/label/cuda-{release}.0" if release else "nvidia"
    return (
        Fix(
            text="Bring the toolkit of the same release into a conda environment",
            command=f"conda install -c {label} cuda-toolkit",
        ),
        Fix(
            text="Or let the build use the one that is installed beside",
            command=f"export CUDA_HOME=/usr/local/cuda-{release}" if release else None,
        ),
    )
