"""The NVIDIA driver: whether there is one, and whether it works."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks import nvidia
from mlenv.checks.evidence import cite, find_reading, join
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.registry import Case, Skip, Unknown, check
from mlenv.checks.remedy import install_driver
from mlenv.facts.drivers import Nvidia
from mlenv.facts.machine import Machine
from mlenv.facts.version import numbers
from mlenv.matrix.load import Matrix

MEANINGS = {
    "DriverNotLoaded": "the kernel module is not loaded",
    "NoPermission": "this user may not open the device files",
    "CUDA_ERROR_NO_DEVICE": "no device may be used, as when CUDA_VISIBLE_DEVICES is empty or wrong",
    "CUDA_ERROR_SYSTEM_NOT_READY": "the fabric manager or the system is not ready",
    "CUDA_ERROR_UNKNOWN": "most often the nvidia-uvm module or its device file is missing",
    "SIGSEGV": "the library crashes",
}
_READING = {"NVML": "nvidia.nvml", "cuInit": "nvidia.cuda_init"}
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
    _require_container(machine)
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


@check("container-missing-driver-capability", subject="gpu")
def container_missing_driver_capability(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A container that was given the GPU without the capability to compute: nvidia-smi works, CUDA does not."""
    machine = case.machine
    nvidia.require_nvidia(machine)
    _require_container(machine)
    state, libcuda = _require_software(machine), find_reading(machine, "nvidia.cuda_init", "absent")
    if state.nvml != "ok" or libcuda is None:
        return
    given = next((row.value for row in machine.variables if row.name == "NVIDIA_DRIVER_CAPABILITIES"), None)
    yield Finding(
        id="container-missing-driver-capability",
        severity="error",
        title="This container may look at the GPU and not compute on it",
        cause="The driver's libcuda was not given to it: the capability `compute` is missing.",
        evidence=(
            cite(machine, f"{libcuda.source} is absent", "nvidia.cuda_init"),
            "NVML: ok",
            *((f"NVIDIA_DRIVER_CAPABILITIES={given}",) if given is not None else ()),
        ),
        fix=(
            Fix(
                text="Start it with that capability (IMAGE is its image)",
                command="docker run --gpus all -e NVIDIA_DRIVER_CAPABILITIES=compute,utility -it IMAGE",
            ),
        ),
    )


@check("driver-library-version-mismatch", subject="gpu")
def driver_library_version_mismatch(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Driver libraries and kernel module of different versions, as after an update without restart."""
    machine = case.machine
    state = _require_software(machine)
    if state.driver is None and state.nvml is None:
        raise Unknown("the version of the NVIDIA driver is not known")
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


@check("nvidia-driver-not-working", subject="gpu")
def nvidia_driver_not_working(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """An NVIDIA driver that is installed and does not start: NVML or cuInit answers with an error."""
    machine = case.machine
    state = _require_software(machine)
    answers = {"NVML": state.nvml, "cuInit": state.cuda_init}
    wrong = {who: answer for who, answer in answers.items() if answer not in (None, "ok", *MISMATCHES)}
    if not wrong or not (_has_gpu(machine) or any(map(_fell_silent, wrong.values()))):
        return  # libraries without a GPU, as in many container images, answer so and hurt nobody
    said = join(f"{who} {_word(answer)}" for who, answer in wrong.items())
    meaning = next((MEANINGS[answer] for answer in wrong.values() if answer in MEANINGS), "")
    yield Finding(
        id="nvidia-driver-not-working",
        severity="error",
        title="The NVIDIA driver does not work",
        cause=f"{said}{f': {meaning}' if meaning else ''}.",
        evidence=tuple(cite(machine, f"{who}: {answer}", _READING[who]) for who, answer in wrong.items()),
        fix=_wake(machine),
    )


@check("gpu-fell-off-bus", subject="gpu")
def gpu_fell_off_bus(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A GPU that the driver lists and can no longer reach."""
    machine = case.machine
    nvidia.require_nvidia(machine)
    for reading in machine.readings:
        if reading.id.startswith("gpu.") and "GpuIsLost" in reading.detail:
            name = reading.id.replace(".", " ")
            yield Finding(
                id="gpu-fell-off-bus",
                severity="error",
                title=f"{name} is lost",
                cause="The driver can no longer reach it over PCI Express: power, heat, its seat in the slot, or a "
                "defect.",
                evidence=(f"{reading.detail} ({reading.source})",),
                fix=(
                    Fix(text="Switch the machine off, check power cables and seat of the card, and start it again"),
                    Fix(text="Look for Xid 79 in the kernel log", command="sudo dmesg | grep -i xid"),
                ),
                applies_to=(name,),
            )


def _require_container(machine: Machine) -> None:
    if machine.os.container is None:
        raise Unknown("whether this is a container is not known")
    if not machine.os.container:
        raise Skip("this is no container")


def _require_software(machine: Machine) -> Nvidia:
    """NVIDIA's system software; raises where there is none or nothing is known of it."""
    if machine.nvidia is None:
        nvidia.require_nvidia(machine)
        raise Unknown("the NVIDIA driver is not known")
    return machine.nvidia


def _word(answer: str) -> str:
    """How a library that does not work answers."""
    if answer in ("timeout", "no answer"):
        return "does not answer"
    return f"ends with {answer}" if answer.startswith("SIG") else f"answers {answer}"


def _fell_silent(answer: str) -> bool:
    """Whether the library hung or crashed, which it does not do where there is nothing to talk to."""
    return answer in ("timeout", "no answer") or answer.startswith("SIG")


def _has_gpu(machine: Machine) -> bool:
    loaded = machine.nvidia is not None and machine.nvidia.kernel_module is not None
    return loaded or bool(machine.gpus_of("nvidia"))


def _wake(machine: Machine) -> tuple[Fix, ...]:
    if machine.os.container:
        return (Fix(text="Start the container with the GPU and all its device nodes", command="docker run --gpus all"),)
    if machine.os.wsl:
        return (Fix(text="Restart WSL, in PowerShell:", command="wsl --shutdown"),)
    if machine.os.family == "windows":
        return (Fix(text="Restart the machine; if that does not help, install the driver anew"),)
    return (
        Fix(text="Load the modules of the driver", command="sudo modprobe nvidia nvidia-uvm"),
        Fix(text="If that does not help, restart the machine", command="sudo reboot"),
    )


def _driver_is_absent(machine: Machine) -> bool:
    """True where somebody looked and there is no driver; :class:`Unknown` where nobody could."""
    state = machine.nvidia
    # Jetson's has no NVML and no version file before L4T 36: there libcuda alone tells that it works.
    if state is not None and (state.driver or state.kernel_module or state.cuda_init == "ok"):
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
