"""Checks of driver and GPUs."""

from __future__ import annotations

import msgspec
import pytest

from mlenv.facts.drivers import Nvidia
from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.reading import Outcome, Reading
from mlenv.facts.system import OperatingSystem
from mlenv.matrix.load import Matrix
from tests.unit.checks.checks_cases import GIB, absent, found, make_linux, make_machine, run_one, with_nvidia

NO_LIBRARY = (absent("nvidia.nvml", "libnvidia-ml.so.1"),)
CARD = Gpu(vendor="nvidia", name="NVIDIA GeForce GTX 1080 Ti")


def _state(driver: str | None, module: str | None, **changes: object) -> Machine:
    state = Nvidia(driver=driver, kernel_module=module, **changes)  # type: ignore[arg-type]
    return make_machine(gpus=(CARD,), nvidia=state)


def _amd(gfx: str | None, name: str = "AMD Radeon", *, integrated: bool | None = None) -> Machine:
    return make_machine(gpus=(Gpu(vendor="amd", name=name, gfx=gfx, integrated=integrated),))


def _windows(capability: str, driver: str) -> Machine:
    return with_nvidia(capability, driver, os=OperatingSystem(family="windows", version="11"))


IN_CONTAINER = make_linux(container="docker")


def _hidden(nvml: str, gpus: tuple[Gpu, ...] | None = None) -> Machine:
    """The driver's libraries are there, and they name no GPU."""
    return msgspec.structs.replace(make_machine(), gpus=gpus, nvidia=Nvidia(driver="580.95.05", nvml=nvml))


def _watching(libcuda: Outcome) -> Machine:
    """A container whose NVML works, with or without libcuda."""
    reading = Reading(id="nvidia.cuda_init", source="libcuda.so.1", outcome=libcuda)
    machine = with_nvidia("8.9", "580.95.05", os=IN_CONTAINER)
    return msgspec.structs.replace(machine, nvidia=Nvidia(driver="580.95.05", nvml="ok"), readings=(reading,))


def _lost(detail: str) -> Machine:
    reading = Reading(id="gpu.0", source="NVML", outcome="unreadable", detail=detail)
    return msgspec.structs.replace(with_nvidia("8.9", "580.95.05"), readings=(reading,))


