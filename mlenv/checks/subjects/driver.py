"""The NVIDIA driver: whether there is one, it works, and it is new enough."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks import nvidia
from mlenv.checks.evidence import cite, find_reading
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.nvidia import Device
from mlenv.checks.registry import Case, Skip, Unknown, check
from mlenv.checks.remedy import install_driver, install_profile
from mlenv.facts.machine import Machine
from mlenv.facts.version import numbers
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Release

MISMATCHES = ("LibRmVersionMismatch", "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH")


@check("nvidia-driver-missing", subject="gpu")
def nvidia_driver_missing(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """An NVIDIA GPU without an NVIDIA driver."""
    machine = case.machine
    gpus = nvidia.require_nvidia(machine)
    if _is_shut_in(machine):
        raise Skip("the driver is outside this container")
    if not _driver_is_absent(machine):
        return
    devices = nvidia.find_devices(case, matrix)
    names = " and ".join(device.name for device in devices)
    yield Finding(
        id="nvidia-driver-missing",
        severity="error",
        title="The NVIDIA driver is not installed",
        cause=f"{names} is there, but without NVIDIA's driver no framework can use it.",
        evidence=(
            cite(machine, f"GPU: {names}", *nvidia.READINGS),
            _absence(machine) or "",
        ),
        fix=install_driver(machine, last_branch=nvidia.last_branch(matrix, devices)),
        applies_to=tuple(label for device in devices for label in device.labels) or (f"{len(gpus)} GPUs",),
    )


@check("container-started-without-gpu", subject="gpu")
def container_started_without_gpu(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A container on a host with an NVIDIA driver, started without access to the GPU."""
    machine = case.machine
    nvidia.require_nvidia(machine)
    if machine.os.container is None:
        raise Unknown("whether this is a container is not known")
    if not machine.os.container:
        raise Skip("this is no container")
    if _is_shut_in(machine) and machine.nvidia is not None:
        yield Finding(
            id="container-started-without-gpu",
            severity="warning",
            title="This container was started without the GPU",
            cause="The host has an NVIDIA driver, and its libraries were not given to this container.",
            evidence=(
                cite(machine, f"kernel module {machine.nvidia.kernel_module}", "nvidia.kernel_module"),
                _absence(machine) or "no driver library was found",
            ),
            fix=(
                Fix(text="Start it with the GPU (IMAGE is its image)", command="docker run --gpus all -it IMAGE"),
                Fix(text="Docker needs NVIDIA's container toolkit on the host for that"),
            ),
        )


@check("driver-library-version-mismatch", subject="gpu")
def driver_library_version_mismatch(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Driver libraries and kernel module of different versions, as after an update without restart."""
    machine = case.machine
    nvidia.require_nvidia(machine)
    state = machine.nvidia
    if state is None or (state.driver is None and state.nvml is None):
        raise Unknown("the NVIDIA driver is not known")
    told = next((answer for answer in (state.nvml, state.cuda_init) if answer in MISMATCHES), None)
    if told is None and not _versions_differ(state.driver, state.kernel_module, works=state.nvml == "ok"):
        return
    evidence = [
        cite(machine, f"driver libraries {state.driver or 'of unknown version'}", *nvidia.DRIVER_READINGS),
        cite(machine, f"kernel module {state.kernel_module or 'of unknown version'}", "nvidia.kernel_module"),
    ]
    evidence += [f"the driver answers {told}"] if told else []
    yield Finding(
        id="driver-library-version-mismatch",
        severity="error",
        title="The NVIDIA libraries and the loaded kernel module do not match",
        cause="The driver was updated and the old kernel module is still loaded, or libraries of another version "
        "come first.",
        evidence=tuple(evidence),
        fix=_reload(machine),
    )


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
            cause=f"{_needs(machine, matrix, first)}; mlenv takes {nvidia.name_build(matrix, *accepted)} instead.",
            evidence=_driver_evidence(machine, driver, device, matrix, capability),
            fix=(install_profile("pytorch-gpu"),),
            applies_to=device.labels,
        )


Choice = tuple[Release, Build]


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


def _driver_is_absent(machine: Machine) -> bool:
    """True where somebody looked and there is no driver; :class:`Unknown` where nobody could."""
    state = machine.nvidia
    if state is not None and (state.driver is not None or state.kernel_module is not None):
        return False
    if _absence(machine) is None:
        raise Unknown("the NVIDIA driver is not known")
    return True


def _is_shut_in(machine: Machine) -> bool:
    """A container that sees the host's kernel module and none of the driver's libraries."""
    state = machine.nvidia
    loaded = state is not None and state.kernel_module is not None and state.driver is None
    return bool(machine.os.container) and loaded


def _absence(machine: Machine) -> str | None:
    """The evidence that somebody looked for the driver and it is not there."""
    for subject in ("nvidia.nvml", "nvidia.driver", "nvidia.smi"):
        reading = find_reading(machine, subject, "absent")
        if reading is not None:
            return f"no driver library ({reading.source})"
    return None


def _versions_differ(driver: str | None, module: str | None, *, works: bool) -> bool:
    """Versions that differ say nothing where NVML works: containers may carry a newer libcuda."""
    return not works and driver is not None and module is not None and numbers(driver) != numbers(module)


def _reload(machine: Machine) -> tuple[Fix, ...]:
    if machine.os.wsl:
        return (Fix(text="Remove Linux NVIDIA packages inside WSL, then in PowerShell:", command="wsl --shutdown"),)
    if machine.os.container:
        return (Fix(text="Start this container anew; if that does not help, restart the host"),)
    return (Fix(text="Restart the machine", command="sudo reboot"),)


def _driver_evidence(machine: Machine, driver: str, device: Device, matrix: Matrix, capability: str) -> tuple[str, ...]:
    return (
        cite(machine, f"driver {driver}", *nvidia.DRIVER_READINGS),
        cite(machine, f"{device.name}: {nvidia.describe(matrix, capability)}", *nvidia.READINGS),
    )
