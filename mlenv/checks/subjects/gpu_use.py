"""Who may use a GPU, and how much of it: other programs, modes of use, licences; and Intel's runtime."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import cite, name_gpu, quote_messages
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.messages import first_told, present, value, weigh
from mlenv.checks.nvidia import READINGS
from mlenv.checks.registry import Case, check
from mlenv.checks.situation import require_concern
from mlenv.facts.gpu import Gpu
from mlenv.facts.size import gib
from mlenv.matrix.load import Matrix

_FULL = ("gpu-memory-exhausted", "gpu-memory-reserved-ahead")


@check("gpu-exclusive-mode", subject="gpu")
def gpu_exclusive_mode(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A GPU that only one process, or none, may use at a time."""
    require_concern(case)
    busy, mode = first_told(case, "devices-unavailable"), case.clue("exclusive-mode")
    gpus = case.machine.gpus_of("nvidia")
    closed = [gpu for gpu in gpus if gpu.compute_mode not in (None, "default")]
    barred = [gpu for gpu in closed if gpu.compute_mode == "prohibited"]
    if busy is None and not barred:
        return
    yield Finding(
        id="gpu-exclusive-mode",
        severity="error" if busy or len(barred) == len(gpus) else "warning",
        title="The GPU takes no further process",
        cause="Its compute mode lets one process at a time, or none, use it, or another program has taken it whole.",
        evidence=(
            *(cite(case.machine, f"{name_gpu(gpu)}: compute mode {gpu.compute_mode}", *READINGS) for gpu in closed),
            *quote_messages(case, "devices-unavailable", "exclusive-mode"),
        ),
        fix=(
            Fix(text="See which programs use it, and end those that are left over", command="nvidia-smi"),
            Fix(text="Let several processes use it", command="sudo nvidia-smi -c DEFAULT"),
            Fix(text="On a machine that others run, ask the batch system for a GPU of your own"),
        ),
        grade="shown" if closed or mode else "likely",
        explains=present(case, "devices-unavailable"),
    )


@check("cuda-mps-failed", subject="gpu")
def cuda_mps_failed(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """The service that shares a GPU among processes (MPS), which does not answer."""
    require_concern(case)
    if first_told(case, "cuda-mps-failed") is not None:
        yield Finding(
            id="cuda-mps-failed",
            severity="error",
            title="CUDA's service for sharing a GPU (MPS) does not answer",
            cause="Programs are told to reach the GPU through MPS, and its service does not run, is full, or "
            "belongs to "
            "another user.",
            evidence=quote_messages(case, "cuda-mps-failed"),
            fix=(
                Fix(
                    text="Stop it; programs then reach the GPU by themselves",
                    command="echo quit | sudo nvidia-cuda-mps-control",
                ),
                Fix(text="Or start it anew", command="sudo nvidia-cuda-mps-control -d"),
                Fix(text="In a container, leave CUDA_MPS_PIPE_DIRECTORY unset or pass its folder through"),
            ),
            grade="named",
            explains=("cuda-mps-failed",),
        )


@check("vgpu-unlicensed", subject="gpu")
def vgpu_unlicensed(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A virtual GPU without a licence."""
    require_concern(case)
    clue = first_told(case, "vgpu-unlicensed")
    if clue is not None:
        yield Finding(
            id="vgpu-unlicensed",
            severity=weigh(clue),
            title="The virtual GPU has no licence",
            cause="NVIDIA's virtual GPUs become slow, and then refuse CUDA, until they have got a licence from "
            "a server.",
            evidence=quote_messages(case, "vgpu-unlicensed"),
            fix=(
                Fix(text="See what the licence service says", command="nvidia-smi -q | grep -A2 License"),
                Fix(
                    text="Put the token of your licence server into /etc/nvidia/ClientConfigToken, then restart it",
                    command="sudo systemctl restart nvidia-gridd",
                ),
            ),
            grade="named",
            explains=("vgpu-unlicensed",),
        )


@check("gpu-out-of-memory", subject="gpu")
def gpu_out_of_memory(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A program that asked for more GPU memory than is free."""
    require_concern(case)
    clue = first_told(case, *_FULL)
    if clue is None or not clue.told:
        return
    others = case.clues_of("gpu-memory-of-others")
    held = [gpu for gpu in case.machine.gpus or () if gpu.memory_free_bytes is not None and gpu.memory_bytes]
    yield Finding(
        id="gpu-out-of-memory",
        severity="error",
        title="The GPU's memory is full",
        cause="The program asked for more memory than is free on the GPU"
        + (
            ": other processes hold much of it."
            if others
            else "; what is too large is its work, or others use the GPU."
        ),
        evidence=(
            *quote_messages(case, *_FULL),
            *(f"process {value(row, 'pid')} holds {value(row, 'used')}" for row in others[:4]),
            *(cite(case.machine, _free(gpu), *READINGS) for gpu in held[:4]),
        ),
        fix=(
            Fix(text="See who uses the GPU, and end what is left over", command="nvidia-smi"),
            Fix(text="Take a smaller batch, shorter inputs, half precision or a smaller model"),
        ),
        grade="named",
        explains=present(case, *_FULL, "gpu-memory-of-others"),
    )


def _free(gpu: Gpu) -> str:
    return f"{name_gpu(gpu)}: {gib(gpu.memory_free_bytes or 0)} of {gib(gpu.memory_bytes or 0)} free"


@check("intel-driver-missing", subject="gpu")
def intel_driver_missing(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """An Intel GPU without the runtime through which frameworks compute on it."""
    require_concern(case, "intel")
    clue = first_told(case, "intel-gpu-driver-missing")
    gpus = [gpu for gpu in case.machine.gpus_of("intel") if not gpu.integrated]
    state = case.machine.intel
    bare = bool(gpus) and state is not None and state.level_zero is None and case.machine.os.family == "linux"
    if clue is None and not bare:
        return
    windows = case.machine.os.family == "windows"
    yield Finding(
        id="intel-driver-missing",
        severity=weigh(clue),
        title="Intel's runtime for computing on the GPU is missing",
        cause="Frameworks reach Intel's GPUs through Level Zero and Intel's compute runtime, and they are not "
        "installed, "
        "or find no GPU that this user may open.",
        evidence=(
            *(cite(case.machine, f"GPU: {gpu.name}", "gpus.pci", "gpu") for gpu in gpus),
            *quote_messages(case, "intel-gpu-driver-missing"),
        ),
        fix=(
            (Fix(text="Install Intel's newest graphics driver, and restart"),)
            if windows
            else (
                Fix(
                    text="Install the runtime (names of Ubuntu; others have the same packages)",
                    command="sudo apt install libze1 libze-intel-gpu1 intel-opencl-icd",
                ),
                Fix(
                    text="Join the group that may use the GPU, then log in again",
                    command='sudo usermod -aG render "$USER"',
                ),
            )
        ),
        grade="named" if clue else "shown",
        explains=("intel-gpu-driver-missing",),
    )
