"""The NVIDIA driver: whether there is one, and whether it works."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks import nvidia
from mlenv.checks.evidence import cite, find_reading
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.registry import Case, Skip, Unknown, check
from mlenv.checks.remedy import install_driver
from mlenv.facts.machine import Machine
from mlenv.facts.version import numbers
from mlenv.matrix.load import Matrix

MISMATCHES = ("LibRmVersionMismatch", "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH")


@check("nvidia-driver-missing", subject="gpu")
def nvidia_driver_missing(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """An NVIDIA GPU without an NVIDIA driver."""
    machine = case.machine
    nvidia.require_nvidia(machine)
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
        applies_to=tuple(label for device in devices for label in device.labels),
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
