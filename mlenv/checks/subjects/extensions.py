"""Compiled extensions of PyTorch: built for the PyTorch, CUDA and Python that are there."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.compiled import named_extension
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.frameworks import find_known, reinstall
from mlenv.checks.messages import conclude, value, value_of
from mlenv.checks.packages import distributions, pip_install, version_of
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.subjects.companions import COMPANION, OF_TORCH, is_of_companion
from mlenv.checks.wording import says
from mlenv.facts.pattern import lazy
from mlenv.matrix.load import Matrix

BUILT = (
    "xformers-built-for",
    "extension-cuda-mismatch",
    "extension-version-refused",
    "torch-symbol-undefined",
    "cuda-extension-broken",
    "extension-library-missing",
)
FOLLOWS = ("extensions-not-loaded", "undefined-symbol", "dll-not-loaded")
MISSING = ("cuda-library-missing",)
_CUDA_MAJOR = lazy(r"\.so\.(\d\d)\b|\.so\.(\d\d)\.\d")


@check("extension-built-for-other-torch", subject="environment")
def extension_built_for_other_torch(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A compiled extension was built for another PyTorch, CUDA or C++ interface than is installed."""
    clues = case.clues_of(*BUILT)
    told_library = not clues and _wants_other_cuda(case, matrix)
    if not clues and not told_library:
        raise Skip("no message says that an extension does not fit")
    if is_of_companion(case) and all(clue.id in OF_TORCH for clue in clues):
        raise Skip("torchvision or torchaudio is what does not fit")
    name = find_extension(case)
    known = find_known(case, matrix)
    built, have = value_of(case, "xformers-built-for", "built"), value_of(case, "xformers-built-for", "torch")
    package = name or "the extension"
    version = version_of(case, name) if name else None
    cpu = known is not None and known.kind == "cpu"
    yield conclude(
        case,
        "extension-built-for-other-torch",
        (*BUILT, *(MISSING if told_library else ())),
        title=f"{package} was built for another PyTorch",
        cause=(
            f"{package} was compiled for PyTorch {built}, and {have} is installed."
            if built and have
            else f"{package} holds compiled code, which works only with the PyTorch and CUDA that it was compiled for."
        ),
        evidence=tuple(line for line in (f"{name} {version}" if version else "", known.title if known else "") if line),
        fix=_fixes(case, name, known.title if known else ""),
        applies_to=(name or "torch",),
        grade="shown" if cpu or told_library else "named",
        also=FOLLOWS,
    )


def find_extension(case: Case) -> str:
    """The distribution that the messages about compiled code are about; empty where none is named."""
    lines = [clue.line for clue in case.clues_of(*BUILT, *MISSING, *FOLLOWS)]
    lines += [case.report.symptom, case.report.text] if case.report else []
    for line in lines:
        if found := named_extension(line):
            return found
    return ""


def _wants_other_cuda(case: Case, matrix: Matrix) -> bool:
    """Whether an extension is what asks for CUDA libraries of another major than PyTorch's."""
    known = find_known(case, matrix)
    library = value_of(case, MISSING[0], "library")
    match = _CUDA_MAJOR.search(library)
    if match is None or "cudnn" in library or "nccl" in library or not find_extension(case):
        return False
    major = match[1] or match[2]
    if known is not None and known.cuda:
        return known.cuda.split(".")[0] != major
    return says(case, "_cuda.", "_c.", "import flash_attn", "vllm._c") and not _has_torch_traceback(case)


def _has_torch_traceback(case: Case) -> bool:
    """Whether it is PyTorch's own import that fails."""
    return says(case, "torch/__init__.py", "torch\\__init__.py") and says(case, "from torch._c import")


def _fixes(case: Case, name: str, torch: str) -> tuple[Fix, ...]:
    package = name or "PACKAGE"
    others = [row.name for row in distributions(case) if row.name == name]
    again = pip_install(case, f"--no-build-isolation --no-cache-dir {package}", reinstall=True)
    return (
        Fix(text=f"Install the release or wheel of {package} that is made for {torch or 'this PyTorch'}"),
        Fix(text="Or compile it anew against this PyTorch", command=again)
        if name or others
        else reinstall(case, "torch"),
    )


@check("undefined-symbol", subject="environment")
def undefined_symbol(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A library asks another one for something that it does not have."""
    clue = case.clue("undefined-symbol")
    if clue is None:
        raise Skip("no message names an undefined symbol")
    known = (*BUILT, *COMPANION, "nvjitlink-symbol-undefined", "nccl-symbol-undefined", "cuda-symbol-undefined")
    others = ("mkl-symbol-undefined", "bitsandbytes-setup-failed", "libstdcxx-version-not-found")
    drivers = ("linux-libcuda-first", "driver-too-old")
    if case.clue(*known, *others, *drivers) is not None:
        return
    symbol = value(clue, "symbol") or "a symbol"
    yield conclude(
        case,
        "undefined-symbol",
        ("undefined-symbol",),
        title=f"A library lacks {symbol[:60]}",
        cause="Two compiled libraries that were not built for each other were loaded together.",
        fix=(
            Fix(text="Do not let a variable put other libraries first", command="unset LD_LIBRARY_PATH LD_PRELOAD"),
            Fix(text="Then install the package that the file belongs to anew"),
        ),
        grade="likely",
    )


@check("mkl-too-new-for-torch", subject="environment")
def mkl_too_new_for_torch(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Intel's MKL from 2024.1 on lacks what conda's PyTorch of before asks it for."""
    if case.clue("mkl-symbol-undefined") is None:
        raise Skip("no message names a symbol of MKL")
    version = version_of(case, "mkl")
    yield conclude(
        case,
        "mkl-too-new-for-torch",
        ("mkl-symbol-undefined",),
        title="MKL is too new for this PyTorch",
        cause="This build of PyTorch was linked with an older MKL; from 2024.1 on a function that it calls is gone.",
        evidence=(f"mkl {version}",) if version else (),
        fix=(Fix(text="Take the release before", command='conda install "mkl<2024.1"'), reinstall(case, "torch")),
        applies_to=("torch",),
        also=("undefined-symbol",),
    )
