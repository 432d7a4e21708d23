"""AMD's GPUs: the driver, the rights of its device files, and which of several GPUs is used."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import cite, join, quote_messages
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.messages import first_told, present
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.situation import (
    gpu_is_seen_to_fail,
    gpu_is_seen_to_work,
    in_container,
    require_concern,
    require_linux,
    variable,
)
from mlenv.checks.wording import says
from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import lazy
from mlenv.facts.system import DeviceNode
from mlenv.matrix.load import Matrix

_READINGS = ("gpus.amd", "gpus.pci", "gpu")
_NODES = ("/dev/kfd", "/dev/dri/renderD")
_OPENERS = frozenset({"render", "video", "root"})
_UNSEEN = ("hip-no-device", "accelerator-not-used", "tensorflow-sees-no-gpu")
# Targets of GPUs inside processors; a card of its own has none of them.
_INTEGRATED = ("gfx902", "gfx909", "gfx90c", "gfx1035", "gfx1036", "gfx1037", "gfx1103")
_WORDS = lazy(r"(?i)\bigpu\b|integrated|radeon(?:\(tm\))? graphics$|vega (?:8|10|11)\b|\b(?:6|7|8)[68]0m\b")
_RESTRICTIONS = ("HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL")


@check("rocm-device-permission", subject="gpu")
def rocm_device_permission(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """AMD's device files, which this user may not open."""
    require_concern(case, "amd")
    require_linux(case.machine)
    clue = first_told(case, "kfd-permission")
    closed = [node.path for node in case.machine.device_nodes or () if node.path.startswith(_NODES) and _is_shut(node)]
    groups = case.machine.account.groups if case.machine.account else None
    outside = groups is not None and not _OPENERS.intersection(groups) and not _is_root(case)
    shown = bool(closed) and (case.machine.gpus is None or _has_card(case.machine.gpus_of("amd")))
    guessed = _starts_for_root_alone(case) or (outside and _sees_nothing(case))
    if clue is None and ((not shown and not guessed) or gpu_is_seen_to_work(case)):
        return
    yield Finding(
        id="rocm-device-permission",
        # On a machine that is merely looked at nobody may want ROCm.
        severity="error" if clue or guessed or case.is_report else "warning",
        title="This user may not open AMD's device files",
        cause="ROCm reaches the GPU through /dev/kfd and /dev/dri/renderD*, which only members of their groups "
        "(render, "
        "on older systems video) may open.",
        evidence=(
            *((cite(case.machine, f"not to be opened: {join(closed)}", "device_nodes"),) if closed else ()),
            *((f"groups of this user: {join(groups) or 'none'}",) if groups is not None else ()),
            *quote_messages(case, "kfd-permission", "hsa-init-failed", "works-for-root"),
        ),
        fix=_open_nodes(case),
        grade="named" if clue else "shown",
        explains=present(case, "kfd-permission", *_UNSEEN, "hsa-init-failed", "works-for-root"),
    )


def _has_card(gpus: tuple[Gpu, ...]) -> bool:
    """Whether one of them is a card: nobody needs rights for the GPU inside a processor."""
    return any(not _is_integrated(gpu) for gpu in gpus)


def _is_shut(node: DeviceNode) -> bool:
    """Whether a user other than root may not open a file."""
    return False in (node.readable, node.writable) or (node.mode or "").endswith("00")


def _is_root(case: Case) -> bool:
    return bool(case.machine.account and case.machine.account.administrator)


def _starts_for_root_alone(case: Case) -> bool:
    """Whether ROCm starts for root and not for the user."""
    failed = first_told(case, "hsa-init-failed", *_UNSEEN) is not None
    return case.clue("works-for-root") is not None and (failed or says(case, "rocm", "/dev/kfd"))


def _sees_nothing(case: Case) -> bool:
    """Whether a framework finds no GPU on a machine with one of AMD's."""
    if not case.machine.gpus_of("amd"):
        return False
    return gpu_is_seen_to_fail(case) or first_told(case, "hsa-init-failed", *_UNSEEN) is not None


