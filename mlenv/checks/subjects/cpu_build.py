"""CPU builds in an environment: whether a GPU lies idle beside them."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks import nvidia
from mlenv.checks.evidence import cite
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.frameworks import Known, find_known, place, reinstall
from mlenv.checks.messages import conclude, is_told, value_of
from mlenv.checks.packages import is_named, pip_install, pip_uninstall
from mlenv.checks.registry import Case, Skip, Unknown, check
from mlenv.checks.remedy import is_jetson
from mlenv.checks.situation import driver_of
from mlenv.checks.wording import complaint
from mlenv.facts.machine import Machine
from mlenv.facts.pattern import lazy
from mlenv.matrix import query
from mlenv.matrix.load import Matrix

NAMES_IT = ("torch-without-cuda", "torch-without-xpu", "cpu-wheel-named", "torch-named-cpu-build")
"""Messages that only a build for the CPU gives, or that call it one."""
FOLLOWS = (
    "accelerator-not-used", "no-visible-gpu", "cuda-no-device", "bitsandbytes-setup-failed", "extensions-not-loaded",
    "xformers-built-for",
)  # fmt: skip
TENSORFLOW = ("tensorflow-built-without-cuda", "tensorflow-sees-no-gpu")
ONNXRUNTIME = ("onnxruntime-provider-unavailable",)
_GPU = lazy(r"(?i)\b(?:cuda|gpus?|nvidia)\b")


@check("cpu-build-on-gpu-machine", subject="environment")
def cpu_build_on_gpu_machine(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A build for the CPU only, where a GPU could be used."""
    if case.machine.os.family == "macos":
        raise Skip("PyTorch and TensorFlow have one build for a Mac")
    found = [*_torch(case, matrix), *_tensorflow(case, matrix), *_onnxruntime(case)]
    yield from found
    if not found and case.machine.gpus is None and not case.clue(*NAMES_IT):
        raise Unknown("the GPUs of this machine are not known")
    if not found and case.environment is None and not case.is_report:
        raise Skip("no environment was looked at")
    if not found and not case.machine.gpus:
        raise Skip("there is no GPU")


def _torch(case: Case, matrix: Matrix) -> Iterator[Finding]:
    known = find_known(case, matrix)
    told = case.clue(*NAMES_IT) is not None
    if known is None or known.kind == "":
        cpu = told or value_of(case, "xformers-built-for", "torch").endswith("+cpu")
        named = known or Known(framework="torch", name="PyTorch")
    else:
        cpu = known.kind == "cpu" or (told and known.kind != "cuda" and _asked_for(case))
        named = known
    if not cpu or (known and known.available):
        return
    complaint = case.clue(*NAMES_IT[:3]) is not None or is_told(case, *NAMES_IT, *FOLLOWS) or _asks_for_gpu(case)
    gpu = usable_gpu(case, matrix, "torch")
    if case.machine.gpus == () or (gpu is None and not complaint):
        return
    yield _describe(case, named, gpu or _any_gpu(case), complaint=complaint)


def _asks_for_gpu(case: Case) -> bool:
    """Whether what went wrong, in the user's words, is about CUDA or a GPU."""
    return bool(_GPU.search(complaint(case)))


def _asked_for(case: Case) -> bool:
    return case.clue("cpu-wheel-named", "torch-without-xpu") is not None


def _describe(case: Case, known: Known, gpu: str | None, *, complaint: bool) -> Finding:
    return conclude(
        case,
        "cpu-build-on-gpu-machine",
        NAMES_IT,
        severity="error" if complaint else "warning",
        title=f"{known.title} does not use the GPU",
        cause=f"The environment has the build for the CPU only, and {gpu or 'a GPU'} could be used.",
        evidence=(place(case, known), *((cite(case.machine, f"GPU: {gpu}", *nvidia.READINGS),) if gpu else ())),
        fix=(reinstall(case, known.framework),),
        applies_to=(known.framework,),
        also=FOLLOWS if known.framework == "torch" else TENSORFLOW,
    )


