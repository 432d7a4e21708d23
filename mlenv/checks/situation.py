"""Where a program runs and what it could do there: system, container, variables, driver, and whether it had a GPU."""

from __future__ import annotations

from mlenv.checks.registry import Case, Skip, Unknown
from mlenv.checks.wording import all_words, remark
from mlenv.facts.gpu import Vendor
from mlenv.facts.machine import Machine

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


def require_linux(machine: Machine) -> None:
    """Raise :class:`Skip` on another system."""
    if machine.os.family != "linux":
        raise Skip("this is no Linux")


def in_wsl(case: Case) -> bool | None:
    """Whether this is the Windows Subsystem for Linux; None where nothing tells."""
    system = case.machine.os
    if system.wsl is not None:
        return bool(system.wsl)
    if system.family != "linux":
        return False
    return True if "microsoft" in (system.kernel or "").lower() or case.clue("runs-in-wsl") else None


def in_container(case: Case) -> bool | None:
    """Whether the program runs in a container; None where nothing tells."""
    if case.machine.os.container is not None:
        return bool(case.machine.os.container)
    return True if case.clue("runs-in-container") or remark(case, "container", "docker") else None


def is_apple_silicon(case: Case) -> bool:
    """Whether the processor is one of Apple's, whatever the Python there says that it is."""
    machine = case.machine
    if machine.os.family != "macos":
        return False
    model = (machine.cpu.model or "").lower()
    if "intel" in model:
        return False
    named = model.startswith("apple") or "virtualapple" in model or bool(machine.gpus_of("apple"))
    said = case.clue("apple-processor") is not None or "arm hardware" in all_words(case)
    return named or said or machine.architecture in ("arm64", "aarch64") or machine.os.rosetta is True


def has_musl(case: Case) -> bool:
    """Whether the C library is musl; where nothing tells which it is, whether a message names such a system."""
    libc = case.machine.os.libc
    if libc is not None:
        return libc.family == "musl"
    distribution = (case.machine.os.distribution or "").lower()
    return "alpine" in distribution or (not distribution and case.clue("musl-system") is not None)


def variable(case: Case, *names: str) -> str | None:
    """The value of the first of those environment variables that is set; None where none is known to be."""
    rows = case.machine.variables
    return next((row.value for name in names for row in rows if row.name == name), None)


def driver_of(case: Case) -> str | None:
    """The version of the NVIDIA driver, where it is known."""
    return case.machine.nvidia.driver if case.machine.nvidia else None


def gpu_is_seen_to_work(case: Case) -> bool:
    """Whether a framework found an accelerator."""
    return case.report is not None and any(view.available for view in case.report.views)


def gpu_is_seen_to_fail(case: Case) -> bool:
    """Whether a framework said that it found none."""
    return case.report is not None and any(view.available is False for view in case.report.views)
