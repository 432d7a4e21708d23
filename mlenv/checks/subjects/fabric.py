"""Machines with NVSwitches: CUDA starts there only after the fabric manager, or the guest, is ready."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks import nvidia
from mlenv.checks.evidence import cite, quote_messages
from mlenv.checks.finding import Finding, Fix, Grade
from mlenv.checks.messages import first_told, present, value
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.situation import driver_of, gpu_is_seen_to_work, require_concern
from mlenv.facts.drivers import FabricManager
from mlenv.facts.version import numbers
from mlenv.matrix.load import Matrix

_NOT_READY = ("cuda-system-not-ready",)
_WAITING = ("in-progress", "not-started")


@check("fabric-manager-version-mismatch", subject="gpu")
def fabric_manager_version_mismatch(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A fabric manager of another version than the driver."""
    require_concern(case)
    _require_no_mac(case)
    clue, service = first_told(case, "fabric-manager-mismatch"), _service(case)
    driver = value(clue, "driver") if clue else driver_of(case)
    version = value(clue, "fabric") or service.version
    differs = bool(driver and version and numbers(driver) != numbers(version))
    if clue is None and (not differs or gpu_is_seen_to_work(case)):
        return
    yield Finding(
        id="fabric-manager-version-mismatch",
        severity="error",
        title="The fabric manager is of another version than the driver",
        cause="NVIDIA's fabric manager starts only with the driver of exactly its own version, and without it "
        "CUDA does "
        "not start on GPUs that are joined by NVSwitches.",
        evidence=(
            *((cite(case.machine, f"driver {driver}", *nvidia.DRIVER_READINGS),) if driver else ()),
            *((f"fabric manager {version}",) if version else ()),
            *quote_messages(case, "fabric-manager-mismatch", *_NOT_READY),
        ),
        fix=(
            Fix(
                text="Install the fabric manager of the driver's version, and keep both at it", command=_install(driver)
            ),
            _START,
        ),
        grade="named" if clue else "shown",
        explains=present(case, "fabric-manager-mismatch", "fabric-manager-down", *_NOT_READY),
    )


@check("confidential-computing-not-ready", subject="gpu")
def confidential_computing_not_ready(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A guest with confidential computing whose GPU was not yet set ready."""
    require_concern(case)
    _require_no_mac(case)
    if first_told(case, *_NOT_READY) is None or case.clue("confidential-computing") is None:
        return
    yield Finding(
        id="confidential-computing-not-ready",
        severity="error",
        title="The GPU of this confidential machine is not set ready",
        cause="With confidential computing a GPU takes no work until the guest has proved it genuine and set it ready.",
        evidence=quote_messages(case, *_NOT_READY, "confidential-computing"),
        fix=(Fix(text="After the GPU was attested, set it ready", command="sudo nvidia-smi conf-compute -srs 1"),),
        grade="shown",
        explains=_NOT_READY,
    )


@check("fabric-manager-not-running", subject="gpu")
def fabric_manager_not_running(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A machine with NVSwitches on which the fabric manager does not run."""
    require_concern(case)
    _require_no_mac(case)
    clue, down = first_told(case, *_NOT_READY), first_told(case, "fabric-manager-down")
    stopped, waiting = _service(case).running is False and _has_fabric(case), _waits(case)
    if case.clue("confidential-computing") or not (clue or down or stopped or waiting):
        return
    if gpu_is_seen_to_work(case) and not (clue or down):
        return
    grade: Grade = "named" if down else "shown"
    yield Finding(
        id="fabric-manager-not-running",
        severity="error",
        title="The fabric manager does not run",
        cause="The GPUs of this machine are joined by NVSwitches, and CUDA does not start on them (error 802) before "
        "NVIDIA's fabric manager has set these up.",
        evidence=(
            *(("nvidia-fabricmanager does not run",) if stopped else ()),
            *(("a GPU waits to join the fabric",) if waiting else ()),
            *quote_messages(case, "fabric-manager-down", *_NOT_READY),
        ),
        fix=(
            Fix(text="If it is not installed, install it in the driver's version", command=_install(driver_of(case))),
            _START,
            Fix(text="If it does not start, see why", command="journalctl -u nvidia-fabricmanager --no-pager"),
        ),
        grade=grade,
        explains=present(case, "fabric-manager-down", *_NOT_READY),
    )


_START = Fix(text="Start it, now and at each start", command="sudo systemctl enable --now nvidia-fabricmanager")


def _install(driver: str | None) -> str:
    """The package of Debian's family that belongs to a driver."""
    if not driver:
        return "sudo apt install nvidia-fabricmanager-$(cut -d. -f1 /sys/module/nvidia/version)"
    branch, _, rest = driver.partition(".")
    return f"sudo apt install nvidia-fabricmanager-{branch}" + (f"={driver}-1" if rest else "")


def _service(case: Case) -> FabricManager:
    state = case.machine.nvidia
    return (state.fabric_manager if state else None) or FabricManager()


def _has_fabric(case: Case) -> bool:
    states = [gpu.fabric.state for gpu in case.machine.gpus_of("nvidia") if gpu.fabric is not None]
    return any(state not in (None, "not-supported") for state in states)


def _waits(case: Case) -> bool:
    return any(gpu.fabric is not None and gpu.fabric.state in _WAITING for gpu in case.machine.gpus_of("nvidia"))


def _require_no_mac(case: Case) -> None:
    if case.machine.os.family == "macos":
        raise Skip("a Mac has no NVSwitches")