CASES = [
    ("nvidia-driver-missing", make_machine(gpus=(CARD,), readings=NO_LIBRARY), "error"),
    ("nvidia-driver-missing", make_machine(gpus=(CARD,)), "unknown"),
    ("nvidia-driver-missing", with_nvidia("8.9", "580.95.05"), "ran"),
    ("nvidia-driver-missing", make_machine(), "skipped"),
    ("nvidia-driver-missing", make_machine(gpus=None), "unknown"),
    ("nvidia-driver-missing", _amd("gfx1100"), "skipped"),
    (
        "nvidia-driver-missing",
        make_machine(gpus=(CARD,), os=IN_CONTAINER, nvidia=Nvidia(kernel_module="580.95.05"), readings=NO_LIBRARY),
        "skipped",
    ),
    (
        "container-started-without-gpu",
        make_machine(gpus=(CARD,), os=IN_CONTAINER, nvidia=Nvidia(kernel_module="580.95.05"), readings=NO_LIBRARY),
        "warning",
    ),
    ("container-started-without-gpu", with_nvidia("8.9", "580.95.05", os=IN_CONTAINER), "ran"),
    ("container-started-without-gpu", with_nvidia("8.9", "580.95.05"), "skipped"),
    ("container-missing-driver-capability", _watching("absent"), "error"),
    ("container-missing-driver-capability", _watching("found"), "ran"),
    ("container-missing-driver-capability", with_nvidia("8.9", "580.95.05", os=IN_CONTAINER), "ran"),
    ("container-missing-driver-capability", with_nvidia("8.9", "580.95.05"), "skipped"),
    ("container-started-without-gpu", with_nvidia("8.9", "580.95.05", os=make_linux(container=None)), "unknown"),
    ("driver-library-version-mismatch", _state("580.95.05", "580.82.07"), "error"),
    ("driver-library-version-mismatch", _state("580.95.05", "580.95.05"), "ran"),
    ("driver-library-version-mismatch", _state("580.95.05", None), "ran"),
    ("driver-library-version-mismatch", _state(None, None, nvml="LibRmVersionMismatch"), "error"),
    ("driver-library-version-mismatch", _state(None, "580.82.07"), "unknown"),
    # A container with a newer libcuda (forward compatibility) on an older kernel module works.
    ("driver-library-version-mismatch", _state("580.95.05", "535.183.01", nvml="ok"), "ran"),
    ("driver-library-version-mismatch", _hidden("LibRmVersionMismatch"), "error"),
    ("nvidia-driver-not-working", _state("580.95.05", None, nvml="ok", cuda_init="CUDA_ERROR_UNKNOWN"), "error"),
    ("nvidia-driver-not-working", _state("580.95.05", None, nvml="NoPermission"), "error"),
    ("nvidia-driver-not-working", _state("580.95.05", None, nvml="ok", cuda_init="ok"), "ran"),
    ("nvidia-driver-not-working", _hidden("DriverNotLoaded", gpus=()), "ran"),  # libraries in an image, no GPU
    ("nvidia-driver-not-working", _hidden("timeout", gpus=()), "error"),  # it talks to something that is silent
    ("nvidia-driver-not-working", _hidden("SIGSEGV", gpus=()), "error"),
    ("nvidia-driver-not-working", make_machine(), "skipped"),
    ("gpu-fell-off-bus", _lost("GpuIsLost (15): GPU is lost (memory, name)"), "error"),
    ("gpu-fell-off-bus", _lost("FunctionNotFound (13) (mig)"), "ran"),
    ("nvidia-driver-dropped-gpu", with_nvidia("6.1", "590.44.01"), "error"),
    ("nvidia-driver-dropped-gpu", with_nvidia("6.1", "580.95.05"), "ran"),
    ("nvidia-driver-dropped-gpu", _windows("6.1", "581.29"), "ran"),
    ("nvidia-driver-dropped-gpu", with_nvidia("8.9", "590.44.01"), "ran"),
    ("nvidia-driver-too-old", with_nvidia("8.9", "580.95.05"), "ran"),
    ("nvidia-driver-too-old", with_nvidia("8.9", "535.183.01"), "ran"),
    ("nvidia-driver-too-old", with_nvidia("8.9", "470.256.02"), "error"),  # branch 470 does not know Ada
    ("nvidia-driver-too-old", with_nvidia("12.0", "535.230.02"), "error"),
    ("nvidia-driver-too-old", with_nvidia("8.6", "470.256.02"), "warning"),  # cu118 of last year still runs
    ("nvidia-driver-too-old", with_nvidia("8.0", "450.51.06"), "error"),  # below every family's floor
    ("nvidia-driver-too-old", with_nvidia("3.7", "470.256.02"), "ran"),
    ("nvidia-driver-too-old", with_nvidia(None, "535.183.01"), "unknown"),
    ("nvidia-driver-too-old", with_nvidia(None, "535.183.01", name="NVIDIA GeForce RTX 4090"), "ran"),
    ("nvidia-driver-too-old", with_nvidia("8.9", None), "unknown"),
    ("nvidia-driver-too-old", with_nvidia("8.9", "560.94", os=make_linux(wsl=2)), "ran"),
    ("nvidia-driver-limits-builds", with_nvidia("8.9", "535.183.01"), "info"),
    ("nvidia-driver-limits-builds", with_nvidia("8.9", "580.95.05"), "ran"),
    ("nvidia-driver-limits-builds", with_nvidia("8.6", "470.256.02"), "ran"),
    ("nvidia-driver-limits-builds", with_nvidia("6.1", "580.95.05"), "ran"),
    ("gpu-too-old-for-current-builds", with_nvidia("6.1", "580.95.05"), "warning"),
    ("gpu-too-old-for-current-builds", with_nvidia("8.9", "580.95.05"), "ran"),
    ("gpu-too-old-for-current-builds", with_nvidia("10.7", "580.95.05"), "ran"),
    ("gpu-too-old-for-current-builds", with_nvidia("2.0", "390.157"), "warning"),
    ("gpu-too-old-for-current-builds", with_nvidia(None, "580.95.05"), "unknown"),
    ("gpu-too-old-for-current-builds", make_machine(), "skipped"),
    # The newest release has no CUDA build for Windows: the newest that has one counts.
    ("gpu-too-old-for-current-builds", _windows("12.0", "581.29"), "ran"),
    ("gpu-too-new-for-current-builds", with_nvidia("10.7", "580.95.05"), "warning"),
    ("gpu-too-new-for-current-builds", with_nvidia("6.1", "580.95.05"), "ran"),
    ("amd-gpu-not-in-current-builds", _amd("gfx803"), "warning"),
    ("amd-gpu-not-in-current-builds", _amd("gfx1100"), "ran"),
    ("amd-gpu-not-in-current-builds", _amd(None), "unknown"),
    ("amd-gpu-not-in-current-builds", _amd(None, "Radeon RX 7900 XTX"), "ran"),
    ("amd-gpu-not-in-current-builds", _amd("gfx1036", integrated=True), "skipped"),
    ("gpu-memory-small", with_nvidia("8.9", "580.95.05", memory=2 * GIB), "info"),
    ("gpu-memory-small", with_nvidia("8.9", "580.95.05", memory=int(5.8 * GIB)), "ran"),
    ("gpu-memory-small", with_nvidia("8.9", "580.95.05", memory=None), "unknown"),
    ("gpu-memory-small", make_machine(gpus=(Gpu(vendor="apple", name="Apple M1", memory_bytes=1),)), "skipped"),
    ("windows-gpu-tensorflow", _windows("8.9", "581.29"), "info"),
    ("windows-gpu-tensorflow", with_nvidia("8.9", "580.95.05"), "skipped"),
    ("windows-gpu-tensorflow", make_machine(os=OperatingSystem(family="windows")), "skipped"),
]