def _open_nodes(case: Case) -> tuple[Fix, ...]:
    if in_container(case):
        return (
            Fix(
                text="Start the container with the files and with the number of their group, which the image may not "
                "know by name (IMAGE is its image)",
                command="docker run -it --device /dev/kfd --device /dev/dri "
                "--group-add $(stat -c %g /dev/kfd) --group-add $(stat -c %g /dev/dri/renderD128) IMAGE",
            ),
        )
    return (
        Fix(text="Join the groups", command='sudo usermod -aG render,video "$USER"'),
        Fix(text="Then log out and in again, and look", command="groups"),
    )


@check("amd-driver-missing", subject="gpu")
def amd_driver_missing(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """AMD's kernel driver for computing (KFD), which is not there."""
    require_concern(case, "amd")
    require_linux(case.machine)
    clue = first_told(case, "amd-module-not-loaded", "kfd-missing")
    if clue is None or case.clue("kfd-permission"):
        return
    boxed = in_container(case)
    yield Finding(
        id="container-started-without-gpu" if boxed else "amd-driver-missing",
        severity="error",
        title="This container was started without the GPU" if boxed else "AMD's kernel driver is not loaded",
        cause="ROCm reaches the GPU through /dev/kfd, which "
        + (
            "was not given to this container."
            if boxed
            else "the kernel module amdgpu makes; it is not loaded, or too old."
        ),
        evidence=quote_messages(case, "amd-module-not-loaded", "kfd-missing"),
        fix=(
            Fix(
                text="Start it with AMD's device files (IMAGE is its image)",
                command="docker run -it --device /dev/kfd --device /dev/dri --group-add video IMAGE",
            ),
        )
        if boxed
        else (
            Fix(text="Load the module", command="sudo modprobe amdgpu"),
            Fix(text="If that fails, install AMD's driver, then restart", command="sudo amdgpu-install --usecase=dkms"),
        ),
        grade="named",
        explains=present(case, "amd-module-not-loaded", "kfd-missing", "hip-no-device"),
    )


@check("rocm-igpu-selected", subject="gpu")
def rocm_igpu_selected(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """The GPU inside the processor, which ROCm offers beside the card and programs stumble over."""
    require_concern(case, "amd")
    if case.machine.os.family == "macos":
        raise Skip("a Mac has no ROCm")
    inside = [gpu for gpu in case.machine.gpus_of("amd") if _is_integrated(gpu)]
    cards = [gpu for gpu in case.machine.gpus_of("amd") if not _is_integrated(gpu)]
    clue, failed = (
        case.clue("integrated-amd-gpu"),
        first_told(case, "hip-crash", "hip-no-device", "cuda-invalid-device"),
    )
    told = clue is not None and clue.told
    if not (inside and cards and failed) and not (told and (failed or (inside and cards))):
        return
    if not told and any(variable(case, name) for name in _RESTRICTIONS):
        return
    yield Finding(
        id="rocm-igpu-selected",
        severity="error" if told or (failed and failed.told) else "warning",
        title="ROCm also offers the GPU inside the processor",
        cause="A program that takes all GPUs, or the first one, meets the small one inside the processor, for "
        "which its "
        "build has no code, and fails or becomes slow.",
        evidence=(
            *(cite(case.machine, f"inside the processor: {_name(gpu)}", *_READINGS) for gpu in inside),
            *(cite(case.machine, f"card: {_name(gpu)}", *_READINGS) for gpu in cards),
            *quote_messages(case, "integrated-amd-gpu", "hip-crash"),
        ),
        fix=(
            Fix(text="See the numbers of the GPUs", command="rocminfo | grep -E 'Name:|Agent'"),
            Fix(
                text="Show programs the card alone (0 is its number among the GPUs)",
                command="export HIP_VISIBLE_DEVICES=0"
                if case.machine.os.family != "windows"
                else "setx HIP_VISIBLE_DEVICES 0",
            ),
            Fix(text="Or switch the inner GPU off in the firmware's settings"),
        ),
        grade="shown" if inside and cards else "likely",
        explains=present(case, "integrated-amd-gpu", "hip-crash", "hip-no-device", "cuda-invalid-device"),
    )


def _is_integrated(gpu: Gpu) -> bool:
    if gpu.integrated is not None:
        return gpu.integrated
    return (gpu.gfx or "").split(":")[0] in _INTEGRATED or bool(_WORDS.search(gpu.name or ""))


def _name(gpu: Gpu) -> str:
    return " ".join(filter(None, (gpu.name, gpu.gfx))) or "AMD GPU"
