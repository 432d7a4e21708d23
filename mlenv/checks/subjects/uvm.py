"""The nvidia-uvm module, without which CUDA does not start, and the rights of NVIDIA's device files."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import cite, join, quote_messages
from mlenv.checks.finding import Finding, Fix, Grade
from mlenv.checks.messages import NO_GPU, first_told, present, value
from mlenv.checks.registry import Case, check
from mlenv.checks.situation import (
    gpu_is_seen_to_fail,
    gpu_is_seen_to_work,
    in_container,
    in_wsl,
    require_concern,
    require_linux,
)
from mlenv.checks.subjects.kernel_module import main_module_missing
from mlenv.checks.wording import says
from mlenv.clues.clue import Clue
from mlenv.facts.machine import Machine
from mlenv.facts.pattern import lazy
from mlenv.matrix.load import Matrix

UVM = "nvidia-uvm"
# What CUDA answers where it cannot open that file; NVML, and with it nvidia-smi, works without it.
_ANSWERS = (
    "cuda-unknown-error",
    "cuda-init-failed",
    "cuda-no-device",
    "accelerator-not-used",
    "tensorflow-sees-no-gpu",
)
# What tells another reason for an unknown error.
_BETTER_KNOWN = (
    "after-suspend",
    "xid",
    "ecc-uncorrectable",
    "gpu-lost",
    "gpu-init-failed",
    "smi-cannot-reach-driver",
    "nvml-version-mismatch",
    "driver-api-mismatch",
)
# Cards of desks and laptops, which are put to sleep; those of servers are not.
_PERSONAL = lazy(r"(?i)geforce|\b[rg]tx\b|quadro|titan|laptop|max-q|\bmx\d")


@check("nvidia-uvm-stale-after-suspend", subject="gpu")
def nvidia_uvm_stale_after_suspend(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """The nvidia-uvm module that does not work after the machine slept."""
    require_concern(case)
    require_linux(case.machine)
    slept, failed = case.clue("after-suspend"), first_told(case, *_ANSWERS, "no-visible-gpu", "cuda-launch-failed")
    complained = slept is not None and slept.told and says(case, "cuda", "gpu", "nvidia")
    if slept is not None and (failed is not None or complained or gpu_is_seen_to_fail(case)):
        yield _describe_stale(case, "named" if failed or complained else "shown")
    elif _answers_unknown(case) and _uvm_is_there(case.machine) and _is_personal(case) and not _has_xid(case.machine):
        yield _describe_stale(case, "likely")


def _has_xid(machine: Machine) -> bool:
    """Whether the kernel's log tells of a fault of a GPU, which is another reason for an unknown error."""
    return any(event.kind in ("xid", "sxid") for event in machine.kernel_events or ())


def _describe_stale(case: Case, grade: Grade) -> Finding:
    return Finding(
        id="nvidia-uvm-stale-after-suspend",
        severity="error",
        title="CUDA does not start since the machine slept",
        cause="The module nvidia-uvm loses its state when the machine is suspended, and CUDA cannot start until it is "
        "loaded anew.",
        evidence=(
            *quote_messages(case, "after-suspend", "cuda-unknown-error", "cuda-init-failed", "cuda-no-device"),
            *_cite_answer(case),
        ),
        fix=(
            Fix(
                text="End all programs that use CUDA, then load the module anew",
                command="sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm",
            ),
            Fix(
                text="So that it does not come back, let the driver keep the GPU's memory while it sleeps",
                command="echo options nvidia NVreg_PreserveVideoMemoryAllocations=1 | "
                "sudo tee /etc/modprobe.d/nvidia-power.conf",
            ),
        ),
        grade=grade,
        explains=(*present(case, *_ANSWERS, "no-visible-gpu", "cuda-launch-failed"), "after-suspend"),
    )


