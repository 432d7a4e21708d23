"""The CUDA libraries that a framework loads: there, of the right version, and its own."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.finding import Finding, Fix
from mlenv.checks.frameworks import find_known, reinstall
from mlenv.checks.messages import conclude, value, value_of
from mlenv.checks.packages import distributions, is_whole, pip_install, version_of
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.situation import variable
from mlenv.checks.subjects.extensions import find_extension
from mlenv.checks.wording import says
from mlenv.facts.pattern import lazy
from mlenv.facts.version import at_least
from mlenv.matrix.load import Matrix

SYMBOLS = (
    "nvjitlink-symbol-undefined", "nccl-symbol-undefined", "cuda-symbol-undefined", "cuda-library-other-symbols",
)  # fmt: skip
CUDNN = ("cudnn-older-than-build",)
OLDER = ("cuda-library-older-than-build",)
SEARCHED = "library-path-searched"
CUDNN_STARTS = ("cudnn-parts-differ", "cudnn-not-initialized")
NOT_LOADED = ("cuda-library-not-loaded",)
MISSING = ("cuda-library-missing",)
PINS = ("nvidia-pin-conflict", "nvidia-pin-broken")
OTHERS: tuple[str, ...] = (
    "onnxruntime-provider-failed",
    "tensorflow-libraries-not-found",
    "bitsandbytes-binary-missing",
)
OTHERS += ("bitsandbytes-setup-failed", "companion-library-broken")
_NEEDS = lazy(r"_(\d\d)_(\d{1,2})$")


@check("ld-library-path-shadows-pip-libs", subject="environment")
def ld_library_path_shadows_pip_libs(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """LD_LIBRARY_PATH makes another CUDA library win over the one that the framework brings."""
    loaded = _loaded_from_elsewhere(case)
    symbols = case.clue(*SYMBOLS) is not None and not _older_pin(case)
    named = case.clue("library-path-named") is not None
    path = variable(case, "LD_LIBRARY_PATH") or value_of(case, SEARCHED, "path") or None
    told = path is not None or named
    older = case.clue(*OLDER) is not None
    starts = told and case.clue(*CUDNN, *CUDNN_STARTS) is not None
    not_loaded = case.clue(*NOT_LOADED) is not None and not (is_whole(case) and not _has_libraries(case))
    complaint = symbols or starts or not_loaded or older
    if not loaded and not complaint:
        raise Skip("nothing says that a library of another place is loaded")
    yield conclude(
        case,
        "ld-library-path-shadows-pip-libs",
        (*SYMBOLS, *NOT_LOADED, *OLDER, "library-path-named"),
        severity="error" if complaint else "warning",
        title="A CUDA library of another place is loaded first",
        cause="LD_LIBRARY_PATH comes before the libraries that the framework brings: one of another release is loaded.",
        evidence=(*((f"LD_LIBRARY_PATH is {path}",) if path else ()), *loaded),
        fix=(Fix(text="Start the program without it", command="unset LD_LIBRARY_PATH"),),
        applies_to=("torch",),
        grade="named" if named else "shown" if told or symbols or older else "likely",
        also=(*CUDNN, *CUDNN_STARTS, SEARCHED, *(("undefined-symbol",) if symbols else ())),
    )


def _loaded_from_elsewhere(case: Case) -> tuple[str, ...]:
    """What the loader would take from a folder of LD_LIBRARY_PATH, on a machine that was looked at."""
    rows = (case.environment.libraries or ()) if case.environment else ()
    return tuple(
        f"{row.distribution} would load {row.path} for {row.soname}"
        for row in rows
        if row.path and row.owner is None and row.way in ("preload", "ld-library-path")
    )


def _has_libraries(case: Case) -> bool:
    return any(row.name.startswith("nvidia-") for row in distributions(case))


@check("cudnn-loaded-older-than-build", subject="environment")
def cudnn_loaded_older_than_build(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """The cuDNN that is loaded is older than the one that the framework was built with."""
    if case.clue(*CUDNN, "cudnn-parts-differ") is None:
        raise Skip("no message says that cuDNN is older than the build")
    loaded, built = value_of(case, CUDNN[0], "loaded"), value_of(case, CUDNN[0], "built")
    versions = f"cuDNN {_dotted(loaded)} is loaded, and the framework was built with {_dotted(built)}" if loaded else ""
    known = find_known(case, matrix) or find_known(case, matrix, "jax") or find_known(case, matrix, "tensorflow")
    major = (known.cuda if known and known.cuda else "12").split(".")[0]
    newer = bool(loaded and built) and at_least(_dotted(loaded), _dotted(built))
    wanted = f"=={_dotted(built).split('.')[0]}.*" if newer else f">={_dotted(built)}"
    floor = f'"nvidia-cudnn-cu{major}{wanted}"' if built else f"nvidia-cudnn-cu{major}"
    yield conclude(
        case,
        "cudnn-loaded-older-than-build",
        (*CUDNN, "cudnn-parts-differ"),
        title=f"The cuDNN that is loaded is {'of another major' if newer else 'older'} than the build's",
        cause=f"{versions or 'Parts of two releases of cuDNN are loaded'}; "
        f"it must be {'of the same major' if newer else 'at least as new'}.",
        fix=(
            Fix(text="Install one that fits", command=pip_install(case, floor, upgrade=True)),
            Fix(text="And let no other place come first", command="unset LD_LIBRARY_PATH"),
        ),
        applies_to=(known.framework if known else "gpu",),
        also=("cudnn-not-initialized", "library-path-named", "accelerator-not-used"),
    )


def _dotted(version: str) -> str:
    """``8.9.2`` of ``8, 9, 2``, of ``8902`` and of ``90100``, as cuDNN numbers itself since 9."""
    plain = version.replace(", ", ".").replace(" ", "").strip(".,)")
    if not plain.isdigit() or len(plain) < 4:
        return plain
    major, rest = (plain[:1], plain[1:]) if len(plain) == 4 else (plain[:-4], plain[-4:])
    return ".".join(str(int(part)) for part in (major, rest[:-2], rest[-2:]))


@check("nvidia-pip-pin-conflict", subject="environment")
def nvidia_pip_pin_conflict(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Two packages need different versions of the same library of NVIDIA's."""
    older = _older_pin(case)
    if case.clue(*PINS) is None and not older:
        raise Skip("no message says that two packages ask for different libraries")
    package = value_of(case, PINS[0], "package") or value_of(case, PINS[1], "package") or "a library of NVIDIA's"
    yield conclude(
        case,
        "nvidia-pip-pin-conflict",
        PINS,
        title=f"Two packages need different versions of {package}",
        cause=older or f"The wheels of two frameworks name versions of {package} that exclude each other.",
        fix=(
            Fix(text="Give each framework an environment of its own", command="mlenv install --profile jax-gpu"),
            Fix(text="Or choose releases of both that ask for the same CUDA libraries: mlenv plan tells which"),
        ),
        applies_to=("environment",),
        also=SYMBOLS if older else (),
    )


