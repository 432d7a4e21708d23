"""TensorFlow: its GPU on each system, the libraries that its extra brings, and its plugin for Macs."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.finding import Finding, Fix
from mlenv.checks.frameworks import find_known, reinstall
from mlenv.checks.messages import conclude, is_told
from mlenv.checks.packages import distributions, is_named, is_whole, pip_install, version_of, wanted_version
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.wording import complaint, says
from mlenv.facts.version import at_least
from mlenv.matrix.load import Matrix

LAST_WINDOWS = "2.10"
FIRST_EXTRA = "2.14"
"""The first release with the extra and-cuda; until then the libraries were the system's or conda's."""
FIRST_PAST_METAL = "2.18"
"""The first release whose inside differs from what Apple's plugin 1.1 was compiled against."""
NO_GPU = ("tensorflow-sees-no-gpu", "tensorflow-cuda-drivers-not-found", "tensorflow-built-without-cuda")
NOT_FOUND = ("tensorflow-libraries-not-found",)
FOLLOWS = ("accelerator-not-used", "no-visible-gpu", "cuda-library-missing", "dll-not-loaded")


def _version(case: Case, matrix: Matrix) -> str:
    known = find_known(case, matrix, "tensorflow")
    found = version_of(case, "tensorflow", "tensorflow-gpu", "tensorflow-intel") or (known.version if known else "")
    return found or wanted_version(case, "tensorflow", "tensorflow-gpu") or ""


