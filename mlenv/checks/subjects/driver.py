"""The NVIDIA driver: whether there is one, and whether it works."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks import nvidia
from mlenv.checks.evidence import cite, find_reading, join, quote_messages
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.messages import NO_GPU, first_told, present, value, weigh
from mlenv.checks.registry import Case, Skip, Unknown, check
from mlenv.checks.remedy import install_driver
from mlenv.checks.situation import VISIBLE, driver_of, gpu_is_seen_to_work, in_container, in_wsl, require_concern
from mlenv.checks.subjects.containers import absence, is_shut_in
from mlenv.clues.clue import Clue
from mlenv.facts.drivers import Nvidia
from mlenv.facts.machine import Machine
from mlenv.facts.pattern import lazy
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
_MISMATCH = ("nvml-version-mismatch", "driver-api-mismatch")
_UNFIT = ("cuda-driver-mismatch", "cuda-compat-unsupported")
_NO_DRIVER = (
    "no-nvidia-driver",
    "libcuda-missing",
    "nvml-library-missing",
    "no-cuda-driver-found",
    "smi-not-found",
    "driver-insufficient",
    "cuda-init-failed",
    "no-visible-gpu",
)
_DEAD = (
    "nvml-driver-not-loaded",
    "smi-no-devices",
    "nvml-blocked-by-system",
    "cuda-init-failed",
    "cuda-no-device",
    "nvml-unknown-error",
)
# Errors that the driver itself gives, so that it is there.
_ANSWERED = (
    "cuda-unknown-error",
    "cuda-system-not-ready",
    "cuda-driver-mismatch",
    "cuda-initialization-error",
    "cuda-invalid-device",
    "ecc-uncorrectable",
    "gpu-lost",
)
_BETTER_KNOWN = ("visible-devices-emptied", "uvm-node-missing", "after-suspend", "cuda-system-not-ready")
MISMATCHES = ("LibRmVersionMismatch", "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH")


@check("nvidia-driver-missing", subject="gpu")
def nvidia_driver_missing(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """An NVIDIA GPU without an NVIDIA driver."""
    machine = case.machine
    clue = _missing_by_words(case)
    if clue is not None:
        yield _word_missing(case, clue)
        return
    nvidia.require_nvidia(machine)
    if is_shut_in(machine):
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
            absence(machine) or "",
        ),
        fix=install_driver(machine, last_branch=nvidia.last_branch(matrix, devices)),
        applies_to=tuple(label for device in devices for label in device.labels),
    )


def _missing_by_words(case: Case) -> Clue | None:
    """A message that there is no driver, where nothing tells of one or of a container that hides it."""
    named = first_told(case, "container-host-driver-missing")
    if named is not None and not in_wsl(case):
        return named
    if driver_of(case) is not None or in_container(case) or in_wsl(case) or case.machine.os.family == "macos":
        return None
    others = ("smi-cannot-reach-driver", "visible-devices-emptied", "uvm-node-missing", "after-suspend")
    if case.clue(*others, *_ANSWERED) or _gpus_are_chosen(case) or _has_working_library(case.machine):
        return None
    clue = first_told(case, *_NO_DRIVER)
    # A machine without such a GPU says the same, and nobody has to mend it.
    return clue if clue is None or clue.told or case.machine.gpus_of("nvidia") else None


def _gpus_are_chosen(case: Case) -> bool:
    """Whether a variable says which GPUs a program may use, beyond the first one."""
    facts = [row.value for row in case.machine.variables if row.name in VISIBLE]
    told = [value(clue, "value") for clue in case.clues_of("visible-devices-set")]
    return any(text.strip() not in ("0", "all") for text in (*facts, *told))


def _has_working_library(machine: Machine) -> bool:
    return machine.nvidia is not None and "ok" in (machine.nvidia.nvml, machine.nvidia.cuda_init)


def _word_missing(case: Case, clue: Clue) -> Finding:
    boxed = clue.id == "container-host-driver-missing"
    where = "on the host, " if boxed else ""
    return Finding(
        id="nvidia-driver-missing",
        severity=weigh(clue) if not boxed else "error",
        title="The NVIDIA driver is not installed, or not loaded",
        cause=f"NVIDIA's driver was looked for {where}and not found; without it, or without an NVIDIA GPU, nothing "
        "runs on CUDA.",
        evidence=quote_messages(case, "container-host-driver-missing", *_NO_DRIVER),
        fix=(
            Fix(text="See whether the driver works" + (" on the host" if boxed else ""), command="nvidia-smi"),
            *install_driver(case.machine),
        ),
        grade="named" if boxed else "likely",
        explains=present(case, *NO_GPU),
    )


@check("nvidia-driver-without-cuda", subject="gpu")
def nvidia_driver_without_cuda(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A driver that was installed for displays only, without libcuda."""
    require_concern(case)
    clue, machine = first_told(case, "libcuda-missing"), case.machine
    state, absent = machine.nvidia, find_reading(machine, "nvidia.cuda_init", "absent")
    shown = absent is not None and state is not None and state.nvml == "ok"
    if in_container(case) or in_wsl(case) or (clue is None and not shown) or driver_of(case) is None:
        return
    name = f"{machine.os.distribution or ''} {' '.join(machine.os.like)}".lower()
    fedora = any(word in name for word in ("fedora", "red hat", "rhel", "centos", "rocky", "alma"))
    yield Finding(
        id="nvidia-driver-without-cuda",
        severity="error",
        title="The NVIDIA driver is there without its CUDA library",
        cause="Programs that compute load libcuda.so.1 of the driver; it was left out when the driver was "
        "installed, or "
        "the linker does not look where it lies.",
        evidence=(
            cite(machine, f"driver {driver_of(case)}", *nvidia.DRIVER_READINGS),
            *((f"{absent.source} is absent",) if absent is not None and shown else ()),
            *quote_messages(case, "libcuda-missing"),
        ),
        fix=(
            Fix(
                text="Install the driver's CUDA part (the package's name on your distribution)",
                command="sudo dnf install xorg-x11-drv-nvidia-cuda" if fedora else "sudo apt install libcuda1",
            ),
            Fix(text="Let the linker look again", command="sudo ldconfig"),
        ),
        grade="shown",
        explains=present(case, *NO_GPU),
    )