def _older_pin(case: Case) -> str:
    """That the installed nvJitLink is older than the libraries beside it ask for; empty where it is not known to be."""
    clue = case.clue("nvjitlink-symbol-undefined")
    match = _NEEDS.search(value(clue, "symbol"))
    installed = version_of(case, "nvidia-nvjitlink-cu12", "nvidia-nvjitlink-cu13", "nvidia-nvjitlink")
    if match is None or installed is None or at_least(installed, f"{match[1]}.{match[2]}"):
        return ""
    return f"nvidia-nvjitlink {installed} is installed, and another library asks for {match[1]}.{match[2]} or newer."


@check("nvidia-pip-libs-missing", subject="environment")
def nvidia_pip_libs_missing(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """The CUDA libraries that come as packages are not there."""
    if case.clue(*MISSING, *NOT_LOADED) is None:
        raise Skip("no message says that a CUDA library is missing")
    if case.clue(*OTHERS) is not None or says(case, "tensorflow/stream_executor", "tensorflow/compiler/xla"):
        raise Skip("another message tells more about it")
    if case.clue(*MISSING) is None and (not is_whole(case) or _has_libraries(case)):
        raise Skip("the library may be there and not be the one that is loaded")
    library = value_of(case, MISSING[0], "library", "libraries") or value_of(case, NOT_LOADED[0], "library")
    known = find_known(case, matrix) or find_known(case, matrix, "jax")
    package = _package_of(library, known.cuda if known else "")
    fixes = (Fix(text="Install the library", command=pip_install(case, package, reinstall=True)),) if package else ()
    yield conclude(
        case,
        "nvidia-pip-libs-missing",
        (*MISSING, *NOT_LOADED),
        title=f"{library or 'A CUDA library'} is missing",
        cause=f"The framework loads {library or 'a CUDA library'} from NVIDIA's packages, and it is not there.",
        evidence=(known.title,) if known else (),
        fix=(*fixes, reinstall(case, known.framework if known else "torch")),
        applies_to=(known.framework if known else "torch",),
        grade="shown" if find_extension(case) else "named",
    )


_PACKAGES = (
    ("cusparselt", "nvidia-cusparselt"), ("cusparse", "nvidia-cusparse"), ("cudnn", "nvidia-cudnn"),
    ("cublas", "nvidia-cublas"), ("cufft", "nvidia-cufft"), ("curand", "nvidia-curand"),
    ("cusolver", "nvidia-cusolver"),
    ("nccl", "nvidia-nccl"), ("nvrtc", "nvidia-cuda-nvrtc"), ("nvjitlink", "nvidia-nvjitlink"),
    ("cupti", "nvidia-cuda-cupti"), ("nvtoolsext", "nvidia-nvtx"), ("cudart", "nvidia-cuda-runtime"),
    ("nvshmem", "nvidia-nvshmem"), ("cufile", "nvidia-cufile"),
)  # fmt: skip
_ALWAYS_MARKED = ("nvidia-cudnn", "nvidia-nccl", "nvidia-nvshmem")


def _package_of(library: str, cuda: str) -> str:
    """The distribution that brings a library: from CUDA 13 on most have no mark of the major."""
    name = next((package for word, package in _PACKAGES if word in library.lower()), "")
    if not name:
        return ""
    major = cuda.split(".")[0] or "12"
    if major == "13" and name not in _ALWAYS_MARKED:
        return f"{name}-cu13" if name == "nvidia-cusparselt" else name
    return f"{name}-cu{major}"