@check("tf-windows-native-gpu-unsupported", subject="environment")
def tf_windows_native_gpu_unsupported(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """TensorFlow later than 2.10 uses no GPU on native Windows."""
    if case.machine.os.family != "windows":
        raise Skip("this is no native Windows")
    version = _version(case, matrix)
    complaint = case.clue(*NO_GPU, *NOT_FOUND) is not None or (bool(version) and is_told(case, *FOLLOWS))
    if not version and not complaint:
        raise Skip("the environment has no TensorFlow")
    if (version and not at_least(version, "2.11")) or is_named(
        case, "tensorflow-directml-plugin", "tensorflow-directml"
    ):
        return
    if not complaint and not case.machine.gpus_of("nvidia"):
        return
    torch = find_known(case, matrix)
    only = torch is None or case.clue(*NO_GPU, *NOT_FOUND) is not None
    title = f"TensorFlow {version}".strip()
    yield conclude(
        case,
        "tf-windows-native-gpu-unsupported",
        NO_GPU,
        severity="error" if complaint and only else "warning",
        title=f"{title} has no GPU support on native Windows",
        cause=f"TensorFlow {LAST_WINDOWS} was the last release that uses NVIDIA GPUs on Windows outside WSL.",
        evidence=(title, "Windows"),
        fix=(
            Fix(text="Use TensorFlow inside WSL2, in PowerShell:", command="wsl --install"),
            Fix(
                text="Or take the last release that can, with Python 3.10 at most and CUDA 11.2",
                command=pip_install(case, '"tensorflow<2.11" "numpy<2"'),
            ),
        ),
        applies_to=("tensorflow",),
        grade="shown" if version else "likely",
        also=(*NOT_FOUND, *FOLLOWS),
    )


@check("tf-pip-cuda-libs-not-found", subject="environment")
def tf_pip_cuda_libs_not_found(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """TensorFlow does not find the CUDA libraries that its extra installed."""
    version = _require_complaint(case, matrix)
    if _lacks_extra(case) or (version and not at_least(version, FIRST_EXTRA) and not _has_packages(case)):
        return
    yield conclude(
        case,
        "tf-pip-cuda-libs-not-found",
        NOT_FOUND,
        title="TensorFlow does not find its CUDA libraries",
        cause="The libraries lie in the environment's folder nvidia, and this release does not look for them there.",
        evidence=(f"tensorflow {version}",) if version else (),
        fix=(
            Fix(
                text="Install it with the libraries of exactly its release, in an environment of its own",
                command=pip_install(case, '"tensorflow[and-cuda]"', upgrade=True),
            ),
            Fix(
                text="Or tell the loader where they are",
                command="export LD_LIBRARY_PATH=$(python -c \"import glob, sysconfig; print(':'.join("
                "glob.glob(sysconfig.get_path('purelib') + '/nvidia/*/lib')))\")",
            ),
        ),
        applies_to=("tensorflow",),
        grade="named" if _has_packages(case) else "likely",
        also=(*NO_GPU, *FOLLOWS),
    )


@check("tensorflow-without-cuda-extra", subject="environment")
def tensorflow_without_cuda_extra(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """TensorFlow was installed without the CUDA libraries."""
    version = _require_complaint(case, matrix)
    if (version and not at_least(version, FIRST_EXTRA)) or not _lacks_extra(case):
        return
    yield conclude(
        case,
        "tensorflow-without-cuda-extra",
        NOT_FOUND,
        title="TensorFlow was installed without its CUDA libraries",
        cause="The package tensorflow brings no CUDA; the extra and-cuda does, and nothing of it is installed.",
        evidence=(f"tensorflow {version}",) if version else (),
        fix=(
            Fix(text="Add the extra", command=pip_install(case, '"tensorflow[and-cuda]"', upgrade=True)),
            reinstall(case, "tensorflow"),
        ),
        applies_to=("tensorflow",),
        grade="shown",
        also=(*NO_GPU, *FOLLOWS),
    )


@check("tensorflow-cuda-libraries-missing", subject="environment")
def tensorflow_cuda_libraries_missing(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """An older TensorFlow does not find the system's CUDA of the release that it was built with."""
    version = _require_complaint(case, matrix)
    if not version or at_least(version, FIRST_EXTRA) or _has_packages(case):
        return
    toolkit = case.report.toolkit if case.report else None
    yield conclude(
        case,
        "tensorflow-cuda-libraries-missing",
        NOT_FOUND,
        title="TensorFlow does not find CUDA of the release that it was built with",
        cause=f"TensorFlow {version} brings no CUDA; it loads one exact release from the system, which was not found.",
        evidence=(f"CUDA toolkit {toolkit}",) if toolkit else (),
        fix=(
            Fix(
                text="Take a release that can bring the libraries",
                command=pip_install(case, '"tensorflow[and-cuda]"', upgrade=True),
            ),
            Fix(text="Or install its CUDA and cuDNN: https://www.tensorflow.org/install/source#gpu"),
        ),
        applies_to=("tensorflow",),
        also=(*NO_GPU, *FOLLOWS),
    )


def _require_complaint(case: Case, matrix: Matrix) -> str:
    """The version of TensorFlow, where a message says that it finds no CUDA; :class:`Skip` elsewhere."""
    if case.machine.os.family != "linux":
        raise Skip("TensorFlow brings CUDA on Linux only")
    if case.machine.gpus is not None and not case.machine.gpus_of("nvidia"):
        raise Skip("there is no NVIDIA GPU")
    unseen = case.clue(*NO_GPU) is not None and case.clue("tensorflow-built-without-cuda") is None
    seen = bool(case.machine.gpus_of("nvidia")) or _has_packages(case)
    if case.clue(*NOT_FOUND) is None and not (unseen and seen):
        raise Skip("no message says that TensorFlow misses CUDA libraries")
    return _version(case, matrix)


def _has_packages(case: Case) -> bool:
    """Whether the extra was asked for, or what it brings is there."""
    brought = any(row.name.startswith(("nvidia-cudnn", "nvidia-cublas")) for row in distributions(case))
    return brought or says(case, "[and-cuda]", "and-cuda", "nvidia-cudnn-cu")


def _lacks_extra(case: Case) -> bool:
    """Whether the extra is known not to be there."""
    return not _has_packages(case) and (
        is_whole(case) or says(case, "pip install tensorflow", "pip3 install tensorflow")
    )


@check("tf-metal-incompatible-tf", subject="environment")
def tf_metal_incompatible_tf(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """Apple's plugin was built for another TensorFlow."""
    broken = case.clue("tensorflow-metal-broken") is not None
    if not broken and not (says(case, "tensorflow-metal", "tensorflow_metal") or is_named(case, "tensorflow-metal")):
        raise Skip("no message says that the plugin for Metal does not load")
    if not broken and not _is_past_metal(case, matrix):
        return
    versions = (("tensorflow", _version(case, matrix)), ("tensorflow-metal", version_of(case, "tensorflow-metal")))
    yield conclude(
        case,
        "tf-metal-incompatible-tf",
        ("tensorflow-metal-broken",),
        title="tensorflow-metal does not fit this TensorFlow",
        cause="The plugin is compiled against the inside of one TensorFlow, and Apple's last is for older releases.",
        evidence=(*(f"{name} {version}" for name, version in versions if version),),
        fix=(
            Fix(text="Run on the CPU, without the plugin", command="python -m pip uninstall --yes tensorflow-metal"),
            Fix(
                text="Or take the TensorFlow that it was made for",
                command=pip_install(case, '"tensorflow==2.16.*" "tensorflow-metal==1.1.0"'),
            ),
        ),
        applies_to=("tensorflow",),
        grade="named" if broken else "likely",
        also=("undefined-symbol", "torch-symbol-undefined"),
    )


def _is_past_metal(case: Case, matrix: Matrix) -> bool:
    """Whether this TensorFlow is of the releases that the plugin up to 1.1 is known not to load into."""
    version, plugin = _version(case, matrix), version_of(case, "tensorflow-metal")
    mac = case.machine.os.family == "macos" and bool(complaint(case))
    return mac and bool(version) and at_least(version, FIRST_PAST_METAL) and not (plugin and at_least(plugin, "1.2"))