@pytest.mark.parametrize(("slug", "machine", "expected"), CASES)
def test_check(slug: str, machine: Machine, expected: str, matrix: Matrix) -> None:
    outcome, findings = run_one(slug, matrix, machine)
    got = findings[0].severity if findings else outcome.outcome
    assert (got, [finding.id for finding in findings]) == (expected, [slug] if findings else [])
    assert outcome.outcome != "crashed"


def test_an_old_gpu_is_told_which_build_serves_it(matrix: Matrix) -> None:
    machine = with_nvidia("6.1", "580.95.05", name="NVIDIA GeForce GTX 1080 Ti")
    finding = run_one("gpu-too-old-for-current-builds", matrix, machine)[1][0]
    assert finding.cause == (
        "No known build of PyTorch 2.15.0 holds code for it (Pascal, compute capability 6.1); "
        "PyTorch 2.14.1 (cu126) is the newest that does."
    )
    assert finding.fix[0].command == "mlenv install --profile pytorch-gpu"


def test_a_build_that_the_driver_refuses_is_not_offered(matrix: Matrix) -> None:
    finding = run_one("gpu-too-old-for-current-builds", matrix, with_nvidia("6.1", "470.256.02"))[1][0]
    assert finding.cause.endswith("PyTorch 2.6.0 (cu118) is the newest that does.")


def test_a_gpu_that_nothing_serves_is_sent_to_the_cpu(matrix: Matrix) -> None:
    finding = run_one("gpu-too-old-for-current-builds", matrix, with_nvidia("2.0", "390.157"))[1][0]
    assert finding.fix[0].command == "mlenv install --profile pytorch --accelerator cpu"


def test_a_driver_that_does_not_know_the_gpu(matrix: Matrix) -> None:
    machine = with_nvidia("12.0", "535.230.02", name="NVIDIA GeForce RTX 5070 Laptop GPU")
    finding = run_one("nvidia-driver-too-old", matrix, machine)[1][0]
    assert finding.title == "The NVIDIA driver 535.230.02 is too old for NVIDIA GeForce RTX 5070 Laptop GPU"
    assert finding.cause == "Blackwell GPUs need driver branch 570 or newer."
    assert finding.applies_to == ("gpu 0",)


def test_equal_gpus_share_a_finding(matrix: Matrix) -> None:
    gpus = tuple(Gpu(vendor="nvidia", name="Tesla P100", index=n, compute_capability="6.0") for n in range(8))
    machine = make_machine(gpus=gpus, nvidia=Nvidia(driver="580.95.05"))
    findings = run_one("gpu-too-old-for-current-builds", matrix, machine)[1]
    assert [finding.applies_to for finding in findings] == [tuple(f"gpu {n}" for n in range(8))]


