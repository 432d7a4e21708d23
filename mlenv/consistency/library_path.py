"""Libraries that come from elsewhere than from the environment's wheels, and variables that hurt CUDA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlenv.consistency.finding import Finding, Outcome, Weight, sorted_findings
from mlenv.consistency.folders import base_name, beside, is_below, names_in, package_folders
from mlenv.facts.environment import Environment, LoadedLibrary
from mlenv.facts.pattern import lazy
from mlenv.system.host import Host

# DCGM's software check warns of these (dcgm: modules/diag, Software.cpp); the last one makes every
# kernel wait for the one before.
CUDA_VARIABLES = (
    "NSIGHT_CUDA_DEBUGGER",
    "CUDA_INJECTION32_PATH",
    "CUDA_INJECTION64_PATH",
    "CUDA_AUTO_BOOST",
    "CUDA_ENABLE_COREDUMP_ON_EXCEPTION",
    "CUDA_COREDUMP_FILE",
    "CUDA_DEVICE_WAITS_ON_EXCEPTION",
    "CUDA_PROFILE",
    "COMPUTE_PROFILE",
    "OPENCL_PROFILE",
    "CUDA_LAUNCH_BLOCKING",
)
_OFF = frozenset({"", "0", "false", "off", "no"})
_DRIVER = "libcuda.so"
_WORDS = {"ld-library-path": "LD_LIBRARY_PATH", "cache": "the system", "default": "the system"}
_VENDOR = lazy(
    r"lib(?:cuda|cudart|cudnn|cublas|cufft|curand|cusolver|cusparse|nvrtc|nvJitLink|nccl|cupti|nvshmem|amdhip64"
    r"|hsa-runtime64|MIOpen|rocblas|hipblas|rccl)\w*\.so[\d.]*"
)
_PRELOAD_SEPARATORS = lazy(r"[\s:]+")


def check_libraries(host: Host, environment: Environment, variables: Mapping[str, str]) -> Outcome:
    """What the loader takes in place of the wheels' own libraries of CUDA and ROCm, and why.

    ``variables`` are those that programs of the environment will be started with.
    """
    own = find_own_libraries(host, environment)
    libraries = environment.libraries or ()
    findings = [finding for library in libraries for finding in _judge(library, own, environment)]
    findings += _judge_preload(host, variables.get("LD_PRELOAD", ""))
    findings += _judge_variables(variables)
    if environment.libraries is None and not findings:
        return Outcome(skipped="the loader is followed on Linux with glibc only, and no variable hurts CUDA")
    return Outcome(
        findings=sorted_findings(findings),
        detail=f"{len(libraries)} libraries of CUDA and ROCm come from where they should" if libraries else _NONE,
        measured={"libraries": float(len(libraries)), "findings": float(len(findings))},
    )


_NONE = "no framework in it asks for a library of CUDA or ROCm, and no variable hurts"


def find_own_libraries(host: Host, environment: Environment) -> dict[str, str]:
    """By name, the vendor's libraries that wheels brought: in ``nvidia/*/lib`` and ``torch/lib``."""
    found: dict[str, str] = {}
    for packages in package_folders(host, environment):
        vendor = beside(packages, "nvidia")
        folders = [beside(vendor, name, "lib") for name in names_in(host, vendor)]
        for folder in (*folders, beside(packages, "torch", "lib")):
            for name in names_in(host, folder):
                if ".so" in name:
                    found.setdefault(name, beside(folder, name))
    return found


def _judge(library: LoadedLibrary, own: Mapping[str, str], environment: Environment) -> Iterator[Finding]:
    path = library.path
    if path is None or is_below(path, environment.path):
        return
    if "/stubs/" in path:
        text = f"{library.distribution} would load {library.soname} from {path}, which is for linking only"
        yield _finding("fail", "stub-library", text, library, "take the folder `stubs` out of LD_LIBRARY_PATH")
    elif library.soname in own and not library.soname.startswith(_DRIVER):
        version = f" (version {library.version})" if library.version else ""
        place = _WORDS.get(library.way or "", library.way or "elsewhere")
        text = f"{library.distribution} would load {library.soname} from {path}{version}, by {place}"
        text += f", in place of its own {own[library.soname]}"
        yield _finding("warn", "shadowed-library", text, library, _remedy(library))


def _remedy(library: LoadedLibrary) -> str:
    if library.way == "ld-library-path":
        return "unset LD_LIBRARY_PATH, or take that folder out of it, where programs of the environment are started"
    return "start programs with a clean environment; if it stays, install the wheels of the framework anew"


def _finding(weight: Weight, reason: str, text: str, library: LoadedLibrary, remedy: str) -> Finding:
    return Finding(weight=weight, reason=reason, text=text, subject=library.soname, remedy=remedy)


def _judge_preload(host: Host, value: str) -> Iterator[Finding]:
    """A preloaded file comes before everything; allocators and the like are preloaded on purpose."""
    for path in _PRELOAD_SEPARATORS.split(value.strip()) if value.strip() else ():
        name = base_name(path)
        if _VENDOR.fullmatch(name):
            text = f"LD_PRELOAD puts {path} before every library of that name"
        elif "/" in path and not host.exists(path):
            text = f"LD_PRELOAD names {path}, which is not there"
        else:
            continue
        yield Finding(
            weight="warn", reason="preloaded-library", text=text, subject="LD_PRELOAD", remedy="unset LD_PRELOAD"
        )


def _judge_variables(variables: Mapping[str, str]) -> Iterator[Finding]:
    for name in CUDA_VARIABLES:
        value = variables.get(name, "")
        if value.strip().lower() not in _OFF:
            yield Finding(
                weight="warn",
                reason="cuda-variable",
                text=f"{name} is set, which is for debugging and slows or stops work on the GPU",
                subject=name,
                remedy=f"unset {name}",
            )
