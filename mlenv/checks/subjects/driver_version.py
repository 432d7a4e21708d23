"""The version of the NVIDIA driver: whether it serves the GPUs and runs current builds."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks import nvidia
from mlenv.checks.evidence import cite, quote_messages
from mlenv.checks.finding import Finding
from mlenv.checks.messages import NO_GPU, first_told, present, value
from mlenv.checks.nvidia import Device
from mlenv.checks.registry import Case, Skip, Unknown, check
from mlenv.checks.remedy import install_driver, install_profile
from mlenv.checks.situation import driver_of, in_container, in_wsl, require_concern
from mlenv.checks.subjects.build import driver_too_old_for_build
from mlenv.clues.clue import Clue
from mlenv.facts.machine import Machine
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Release

Choice = tuple[Release, Build]


_OLD = ("driver-too-old", "driver-too-old-for-image", "unsupported-ptx-toolchain", "driver-insufficient")


@check("driver-refuses-build", subject="gpu")
def driver_refuses_build(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A message that the NVIDIA driver is too old for what is to run on it."""
    require_concern(case)
    clue = first_told(case, *_OLD) or _image_is_newer(case)
    if clue is None or _facts_tell(case, matrix):
        return
    # Without any driver CUDA says this too; then its absence is the cause.
    if clue.id == "driver-insufficient" and driver_of(case) is None and (in_container(case) or in_wsl(case)):
        return
    found = value(clue, "found")
    offers = f"{int(found) // 1000}.{int(found) % 1000 // 10}" if found else _offered(case, matrix)
    needs = value(clue, "needed")
    driver = driver_of(case) or value(clue, "driver")
    yield Finding(
        id="driver-too-old-for-build",
        severity="error",
        title=f"The NVIDIA driver{f' {driver}' if driver else ''} is too old for this build",
        cause="The build, or the image, was made with a newer CUDA than the driver runs"
        + (f": the driver offers CUDA {offers}" if offers else "")
        + (f", and {needs} is needed" if needs else "")
        + ".",
        evidence=(
            *((cite(case.machine, f"driver {driver}", *nvidia.DRIVER_READINGS),) if driver else ()),
            *quote_messages(case, clue.id),
        ),
        fix=(install_profile("pytorch-gpu"), *install_driver(case.machine)),
        grade="likely" if clue.id in _COMPAT or _seems_absent(case, clue) else "named",
        explains=present(case, *_OLD, *_COMPAT, *NO_GPU),
    )


_COMPAT = ("cuda-compat-unsupported", "cuda-driver-mismatch")
_ABSENT = ("no-nvidia-driver", "no-cuda-driver-found", "libcuda-missing", "nvml-library-missing", "smi-not-found")


def _seems_absent(case: Case, clue: Clue) -> bool:
    """Whether a driver that is called insufficient may rather not be there."""
    return clue.id == "driver-insufficient" and driver_of(case) is None and case.clue(*_ABSENT) is not None


def _image_is_newer(case: Case) -> Clue | None:
    """An image that brings a newer libcuda along (cuda-compat), which only some GPUs accept on an older driver."""
    return first_told(case, *_COMPAT) if in_container(case) else None


def _facts_tell(case: Case, matrix: Matrix) -> bool:
    """Whether versions alone prove it, so that the check of builds says it."""
    try:
        return any(True for _ in driver_too_old_for_build(case, matrix))
    except (Skip, Unknown):
        return False


def _offered(case: Case, matrix: Matrix) -> str:
    state = case.machine.nvidia
    if state is None or state.cuda or not state.driver:
        return (state.cuda or "") if state else ""
    branch = query.branch_of(matrix.drivers, state.driver)
    return next((row.cuda for row in matrix.drivers.driver_branch if row.branch == branch), "")