@check("driver-library-version-mismatch", subject="gpu")
def driver_library_version_mismatch(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Driver libraries and kernel module of different versions, as after an update without restart."""
    machine = case.machine
    clue = first_told(case, *_MISMATCH) or _versions_told_apart(case) or _unfit_library(case)
    if clue is not None:
        yield _word_mismatch(case, clue)
        return
    if case.is_report and gpu_is_seen_to_work(case):
        raise Skip("the driver was seen to work")
    packaged = _packaged_apart(case)
    if packaged:
        yield _word_packages(case, packaged)
        return
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


def _versions_told_apart(case: Case) -> Clue | None:
    """TensorFlow's lines about the versions of library and module, where they differ and no container explains it."""
    clue = first_told(case, "driver-versions-told")
    if clue is None or in_container(case):
        return None
    return clue if numbers(value(clue, "client")) != numbers(value(clue, "module")) else None


def _packaged_apart(case: Case) -> str:
    """``libnvidia-compute-550 550.107.02``, a driver package of another version than the module that is loaded."""
    loaded = case.machine.nvidia.kernel_module if case.machine.nvidia else None
    if case.report is None or not loaded or in_wsl(case) or in_container(case):
        return ""
    rows = [(name, _VERSION.search(text)) for name, text in case.report.system_packages.items() if _USER.match(name)]
    versions = [(name, match[0]) for name, match in rows if match is not None]
    if any(numbers(version) == numbers(loaded) for _, version in versions):
        return ""
    return next((f"{name} {version}" for name, version in versions), "")


# Packages with the driver's libraries; 1:550.107.02-0ubuntu0.24.04.1 is a version of one.
_USER = lazy(r"(?:lib)?nvidia-(?:driver|compute|utils|gl)(?:-|$)|xorg-x11-drv-nvidia|nvidia-driver-cuda|cuda-drivers")
_VERSION = lazy(r"(?<![\d.])\d{3}\.\d{2,3}(?:\.\d{2})?(?![\d])")


def _word_packages(case: Case, packaged: str) -> Finding:
    module = case.machine.nvidia.kernel_module if case.machine.nvidia else None
    return Finding(
        id="driver-library-version-mismatch",
        severity="error",
        title="The NVIDIA libraries and the loaded kernel module do not match",
        cause="The driver's packages were updated and the old kernel module is still loaded.",
        evidence=(f"installed: {packaged}", cite(case.machine, f"kernel module {module}", "nvidia.kernel_module")),
        fix=_reload(case.machine),
        grade="shown",
        explains=present(case, *NO_GPU),
    )


def _unfit_library(case: Case) -> Clue | None:
    """CUDA's own words for it; in a container they tell of a libcuda that the image brings along."""
    return None if in_container(case) else first_told(case, *_UNFIT)


def _word_mismatch(case: Case, clue: Clue) -> Finding:
    state = case.machine.nvidia or Nvidia()
    versions = {**(_find_values(case, "client", "driver libraries", state.library or state.driver))}
    versions |= _find_values(case, "module", "kernel module", state.kernel_module)
    return Finding(
        id="driver-library-version-mismatch",
        severity="error",
        title="The NVIDIA libraries and the loaded kernel module do not match",
        cause="The driver was updated and the old kernel module is still loaded, or libraries of another version "
        "come first.",
        evidence=(*(f"{what} {version}" for what, version in versions.items()), *quote_messages(case, clue.id)),
        fix=_reload(case.machine),
        grade="likely" if clue.id in _UNFIT else "named",
        explains=present(case, *_MISMATCH, *_UNFIT, "driver-versions-told", *NO_GPU),
    )


def _find_values(case: Case, name: str, words: str, known: str | None) -> dict[str, str]:
    known_by = ("driver-api-mismatch", "nvml-library-version", "driver-versions-told")
    told = (value(clue, name) for clue in case.clues_of(*known_by))
    version = next((text for text in told if text), known)
    return {words: version} if version else {}


@check("nvidia-driver-not-working", subject="gpu")
def nvidia_driver_not_working(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """An NVIDIA driver that is installed and does not start: NVML or cuInit answers with an error."""
    machine = case.machine
    clue = first_told(case, *_DEAD)
    if clue is not None and not case.clue(*_BETTER_KNOWN) and not _gpus_are_chosen(case):
        yield _word_dead(case, clue)
        return
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


def _word_dead(case: Case, clue: Clue) -> Finding:
    blocked = clue.id == "nvml-blocked-by-system"
    meaning = "Windows keeps this system from the GPU" if blocked else "the kernel module is not loaded or not ready"
    return Finding(
        id="nvidia-driver-not-working",
        severity=weigh(clue),
        title="The NVIDIA driver does not work",
        cause=f"The driver's libraries are there and reach no GPU: {meaning}.",
        evidence=quote_messages(case, *_DEAD),
        fix=_wake(case.machine),
        grade="named" if blocked else "likely",
        explains=present(case, *_DEAD, *NO_GPU),
    )


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
    if absence(machine) is None:
        raise Unknown("the NVIDIA driver is not known")
    return True


def _versions_differ(driver: str | None, module: str | None, *, works: bool) -> bool:
    """Versions that differ say nothing where NVML works: containers may carry a newer libcuda."""
    return not works and driver is not None and module is not None and numbers(driver) != numbers(module)


def _reload(machine: Machine) -> tuple[Fix, ...]:
    if machine.os.wsl:
        return (Fix(text="Remove Linux NVIDIA packages inside WSL, then in PowerShell:", command="wsl --shutdown"),)
    if machine.os.container:
        return (Fix(text="Start this container anew; if that does not help, restart the host"),)
    return (Fix(text="Restart the machine", command="sudo reboot"),)
