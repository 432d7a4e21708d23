"""Messages of drivers, kernel modules and NVML, in the words that different programs have for them."""

from __future__ import annotations

import pytest

from mlenv.clues.clue import Clue
from mlenv.clues.find import find_clues

WORDINGS = [
    ("nvml-version-mismatch", "Failed to initialize NVML: Driver/library version mismatch"),
    ("nvml-version-mismatch", "pynvml.NVMLError_LibRmVersionMismatch: RM has detected an NVML/RM version mismatch."),
    (
        "nvml-version-mismatch",
        "nvidia-container-cli: initialization error: nvml error: driver/library version mismatch",
    ),
    ("nvml-unknown-error", "Failed to initialize NVML: Unknown Error"),
    ("nvml-unknown-error", "pynvml.nvml.NVMLError_Unknown: Unknown Error"),
    ("nvml-no-permission", "Failed to initialize NVML: Insufficient Permissions"),
    ("nvml-no-permission", "nvidia-container-cli: initialization error: nvml error: insufficient permissions"),
    ("nvml-blocked-by-system", "Failed to initialize NVML: GPU access blocked by the operating system"),
    ("nvml-driver-not-loaded", "Failed to initialize NVML: Driver Not Loaded"),
    ("nvml-driver-not-loaded", "pynvml.NVMLError_DriverNotLoaded: Driver Not Loaded"),
    ("nvml-library-missing", "pynvml.NVMLError_LibraryNotFound: NVML Shared Library Not Found"),
    ("nvml-library-missing", "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system."),
    ("smi-cannot-reach-driver", "NVIDIA-SMI has failed because it couldn’t communicate with the NVIDIA driver."),
    ("smi-no-devices", "$ nvidia-smi\nNo devices were found\n"),
    ("smi-not-found", "bash: nvidia-smi: command not found"),
    ("smi-not-found", "'nvidia-smi' is not recognized as an internal or external command"),
    ("smi-not-found", "FileNotFoundError: [Errno 2] No such file or directory: 'nvidia-smi'"),
    ("driver-insufficient", "CUDA driver version is insufficient for CUDA runtime version"),
    ("driver-insufficient", "cudaErrorInsufficientDriver: CUDA driver version is insufficient"),
    ("unsupported-ptx-toolchain", "CUDA error: the provided PTX was compiled with an unsupported toolchain."),
    (
        "no-nvidia-driver",
        "RuntimeError: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU",
    ),
    ("no-cuda-driver-found", "Could not find cuda drivers on your machine, GPU will not be used."),
    (
        "no-cuda-driver-found",
        "kernel driver does not appear to be running on this host (box): /proc/driver/nvidia/version",
    ),
    ("cuda-no-device", "RuntimeError: No CUDA GPUs are available"),
    ("cuda-no-device", "failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected"),
    ("no-visible-gpu", "CUDA backend failed to initialize: FAILED_PRECONDITION: No visible GPU devices."),
    ("cuda-unknown-error", "CUDA unknown error - this may be due to an incorrectly set up environment, e.g. changing"),
    ("cuda-unknown-error", "failed call to cuInit: CUDA_ERROR_UNKNOWN: unknown error"),
    ("cuda-unknown-error", "ggml_cuda_init: failed to initialize CUDA: unknown error"),
    ("cuda-unknown-error", "cuInit(0) returned 999"),
    (
        "cuda-system-not-ready",
        "Error 802: system not yet initialized (Triggered internally at c10/cuda/CUDAFunctions.cpp)",
    ),
    ("cuda-system-not-ready", "operation cuInit(0) failed: CUDA_ERROR_SYSTEM_NOT_READY"),
    ("cuda-system-not-ready", "cudaGetDeviceCount failed: cuda error 802"),
    ("cuda-driver-mismatch", "Error 803: system has unsupported display driver / cuda driver combination"),
    ("cuda-compat-unsupported", "Error 804: forward compatibility was attempted on non supported HW"),
    ("cuda-mps-failed", "CUDA error: MPS client failed to connect to the MPS control daemon or the MPS server"),
    ("module-key-rejected", "modprobe: ERROR: could not insert 'nvidia': Key was rejected by service"),
    ("module-key-rejected", "modprobe: ERROR: could not insert 'nvidia': Required key not available"),
    ("module-key-rejected", "Lockdown: modprobe: unsigned module loading is restricted; see man kernel_lockdown.7"),
    ("module-key-rejected", "Loading of unsigned module is rejected"),
    ("secure-boot-enabled", "$ mokutil --sb-state\nSecureBoot enabled"),
    ("module-build-failed", "Error! Bad return status for module build on kernel: 6.8.0-41-generic (x86_64)"),
    ("module-build-failed", "Building module: 'make' -j8 KERNEL_UNAME=6.8.0 modules.......(bad exit status: 2)"),
    ("module-build-failed", "dkms autoinstall on 6.8.0/x86_64 failed for nvidia(10)"),
    (
        "kernel-headers-missing",
        "Error! Your kernel headers for kernel 6.5.0-35-generic cannot be found at /lib/modules",
    ),
    ("kernel-headers-missing", "ERROR: Unable to find the kernel source tree for the currently running kernel."),
    ("module-of-other-kernel", "modprobe: ERROR: could not insert 'nvidia': Invalid module format"),
    ("module-of-other-kernel", "nvidia: version magic '5.4.0-42 SMP' should be '5.4.0-45 SMP'"),
    ("kernel-was-updated", "It worked until I rebooted after a kernel upgrade."),
    ("nouveau-holds-gpu", "ERROR: The Nouveau kernel driver is currently in use by your system."),
    ("nouveau-holds-gpu", "NVRM: The NVIDIA probe routine was not called for 1 device(s)."),
    ("nouveau-holds-gpu", "01:00.0 VGA compatible controller\n\tKernel driver in use: nouveau"),
    ("nouveau-holds-gpu", "$ lsmod\nnouveau              2314240  4\n"),
    ("after-suspend", "After waking my laptop from sleep CUDA is gone"),
    ("after-suspend", "torch sees no GPU after resuming from suspend"),
    ("after-suspend", "kernel: PM: suspend exit"),
    ("uvm-node-missing", "ls: cannot access '/dev/nvidia-uvm': No such file or directory"),
    (
        "uvm-node-missing",
        'error gathering device information while adding custom device "/dev/nvidia-uvm": no such file',
    ),
    ("uvm-node-missing", "the nvidia_uvm module is not loaded"),
    ("vgpu-unlicensed", "License Status : Unlicensed (Restricted)"),
    ("fabric-manager-down", "nvidia-fabricmanager.service is inactive (dead)"),
    ("fabric-manager-down", "Failed to start NVIDIA fabric manager service."),
    ("intel-gpu-driver-missing", "OSError: libze_loader.so.1: cannot open shared object file"),
]