@check("nvidia-driver-dropped-gpu", subject="gpu")
def nvidia_driver_dropped_gpu(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A driver so new that it no longer serves the GPU."""
    driver = nvidia.require_driver(case.machine)
    for device, capability in nvidia.known_devices(case, matrix):
        row = query.architecture_of(matrix.drivers, capability)
        if row is None or not row.last_driver or query.branch_of(matrix.drivers, driver) <= row.last_driver:
            continue
        yield Finding(
            id="nvidia-driver-dropped-gpu",
            severity="error",
            title=f"Driver {driver} no longer serves {device.name}",
            cause=f"Branch {row.last_driver} is the last one for {row.name} GPUs; this driver is of a later one.",
            evidence=_driver_evidence(case.machine, driver, device, matrix, capability),
            fix=install_driver(case.machine, last_branch=row.last_driver),
            applies_to=device.labels,
        )


@check("nvidia-driver-too-old", subject="gpu")
def nvidia_driver_too_old(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A driver that does not know the GPU, or that no current PyTorch build accepts."""
    machine, driver = case.machine, nvidia.require_driver(case.machine)
    for device, capability in nvidia.known_devices(case, matrix):
        row = query.architecture_of(matrix.drivers, capability)
        first, accepted = _newest_builds(machine, matrix, capability, driver)
        branch = query.branch_of(matrix.drivers, driver)
        if row is not None and branch < row.first_driver:
            reason = f"{row.name} GPUs need driver branch {row.first_driver} or newer"
        elif first is None or (accepted and first[0].released - accepted[0].released <= query.CURRENT):
            continue
        else:
            reason = _needs(machine, matrix, first)
        works = accepted is not None and (row is None or branch >= row.first_driver)
        still = (
            f"; {nvidia.name_build(matrix, *accepted)} is the newest that runs with it" if works and accepted else ""
        )
        floor = nvidia.driver_floor(machine, matrix, first[1]) if first else None
        yield Finding(
            id="nvidia-driver-too-old",
            severity="warning" if works else "error",
            title=f"The NVIDIA driver {driver} is too old for {device.name}",
            cause=f"{reason}{still}.",
            evidence=_driver_evidence(machine, driver, device, matrix, capability),
            fix=install_driver(machine, last_branch=row.last_driver if row else 0, floor=floor or ""),
            applies_to=device.labels,
        )


@check("nvidia-driver-limits-builds", subject="gpu")
def nvidia_driver_limits_builds(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A driver that runs current PyTorch builds, but not the newest one."""
    machine, driver = case.machine, nvidia.require_driver(case.machine)
    for device, capability in nvidia.known_devices(case, matrix):
        first, accepted = _newest_builds(machine, matrix, capability, driver)
        if first is None or accepted is None or first[0] is accepted[0]:
            continue
        if not query.driver_knows(matrix.drivers, driver, capability):
            continue
        if first[0].released - accepted[0].released > query.CURRENT:
            continue
        yield Finding(
            id="nvidia-driver-limits-builds",
            severity="info",
            title=f"With driver {driver} the newest PyTorch is {accepted[0].version} ({accepted[1].variant})",
            cause=f"{_needs(machine, matrix, first)}; {nvidia.name_build(matrix, *accepted)} is the newest that runs.",
            evidence=_driver_evidence(machine, driver, device, matrix, capability),
            fix=(install_profile("pytorch-gpu"),),
            applies_to=device.labels,
        )


def _newest_builds(
    machine: Machine, matrix: Matrix, capability: str, driver: str
) -> tuple[Choice | None, Choice | None]:
    """The newest build with code for a device, and the newest of those that the driver accepts."""
    first = None
    for choice in nvidia.serving_builds(machine, matrix, capability):
        first = first or choice
        if nvidia.driver_accepts(machine, matrix, choice[1], driver):
            return first, choice
    return first, None


def _needs(machine: Machine, matrix: Matrix, choice: Choice) -> str:
    floor = nvidia.driver_floor(machine, matrix, choice[1])
    return f"{nvidia.name_build(matrix, *choice)} needs driver {floor or 'of a newer branch'}"


def _driver_evidence(machine: Machine, driver: str, device: Device, matrix: Matrix, capability: str) -> tuple[str, ...]:
    return (
        cite(machine, f"driver {driver}", *nvidia.DRIVER_READINGS),
        cite(machine, f"{device.name}: {nvidia.describe(matrix, capability)}", *nvidia.READINGS),
    )