@check("nvidia-uvm-missing", subject="gpu")
def nvidia_uvm_missing(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """No /dev/nvidia-uvm, which CUDA opens first."""
    require_concern(case)
    require_linux(case.machine)
    named = first_told(case, "uvm-node-missing") or _uvm_module_not_found(case)
    gone = _uvm_is_gone(case)
    guessed = _answers_unknown(case) and not _uvm_is_there(case.machine) and not case.clue(*_BETTER_KNOWN)
    if main_module_missing(case) or case.clue("module-insert-refused", "module-key-rejected"):
        return  # no module of the driver is there, this one only among them
    if named is None and not gone and not guessed:
        return
    yield Finding(
        id="nvidia-uvm-missing",
        severity="error",
        title="/dev/nvidia-uvm is missing",
        cause="CUDA needs the kernel module nvidia-uvm and its device file; nvidia-smi works without them, so it shows "
        "the GPU all the same.",
        evidence=(
            *((f"not there: {join(sorted(_missing(case)))}",) if _missing(case) else ()),
            *quote_messages(case, "uvm-node-missing", "cuda-unknown-error"),
            *_cite_answer(case),
        ),
        fix=_load_uvm(case),
        grade="named" if named else "shown" if gone else "likely",
        explains=present(case, "uvm-node-missing", *NO_GPU),
    )


def _load_uvm(case: Case) -> tuple[Fix, ...]:
    load = Fix(
        text="Load the module and make its device file" + (" on the host" if in_container(case) else ""),
        command="sudo modprobe nvidia-uvm && sudo nvidia-modprobe -u -c=0",
    )
    if not in_container(case):
        return (load,)
    return (
        load,
        Fix(
            text="Then start the container with all of NVIDIA's device files (IMAGE is its image)",
            command="docker run --gpus all -it IMAGE",
        ),
    )


def _uvm_module_not_found(case: Case) -> Clue | None:
    clue = first_told(case, "kernel-module-not-found")
    return clue if "uvm" in value(clue, "module") else None


def _missing(case: Case) -> set[str]:
    nodes = case.report.missing_nodes if case.report else ()
    return {path for path in nodes if UVM in path}


def _uvm_is_gone(case: Case) -> bool:
    """Whether it is told that the file is not there; CUDA makes it when it starts, so its absence alone says little."""
    if _missing(case):
        return True
    nodes = case.machine.device_nodes
    shown = nodes is not None and any("nvidia" in node.path for node in nodes)
    return shown and not _uvm_is_there(case.machine) and _answers_unknown(case)


def _uvm_is_there(machine: Machine) -> bool:
    if any(node.path.endswith(UVM) for node in machine.device_nodes or ()):
        return True
    return any(module.name == "nvidia_uvm" for module in machine.kernel_modules or ())


def _answers_unknown(case: Case) -> bool:
    """Whether CUDA ends with its error 999."""
    if first_told(case, "cuda-unknown-error") is not None and not in_wsl(case):
        return True
    state = case.machine.nvidia
    return state is not None and state.cuda_init == "CUDA_ERROR_UNKNOWN" and not gpu_is_seen_to_work(case)


def _is_personal(case: Case) -> bool:
    names = " ".join(gpu.name or "" for gpu in case.machine.gpus_of("nvidia"))
    return bool(_PERSONAL.search(names)) and not in_container(case)


def _cite_answer(case: Case) -> tuple[str, ...]:
    state = case.machine.nvidia
    if state is None or state.cuda_init in (None, "ok"):
        return ()
    return (cite(case.machine, f"CUDA answers {state.cuda_init}", "nvidia.cuda_init"),)


@check("device-node-permission", subject="gpu")
def device_node_permission(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """NVIDIA's device files, which this user may not open."""
    require_concern(case)
    require_linux(case.machine)
    clue = first_told(case, "nvidia-node-permission", "nvml-no-permission")
    closed = [
        node.path
        for node in case.machine.device_nodes or ()
        if node.path.startswith("/dev/nvidia") and "cap" not in node.path and False in (node.readable, node.writable)
    ]
    if (clue is None and not closed) or (gpu_is_seen_to_work(case) and clue is None):
        return
    yield Finding(
        id="device-node-permission",
        severity="error",
        title="This user may not open NVIDIA's device files",
        cause="Programs reach the GPU through files such as /dev/nvidia0, and their rights or the rules of a container "
        "or batch system keep this user out.",
        evidence=(
            *((cite(case.machine, f"not to be opened: {join(closed)}", "device_nodes"),) if closed else ()),
            *quote_messages(case, "nvidia-node-permission", "nvml-no-permission"),
        ),
        fix=(
            Fix(text="See rights and group of the files", command="ls -l /dev/nvidia*"),
            Fix(text="Join their group (mostly video), then log in again", command='sudo usermod -aG video "$USER"'),
            Fix(text="In a container or a batch job, ask for the GPU: only those that were given may be opened"),
        ),
        grade="named" if clue else "shown",
        explains=present(case, "nvidia-node-permission", "nvml-no-permission", *NO_GPU),
    )
