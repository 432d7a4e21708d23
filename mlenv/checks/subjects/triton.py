"""Triton: itself, and what it compiles with."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.finding import Finding, Fix
from mlenv.checks.frameworks import reinstall
from mlenv.checks.messages import conclude, value
from mlenv.checks.packages import pip_install
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.wording import says
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix

COMPILER = ("c-compiler-missing",)
HEADER = ("python-header-missing",)
PTXAS = ("ptxas-without-gpu", "llvm-without-gpu")
MISSING = ("triton-missing",)


@check("triton-missing-c-compiler", subject="environment")
def triton_missing_c_compiler(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Triton compiles its launchers while it runs, and there is no C compiler."""
    if case.clue(*COMPILER) is None or _builds_a_package(case):
        raise Skip("no message says that Triton misses a C compiler")
    yield conclude(
        case,
        "triton-missing-c-compiler",
        COMPILER,
        title="Triton finds no C compiler",
        cause="Triton and torch.compile compile small C programs while they run, and no compiler was found.",
        fix=_install(case.machine, "gcc", "build-essential", "gcc gcc-c++"),
        applies_to=("triton",),
        also=HEADER,
    )


@check("triton-missing-python-headers", subject="environment")
def triton_missing_python_headers(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Triton compiles against Python, whose headers are missing."""
    if case.clue(*HEADER) is None or _builds_a_package(case):
        raise Skip("no message says that Triton misses Python's headers")
    yield conclude(
        case,
        "triton-missing-python-headers",
        HEADER,
        title="The headers of Python are missing",
        cause="Triton and torch.compile compile small C programs against Python, and Python.h is not installed.",
        fix=(
            *_install(case.machine, "the headers", "python3-dev", "python3-devel"),
            Fix(text="Or use a Python of uv, which brings them", command="uv python install"),
        ),
        applies_to=("triton",),
        also=COMPILER,
    )


def _builds_a_package(case: Case) -> bool:
    """Whether a package was being built while it was installed: then it is not Triton that compiles."""
    building = says(
        case, "building wheel", "bdist_wheel", "build_ext", "subprocess-exited-with-error", "setup.py install"
    )
    return building and not says(case, "triton", "inductor", "torch.compile", "cuda_utils.c")


@check("triton-ptxas-too-old-for-gpu", subject="environment")
def triton_ptxas_too_old_for_gpu(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """The assembler that Triton brings does not know the GPU."""
    clue = case.clue(*PTXAS)
    if clue is None:
        raise Skip("no message says that the assembler does not know the GPU")
    code = value(clue, "code", "capability") or "this GPU"
    yield conclude(
        case,
        "triton-ptxas-too-old-for-gpu",
        PTXAS,
        title=f"The assembler does not know {code}",
        cause=f"ptxas, which Triton (or XLA) brings or finds, is of a CUDA release older than the GPU ({code}).",
        fix=(
            Fix(
                text="Let Triton use the ptxas of a newer toolkit",
                command="export TRITON_PTXAS_PATH=$(command -v ptxas)",
            ),
            reinstall(case, "torch"),
        ),
        applies_to=("triton",),
        also=("no-kernel-image", "tensorflow-without-gpu-code"),
    )


@check("triton-missing", subject="environment")
def triton_missing(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Something needs Triton, and it is not installed."""
    if case.clue(*MISSING) is None:
        raise Skip("no message says that Triton is missing")
    windows = case.machine.os.family == "windows"
    package = "triton-windows" if windows else "triton"
    where = "the project has no wheels for Windows; triton-windows brings them" if windows else "it is not installed"
    yield conclude(
        case,
        "triton-missing",
        MISSING,
        title="Triton is missing",
        cause=f"torch.compile and many kernels are written in Triton, and {where}.",
        fix=(Fix(text="Install it for the release of PyTorch", command=pip_install(case, package)),),
        applies_to=("triton",),
    )


def _install(machine: Machine, what: str, debian: str, redhat: str) -> tuple[Fix, ...]:
    """How this system gets a package of its own."""
    name = (machine.os.distribution or "").lower()
    if machine.os.family == "windows":
        return (
            Fix(
                text="Install Visual Studio's Build Tools",
                command="winget install Microsoft.VisualStudio.2022.BuildTools",
            ),
        )
    if any(word in name for word in ("fedora", "red hat", "rhel", "rocky", "alma", "centos", "amazon", "oracle")):
        return (Fix(text=f"Install {what}", command=f"sudo dnf install {redhat}"),)
    if "alpine" in name:
        return (Fix(text=f"Install {what}", command="sudo apk add build-base python3-dev"),)
    if "arch" in name or "manjaro" in name:
        return (Fix(text=f"Install {what}", command="sudo pacman -S base-devel"),)
    if "suse" in name:
        return (Fix(text=f"Install {what}", command="sudo zypper install gcc gcc-c++ python3-devel"),)
    return (Fix(text=f"Install {what}", command=f"sudo apt install {debian}"),)
