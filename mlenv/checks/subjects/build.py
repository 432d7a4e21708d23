"""The GPU builds in an environment: whether they fit the driver and the GPUs."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks import nvidia
from mlenv.checks.evidence import cite, quote
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.frameworks import Known, all_known, place, reinstall
from mlenv.checks.messages import present
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.remedy import install_driver
from mlenv.facts.machine import Machine
from mlenv.facts.version import at_least
from mlenv.matrix.load import Matrix

OLD_DRIVER = ("driver-too-old", "driver-insufficient", "driver-too-old-for-image", "unsupported-ptx-toolchain")
"""Messages that a driver too old for its CUDA gives."""


@check("driver-too-old-for-build", subject="environment")
def driver_too_old_for_build(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A build of a newer CUDA than the NVIDIA driver runs."""
    cuda = require_cuda(case, matrix)
    state = case.machine.nvidia
    driver = state.driver if state and state.driver else nvidia.require_driver(case.machine)
    for item in cuda:
        floor = nvidia.driver_floor(case.machine, matrix, item.build, item.cuda)
        if floor is None or at_least(driver, floor) or item.available:
            continue
        last = nvidia.last_branch(matrix, nvidia.find_devices(case, matrix)) if case.machine.gpus else 0
        yield Finding(
            id="driver-too-old-for-build",
            severity="error",
            title=f"Driver {driver} is too old for {item.title}",
            cause=f"{item.title} was built with CUDA {item.cuda}, which needs driver {floor} or newer.",
            evidence=(
                cite(case.machine, f"driver {driver}", *nvidia.DRIVER_READINGS),
                place(case, item),
                *quote(case.clue(*OLD_DRIVER)),
            ),
            fix=(reinstall(case, item.framework), *_newer_driver(case.machine, floor, last)),
            applies_to=(item.framework,),
            explains=present(case, *OLD_DRIVER, "accelerator-not-used"),
        )


def require_cuda(case: Case, matrix: Matrix) -> list[Known]:
    """The CUDA builds of an environment on a machine with an NVIDIA GPU."""
    installed = all_known(case, matrix)
    if not installed:
        raise Skip("no environment was looked at" if case.environment is None else "the environment has no framework")
    cuda = [item for item in installed if item.kind == "cuda" and item.cuda]
    if not cuda:
        raise Skip("the environment has no CUDA build")
    if not (case.is_report and case.machine.gpus is None and case.machine.nvidia is not None):
        nvidia.require_nvidia(case.machine)
    return cuda


def _newer_driver(machine: Machine, floor: str, last: int) -> tuple[Fix, ...]:
    """Updating the driver, where a driver for these GPUs is new enough."""
    if last and not at_least(str(last), floor.split(".")[0]):
        return ()
    return install_driver(machine, last_branch=last, floor=floor)
