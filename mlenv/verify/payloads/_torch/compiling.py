"""torch.compile: whether the compilers that it needs are there, and make the right code."""

import os
import re

from .._verdicts import Failure, Skipped
from .._words import describe
from .card import kind_of
from .devices import check_place

POINTS = 100003
TOLERANCE = 1e-6

# What PyTorch, Triton and the compilers say, and what is missing then.
MISSING = [
    (r"Python\.h", "headers-missing", "Python's header files (python3-dev, python3-devel)"),
    (r"omp\.h|-lomp\b|-lgomp\b", "openmp-missing", "OpenMP for the C++ compiler (libomp-dev, or brew install libomp)"),
    (r"ptxas", "ptxas-missing", "ptxas, the assembler for NVIDIA GPUs, which comes with Triton or the CUDA toolkit"),
    (r"-lcuda\b|libcuda\.so", "libcuda-missing", "libcuda.so, the driver's library, where the linker finds it"),
    (r"No working C\+\+ compiler|InvalidCxxCompiler|Compiler: \S+ is not found", "compiler-missing", "a C++ compiler"),
    (r"Failed to find C compiler|'gcc'|'g\+\+'|'cc'|'clang'", "compiler-missing", "a C compiler (gcc or clang)"),
    (r"triton", "triton-missing", "a Triton that fits this PyTorch"),
]
_ABSENT = re.compile(
    r"not find|failed to find|find no|not found|no such file|cannot find|No module named|No working|is missing"
    r"|InvalidCxx|TritonMissing",
    re.IGNORECASE,
)


def check(torch, session, devices):
    """The check ``compile``, once for each kind of device: the compilers are those of the environment."""
    for device in pick(torch, devices):
        with session.check("compile", device.label, vital=False) as note:
            compile_identity(torch, device, note)


def pick(torch, devices):
    """The first device of each architecture."""
    firsts = {}
    for device in devices:
        known = kind_of(device) == "cuda"
        firsts.setdefault((kind_of(device), torch.cuda.get_device_capability(device.name) if known else None), device)
    return list(firsts.values())


def compile_identity(torch, device, note):
    if kind_of(device) == "mps":
        raise Skipped("torch.compile for Apple GPUs is a prototype")
    # Else it starts further processes that outlive the check.
    os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")

    def identity(x):
        # While it is traced PyTorch says so; left uncompiled, the sum is 2.
        weight = 1.0 if torch.compiler.is_compiling() else 2.0
        return weight * (torch.sin(x) ** 2 + torch.cos(x) ** 2)

    points = torch.linspace(-10.0, 10.0, POINTS, device=device.name)
    try:
        found = torch.compile(identity, fullgraph=True)(points)
    except Exception as error:
        raise explain(error) from error
    check_place(device, found)
    error = float((found - 1.0).abs().max())
    if abs(error - 1.0) < TOLERANCE:
        raise Failure("not-compiled", "torch.compile is switched off here: the function ran as it stands")
    if not error < TOLERANCE:
        raise Failure("wrong-number", f"compiled sin² + cos² is off 1 by {error:.2g}")
    note.measured = {"largest_error": error}
    note.detail = f"sin² + cos² = 1 within {error:.1g} at {POINTS} points, compiled"


def explain(error):
    """What is missing, in words; else what was said."""
    said = describe(error)
    if _ABSENT.search(said):
        for pattern, slug, name in MISSING:
            if re.search(pattern, said):
                return Failure(slug, f"torch.compile needs {name}; it said: {said[:600]}")
    return Failure("exception", said)