def test_different_gpus_have_their_own(matrix: Matrix) -> None:
    gpus = (
        Gpu(vendor="nvidia", name="Tesla P100", compute_capability="6.0"),
        Gpu(vendor="nvidia", name="NVIDIA GeForce RTX 4090"),
    )
    machine = make_machine(gpus=gpus, nvidia=Nvidia(driver="580.95.05"))
    findings = run_one("gpu-too-old-for-current-builds", matrix, machine)[1]
    assert [finding.title for finding in findings] == ["Tesla P100 is too old for the newest PyTorch"]


def test_driver_evidence_names_its_source(matrix: Matrix) -> None:
    machine = with_nvidia("8.6", "470.256.02", readings=(found("nvidia.smi", "nvidia-smi"),))
    assert run_one("nvidia-driver-too-old", matrix, machine)[1][0].evidence == (
        "driver 470.256.02 (nvidia-smi)",
        "NVIDIA GPU X: Ampere, compute capability 8.6 (nvidia-smi)",
    )


def _commands(machine: Machine, matrix: Matrix, slug: str = "nvidia-driver-missing") -> list[str | None]:
    return [fix.command for fix in run_one(slug, matrix, machine)[1][0].fix]


@pytest.mark.parametrize(
    ("distribution", "capability", "commands"),
    [
        ("Ubuntu", "8.9", ["sudo ubuntu-drivers install", "sudo reboot"]),
        ("Linux Mint", "8.9", ["sudo ubuntu-drivers install", "sudo reboot"]),
        # What Pascal needs is no longer the newest driver.
        ("Ubuntu", "6.1", ["sudo ubuntu-drivers install nvidia:580", "sudo reboot"]),
        ("Debian GNU/Linux", "8.9", ["sudo apt install nvidia-open", "sudo reboot"]),
        ("Debian GNU/Linux", "6.1", ["sudo apt install cuda-drivers-580", "sudo reboot"]),
        ("Fedora Linux", "8.9", ["sudo dnf install akmod-nvidia", "sudo reboot"]),
        ("Rocky Linux", "8.9", ["sudo dnf install nvidia-open", "sudo reboot"]),
        ("Arch Linux", "8.9", ["sudo pacman -S nvidia-open", "sudo reboot"]),
        ("Gentoo", "8.9", [None]),
        (None, "8.9", [None]),
    ],
)
def test_the_driver_is_installed_with_the_system_s_own_command(
    distribution: str | None, capability: str, commands: list[str | None], matrix: Matrix
) -> None:
    gpu = Gpu(vendor="nvidia", name="NVIDIA GPU X", compute_capability=capability)
    machine = make_machine(gpus=(gpu,), os=make_linux(distribution=distribution), readings=NO_LIBRARY)
    assert _commands(machine, matrix) == commands


def test_inside_wsl_the_driver_is_the_one_of_windows(matrix: Matrix) -> None:
    machine = with_nvidia("12.0", "546.33", os=make_linux(wsl=2))
    finding = run_one("nvidia-driver-too-old", matrix, machine)[1][0]
    assert finding.fix[0].text.endswith("on Windows, not inside Linux: https://www.nvidia.com/drivers")
    assert _commands(machine, matrix, "nvidia-driver-too-old") == [None, "wsl --shutdown"]


def test_on_windows_the_driver_page_is_opened(matrix: Matrix) -> None:
    machine = _windows("12.0", "546.33")
    assert _commands(machine, matrix, "nvidia-driver-too-old") == ["start https://www.nvidia.com/drivers"]


def test_on_jetson_the_driver_comes_with_jetpack(matrix: Matrix) -> None:
    gpu = Gpu(vendor="nvidia", name="Orin (nvgpu)", compute_capability="12.0")
    machine = make_machine(gpus=(gpu,), nvidia=Nvidia(driver="540.4.0"), architecture="aarch64")
    assert _commands(machine, matrix, "nvidia-driver-too-old") == ["sudo apt install nvidia-jetpack"]
