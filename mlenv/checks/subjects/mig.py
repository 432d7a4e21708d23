"""MIG: GPUs that are split into instances."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import cite, join, name_gpu, quote_messages
from mlenv.checks.finding import Finding, Fix, Grade
from mlenv.checks.messages import NO_GPU, first_told, present
from mlenv.checks.nvidia import READINGS
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.situation import gpu_is_seen_to_work, variable
from mlenv.checks.wording import remark
from mlenv.clues.clue import Clue
from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import lazy
from mlenv.matrix.load import Matrix

_NUMBER = ("cuda-invalid-device", "device-beyond-count", "duplicate-gpu")
_ON = lazy(r"(?i)\benabled?\b|\bon\b|\btrue\b")
_OFF = lazy(r"(?i)\bdisabled?\b|\boff\b|\bfalse\b")
_EMPTY = ("devices-unavailable", "cuda-invalid-device", "mig-without-instances", "cuda-initialization-error")


@check("mig-single-instance-per-process", subject="gpu")
def mig_single_instance_per_process(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Several MIG instances for one process, of which CUDA shows it the first alone."""
    _require_mig(case)
    asked = first_told(case, *_NUMBER) or _one_alone(case)
    several = sum(len(gpu.mig_instances or ()) for gpu in case.machine.gpus_of("nvidia")) > 1
    listed = (variable(case, "CUDA_VISIBLE_DEVICES") or "").count("MIG-") > 1
    if asked is None and not listed:
        return
    yield Finding(
        id="mig-single-instance-per-process",
        severity="error" if asked else "warning",
        title="A process gets one MIG instance only",
        cause="Of GPUs that are split by MIG, CUDA shows each process a single instance; a program that expects "
        "several devices finds one.",
        evidence=(*_cite_mig(case), *quote_messages(case, *_NUMBER, "one-device-seen", "mig")),
        fix=(
            Fix(
                text="Start one process for each instance (the UUIDs are in `nvidia-smi -L`)",
                command="CUDA_VISIBLE_DEVICES=MIG-UUID python PROGRAM",
            ),
            Fix(
                text="Or, for one program on the whole GPU, switch MIG off; this ends all work on GPU 0",
                command="sudo nvidia-smi -i 0 -mig 0",
            ),
        ),
        grade="shown" if several or listed or asked else "likely",
        explains=(*present(case, *_NUMBER, "one-device-seen"), "mig"),
    )


def _one_alone(case: Case) -> Clue | None:
    """The complaint that a program sees one device where there are several."""
    clue = case.clue("one-device-seen")
    return clue if clue is not None and clue.told else None


@check("mig-misconfigured", subject="gpu")
def mig_misconfigured(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """MIG switched on without instances, or on some GPUs only."""
    _require_mig(case)
    bare = [gpu for gpu in case.machine.gpus_of("nvidia") if gpu.mig and gpu.mig_instances == ()]
    clue, mixed = first_told(case, "mig-without-instances"), _is_mixed(case)
    failed = first_told(case, *NO_GPU, *_EMPTY)
    if clue is None and not bare and not (mixed and failed) and not (failed and case.clue("mig") and _is_on(case)):
        return
    if gpu_is_seen_to_work(case) and clue is None:
        return
    whole = any(gpu.mig is False for gpu in case.machine.gpus_of("nvidia"))
    grade: Grade = "named" if clue else "shown" if bare or mixed else "likely"
    yield Finding(
        id="mig-misconfigured",
        severity="warning" if whole and not failed else "error",
        title="MIG is on, and there is no instance to work on" if bare or clue else "MIG is on for some GPUs only",
        cause="A GPU with MIG switched on gives CUDA no device until it is split into instances; beside such GPUs "
        "CUDA may leave out the others too.",
        evidence=(*_cite_mig(case), *quote_messages(case, "mig-without-instances", *_EMPTY, "cuda-no-device")),
        fix=(
            Fix(text="See the modes and the instances", command="nvidia-smi -L"),
            Fix(
                text="If nobody needs MIG, switch it off on every GPU; this ends all work on them",
                command="sudo nvidia-smi -mig 0",
            ),
            Fix(text="Or make instances: this lists the sizes that GPU 0 offers", command="nvidia-smi mig -i 0 -lgip"),
        ),
        grade=grade,
        explains=(*present(case, *NO_GPU, *_EMPTY), "mig"),
    )


@check("mig-half-configured", subject="gpu")
def mig_half_configured(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A change of the MIG mode that waits for a reset of the GPU."""
    _require_mig(case)
    waiting = [gpu for gpu in case.machine.gpus_of("nvidia") if gpu.mig_pending not in (None, gpu.mig)]
    if waiting:
        yield Finding(
            id="mig-half-configured",
            severity="warning",
            title="A change of the MIG mode waits for a reset",
            cause="MIG was switched, and the GPU takes the new mode only when it is reset.",
            evidence=tuple(
                cite(case.machine, f"{name_gpu(gpu)}: MIG {_word(gpu.mig)}, then {_word(gpu.mig_pending)}", *READINGS)
                for gpu in waiting
            ),
            fix=(
                Fix(
                    text="End all work on the GPU and reset it, or restart",
                    command=f"sudo nvidia-smi --gpu-reset -i {waiting[0].index or 0}",
                ),
            ),
            applies_to=tuple(name_gpu(gpu) for gpu in waiting),
            explains=present(case, *_EMPTY),
        )


def _require_mig(case: Case) -> None:
    if not is_split(case):
        raise Skip("no GPU is split by MIG")


def is_split(case: Case) -> bool:
    """Whether something tells of MIG being in use."""
    if case.clue("mig", "mig-without-instances") or remark(case, "mig"):
        return True
    named = "MIG-" in (variable(case, "CUDA_VISIBLE_DEVICES") or "")
    return named or any(_has_mig(gpu) for gpu in case.machine.gpus_of("nvidia"))


def _has_mig(gpu: Gpu) -> bool:
    return bool(gpu.mig or gpu.mig_pending or gpu.mig_instances)


def _is_mixed(case: Case) -> bool:
    """Whether MIG is on for some GPUs and off for others."""
    modes = {gpu.mig for gpu in case.machine.gpus_of("nvidia")}
    told = remark(case, "mig")
    return {True, False} <= modes or bool(_ON.search(told) and _OFF.search(told))


def _is_on(case: Case) -> bool:
    on = any(gpu.mig for gpu in case.machine.gpus_of("nvidia")) or bool(_ON.search(remark(case, "mig")))
    clue = case.clue("mig")
    return on or (clue is not None and bool(_ON.search(clue.line)))


def _cite_mig(case: Case) -> tuple[str, ...]:
    lines = [
        cite(case.machine, f"{name_gpu(gpu)}: MIG {_word(gpu.mig)}{_count(gpu)}", *READINGS)
        for gpu in case.machine.gpus_of("nvidia")
        if gpu.mig is not None or gpu.mig_instances
    ]
    told = remark(case, "mig")
    return (*lines[:8], *((f"told of MIG: {told}",) if told else ()))


def _count(gpu: Gpu) -> str:
    if gpu.mig_instances is None:
        return ""
    return f", instances: {join(row.profile or '?' for row in gpu.mig_instances) or 'none'}"


def _word(on: bool | None) -> str:
    return {True: "on", False: "off", None: "not told"}[on]