@pytest.mark.parametrize(("slug", "text"), WORDINGS)
def test_wordings(slug: str, text: str) -> None:
    assert slug in [clue.id for clue in find_clues(text)]


def _values(slug: str, text: str) -> dict[str, str]:
    return next(clue.values for clue in find_clues(text) if clue.id == slug)


def test_values() -> None:
    told = "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver"
    assert _values("driver-too-old", told) == {"found": "11040"}
    refused = "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.4, please update your driver"
    assert _values("driver-too-old-for-image", refused) == {"needed": "12.4"}
    banner = (
        "ERROR: This container was built for NVIDIA Driver Release 535.54 or later, but\n"
        "       version 470.82.01 was detected and compatibility mode is UNAVAILABLE."
    )
    assert _values("driver-too-old-for-image", banner) == {"floor": "535.54", "driver": "470.82.01"}
    kernel = (
        "NVRM: API mismatch: the client has the version 550.90.07, but\n"
        "NVRM: this kernel module has the version 550.54.15.  Please"
    )
    assert _values("driver-api-mismatch", kernel) == {"client": "550.90.07", "module": "550.54.15"}
    modprobe = "modprobe: FATAL: Module nvidia not found in directory /lib/modules/6.8.0-45-generic"
    assert _values("kernel-module-not-found", modprobe) == {"module": "nvidia", "kernel": "6.8.0-45-generic"}
    fabric = "fabric manager NVIDIA GPU driver interface version 550.90.07 don't match with driver version 550.54.15."
    assert _values("fabric-manager-mismatch", fabric) == {"fabric": "550.90.07", "driver": "550.54.15"}


HARMLESS = [
    "compatibility mode is ENABLED.",
    "Persistence mode is on",
    "nvidia: loading out-of-tree module taints kernel.",
    "The learning rate resumes from a checkpoint",
    "epoch 999, loss 0.802",
    "torch.cuda.sleep was called",
    "| NVIDIA-SMI 550.54.15   Driver Version: 550.54.15   CUDA Version: 12.4 |",
    "blacklist nouveau",
    "KeyError: 'key not found'",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_states_nothing(text: str) -> None:
    from mlenv.clues.drivers import SIGNATURES

    ids = {row.id for row in SIGNATURES}
    assert [clue.id for clue in find_clues(text) if clue.id in ids] == []


def test_the_line_is_quoted() -> None:
    clue = find_clues("one\nFailed to initialize NVML: Unknown Error\nthree")[0]
    assert clue == Clue(id="nvml-unknown-error", line="Failed to initialize NVML: Unknown Error", told=True)