def _tensorflow(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """The package tensorflow-cpu, or one that says it was built without CUDA."""
    known = find_known(case, matrix, "tensorflow")
    named = is_named(case, "tensorflow-cpu") or case.clue("tensorflow-built-without-cuda") is not None
    conda_cpu = known is not None and known.tag.startswith("cpu")
    native_windows = case.machine.os.family == "windows" and not is_named(case, "tensorflow-cpu")
    if not (named or conda_cpu) or native_windows or is_named(case, "tensorflow"):
        return
    complaint = is_told(case, *TENSORFLOW, "accelerator-not-used")
    gpu = usable_gpu(case, matrix, "tensorflow")
    if case.machine.gpus != () and (gpu is not None or complaint):
        shown = known or Known(framework="tensorflow", name="TensorFlow")
        yield _describe(case, shown, gpu or _any_gpu(case), complaint=complaint)


def _onnxruntime(case: Case) -> Iterator[Finding]:
    """The package onnxruntime without the package that has the GPU's provider."""
    served = is_named(case, "onnxruntime-gpu", "onnxruntime-rocm", "onnxruntime-directml", "onnxruntime-migraphx")
    if case.clue(*ONNXRUNTIME) is None or served or case.machine.gpus == ():
        return
    yield conclude(
        case,
        "cpu-build-on-gpu-machine",
        ONNXRUNTIME,
        title="ONNX Runtime is the build for the CPU",
        cause="The package onnxruntime has no provider for NVIDIA GPUs; onnxruntime-gpu has.",
        fix=(
            Fix(text="Take the one out", command=pip_uninstall(case, "onnxruntime")),
            Fix(text="And put the other in", command=pip_install(case, "onnxruntime-gpu")),
        ),
        applies_to=("onnxruntime",),
        grade="shown" if is_named(case, "onnxruntime") else "likely",
    )


def _any_gpu(case: Case) -> str | None:
    return next((gpu.name for gpu in case.machine.gpus or () if gpu.name), None)


def usable_gpu(case: Case, matrix: Matrix, framework: str) -> str | None:
    """The name of a GPU that a build of this framework would use here."""
    machine = case.machine
    if machine.gpus_of("nvidia"):
        return _usable_nvidia(case, matrix, framework)
    intel = [gpu for gpu in machine.gpus_of("intel") if gpu.integrated is False]
    return _usable_amd(machine, matrix, framework) or next((gpu.name for gpu in intel if framework == "torch"), None)


def _usable_nvidia(case: Case, matrix: Matrix, framework: str) -> str | None:
    driver = driver_of(case)
    for device in nvidia.find_devices(case, matrix):
        for _, build in nvidia.serving_builds(case.machine, matrix, device.capability or "0", framework):
            if driver is None or nvidia.driver_accepts(case.machine, matrix, build, driver):
                return device.name
    return None


def _usable_amd(machine: Machine, matrix: Matrix, framework: str) -> str | None:
    releases = matrix.framework(framework).release
    targets = {target for release in releases for build in release.builds for target in build.gfx}
    for gpu in machine.gpus_of("amd"):
        gfx = gpu.gfx or query.gfx_of(matrix.gpus, gpu.name or "")
        if gfx in targets and not gpu.integrated:
            return gpu.name or gfx
    return None


@check("jetson-unsupported-wheel", subject="environment")
def jetson_unsupported_wheel(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A wheel for Arm servers on a Jetson board, whose GPU it has no code or driver for."""
    machine = case.machine
    if not (is_jetson(machine) or machine.jetson is not None or "tegra" in (machine.os.kernel or "")):
        raise Skip("this is no Jetson board")
    known = find_known(case, matrix)
    complaints = ("accelerator-not-used", "torch-without-cuda", "no-kernel-image", "cuda-unknown-error")
    if known is None or known.available or case.clue(*complaints) is None or known.kind not in ("cpu", "cuda"):
        return
    # NVIDIA's own wheels are numbered 2.3.0a0+6ddf5cf85e.nv24.04.
    if ".nv" in known.tag or "nv" in known.version:
        return
    yield conclude(
        case,
        "jetson-unsupported-wheel",
        complaints,
        title=f"{known.title} is not built for Jetson boards",
        cause="The wheels of the ordinary indexes are for Arm servers; a Jetson's GPU needs the builds of its JetPack.",
        evidence=(place(case, known), *((f"model {machine.model}",) if machine.model else ())),
        fix=(
            Fix(
                text="Install the wheel that NVIDIA makes for this JetPack: "
                "https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform"
            ),
        ),
        applies_to=("torch",),
        grade="shown",
    )
