"""What is told beside the facts: where a program runs, what it could do, and words to quote."""

from __future__ import annotations

from collections.abc import Iterable

from mlenv.checks.finding import Severity
from mlenv.checks.registry import Case, Skip, Unknown
from mlenv.clues.clue import Clue
from mlenv.facts.gpu import Vendor

NO_GPU = (
    "smi-cannot-reach-driver",
    "smi-no-devices",
    "smi-not-found",
    "nvml-driver-not-loaded",
    "nvml-library-missing",
    "nvml-unknown-error",
    "driver-insufficient",
    "no-nvidia-driver",
    "no-cuda-driver-found",
    "cuda-no-device",
    "no-visible-gpu",
    "cuda-unknown-error",
    "cuda-init-failed",
    "accelerator-not-used",
    "tensorflow-sees-no-gpu",
    "tensorflow-cuda-drivers-not-found",
    "libcuda-missing",
    "container-host-driver-missing",
    "module-device-refused",
)
"""Messages that say no more than that a program does not reach the NVIDIA GPU."""

VISIBLE = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")
"""Variables that choose the GPUs of a program."""


def require_concern(case: Case, vendor: Vendor = "nvidia") -> None:
    """Raise where there is nothing to judge: no message, no word of a report, no driver, and no GPU of a vendor."""
    told = case.report
    if case.clues or (told is not None and (told.missing_nodes or told.remarks or told.system_packages or told.views)):
        return
    if vendor == "nvidia" and case.machine.nvidia is not None:
        return
    if case.machine.gpus is None:
        raise Unknown("the GPUs of this machine are not known")
    if not case.machine.gpus_of(vendor):
        raise Skip("there is no GPU of the kind that this is about" if case.machine.gpus else "there is no GPU")


def quote(clue: Clue) -> str:
    """A message as evidence."""
    return f'the report says "{clue.line}"'


def quotes(case: Case, *slugs: str) -> tuple[str, ...]:
    """The lines of messages as evidence, each once, three at most."""
    return tuple(dict.fromkeys(quote(clue) for clue in case.clues_of(*slugs)))[:3]


def present(case: Case, slugs: Iterable[str]) -> tuple[str, ...]:
    """Those of the ids that a message of this case has; for ``explains``."""
    return tuple(dict.fromkeys(clue.id for clue in case.clues_of(*slugs)))


def first_told(case: Case, *slugs: str) -> Clue | None:
    """The first clue that is one of those; one that the user named goes before all others.

    What was seen to work outranks a line that merely stands somewhere in a report: there only what
    the user named counts.
    """
    found = [clue for slug in slugs for clue in case.clues if clue.id == slug]
    told = [clue for clue in found if clue.told]
    if told or gpu_is_seen_to_work(case):
        return told[0] if told else None
    return found[0] if found else None


def weigh(*clues: Clue | None) -> Severity:
    """An error where the user named one of the messages, else a warning."""
    return "error" if any(clue is not None and clue.told for clue in clues) else "warning"


def gpu_is_seen_to_work(case: Case) -> bool:
    """Whether a framework found an accelerator."""
    return case.report is not None and any(view.available for view in case.report.views)


def gpu_is_seen_to_fail(case: Case) -> bool:
    """Whether a framework said that it found none."""
    return case.report is not None and any(view.available is False for view in case.report.views)


def in_wsl(case: Case) -> bool | None:
    """Whether this is the Windows Subsystem for Linux; None where nothing tells."""
    if case.machine.os.wsl is not None:
        return bool(case.machine.os.wsl)
    if case.machine.os.family != "linux":
        return False
    return True if _is_kernel_of_wsl(case) or case.clue("runs-in-wsl") else None


def _is_kernel_of_wsl(case: Case) -> bool:
    return "microsoft" in (case.machine.os.kernel or "").lower()


def in_container(case: Case) -> bool | None:
    """Whether the program runs in a container; None where nothing tells."""
    if case.machine.os.container is not None:
        return bool(case.machine.os.container)
    return True if case.clue("runs-in-container") or remark(case, "container", "docker") else None


def remark(case: Case, *words: str) -> str:
    """What was stated about a subject for which there is no field; empty for nothing.

    ``words`` are parts of the names under which it may stand.
    """
    if case.report is None:
        return ""
    remarks = case.report.remarks.items()
    return next((value for key, value in remarks if any(word in key.lower() for word in words)), "")


def variable(case: Case, name: str) -> str | None:
    """The value of an environment variable; None where it is not set, or nobody said."""
    return next((row.value for row in case.machine.variables if row.name == name), None)


def chosen(case: Case) -> bool:
    """Whether a variable says which GPUs a program may use, beyond the first one."""
    facts = [row.value for row in case.machine.variables if row.name in VISIBLE]
    told = [clue.values.get("value", "") for clue in case.clues_of("visible-devices-set")]
    return any(value.strip() not in ("0", "all") for value in (*facts, *told))


def driver_of(case: Case) -> str | None:
    """The version of the NVIDIA driver, where it is known."""
    return case.machine.nvidia.driver if case.machine.nvidia else None
