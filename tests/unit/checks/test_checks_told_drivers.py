"""The same words, different causes: drivers and kernel modules, by what else a report tells."""

from __future__ import annotations

import pytest

from mlenv.checks.registry import Case
from mlenv.facts.drivers import FabricManager, Nvidia
from mlenv.facts.reading import Reading
from mlenv.facts.system import DeviceNode, DkmsModule, KernelModule
from tests.unit.checks.told_cases import WORKS, errors, find, first, judge, linux, machine, nvidia, told, with_driver

SMI = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that"
UNKNOWN = "CUDA unknown error - this may be due to an incorrectly set up environment"
TOO_OLD = "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver"
INSUFFICIENT = "CUDA driver version is insufficient for CUDA runtime version"
NO_DRIVER = "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver"
COMPAT = "Error 804: forward compatibility was attempted on non supported HW"
NOT_READY = "Error 802: system not yet initialized"
LIBCUDA = "ImportError: libcuda.so.1: cannot open shared object file: No such file or directory"
CARD = nvidia("NVIDIA GeForce RTX 3080")


def _dkms(*kernels: str) -> tuple[DkmsModule, ...]:
    return tuple(DkmsModule(name="nvidia", version="550.90.07", kernel=kernel, state="installed") for kernel in kernels)


CASES = {
    # nvidia-smi reaches no driver
    "smi-dkms-lacks-kernel": (
        told(SMI, machine(os=linux(kernel="6.8.0-45-generic"), dkms=_dkms("6.5.0-35-generic"))),
        "kernel-module-not-built-for-kernel",
    ),
    "smi-secure-boot": (
        told(SMI, machine(os=linux(kernel="6.8.0-45-generic", secure_boot=True), dkms=_dkms("6.8.0-45-generic"))),
        "secure-boot-blocks-module",
    ),
    "smi-key": (told(SMI, text="modprobe: ERROR: could not insert 'nvidia': Required key not available"),
                "secure-boot-blocks-module"),
    "smi-nouveau": (told(SMI, text="Kernel driver in use: nouveau"), "nouveau-loaded"),
    "smi-nouveau-loaded": (
        told(SMI, machine(kernel_modules=(KernelModule(name="nouveau"),), nvidia=Nvidia(driver="550.90.07"))),
        "nouveau-loaded",
    ),
    "smi-not-found-module": (
        told(SMI, text="modprobe: FATAL: Module nvidia not found in directory /lib/modules/6.8.0-45-generic"),
        "kernel-module-not-built-for-kernel",
    ),
    "smi-build-failed": (
        told("Bad return status for module build on kernel: 6.8.0-45-generic (x86_64)"),
        "kernel-module-not-built-for-kernel",
    ),
    "smi-alone": (told(SMI), "kernel-module-not-built-for-kernel"),
    # library and module
    "mismatch": (told("Failed to initialize NVML: Driver/library version mismatch"), "driver-library-version-mismatch"),
    "mismatch-cuda": (told("Error 803: system has unsupported display driver / cuda driver combination"),
                      "driver-library-version-mismatch"),
    "compat-host": (told(COMPAT),
                    "driver-library-version-mismatch"),
    "compat-container": (
        told(COMPAT, machine(os=linux(container="docker"))),
        "driver-too-old-for-build",
    ),
    # too old
    "too-old": (told(TOO_OLD), "driver-too-old-for-build"),
    "insufficient": (told(INSUFFICIENT, with_driver("470.57.02", CARD)), "driver-too-old-for-build"),
    "insufficient-in-blind-container": (told(INSUFFICIENT, machine(os=linux(container="docker"))),
                                        "container-started-without-gpu"),
    "image-refused": (told("nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.4, please update"),
                      "driver-too-old-for-build"),
    "ptx": (told("the provided PTX was compiled with an unsupported toolchain", with_driver("525.60.13", CARD)),
            "driver-too-old-for-build"),
    # none at all
    "no-driver": (told(NO_DRIVER, machine(gpus=(CARD,))), "nvidia-driver-missing"),
    "no-driver-in-container": (told(NO_DRIVER, machine(os=linux(container="docker"))), "container-started-without-gpu"),
    "no-driver-in-wsl": (told(NO_DRIVER, machine(os=linux(wsl=2))), "wsl-libcuda-path"),
    "host-of-container": (
        told("nvidia-container-cli: initialization error: load library failed: libnvidia-ml.so.1: cannot open shared"),
        "nvidia-driver-missing",
    ),
    # libcuda
    "libcuda-host": (told(LIBCUDA, machine(gpus=(CARD,))), "nvidia-driver-missing"),
    "libcuda-with-driver": (told(LIBCUDA, with_driver("550.90.07", CARD)), "nvidia-driver-without-cuda"),
    "libcuda-wsl": (told(LIBCUDA, machine(os=linux(wsl=2))), "wsl-libcuda-path"),
    "libcuda-container": (told(LIBCUDA, machine(os=linux(container="docker"))), "container-started-without-gpu"),
    "libcuda-container-with-smi": (told(LIBCUDA, with_driver("550.90.07", CARD, os=linux(container="docker"))),
                                   "container-missing-driver-capability"),
    # CUDA's error 999
    "unknown-node-missing": (told(UNKNOWN, missing_nodes=("/dev/nvidia-uvm",)), "nvidia-uvm-missing"),
    "unknown-after-sleep": (told(UNKNOWN, text="It works again after a reboot, until the laptop resumes from suspend."),
                            "nvidia-uvm-stale-after-suspend"),
    "unknown-container": (told(UNKNOWN, machine(os=linux(container="podman"))), "nvidia-uvm-missing"),
    # NVSwitch
    "not-ready": (told(NOT_READY, machine(gpus=(nvidia("NVIDIA H100 80GB HBM3"),))), "fabric-manager-not-running"),
    "not-ready-mismatch": (
        told(NOT_READY, machine(nvidia=Nvidia(driver="550.90.07", fabric_manager=FabricManager(version="550.54.15")))),
        "fabric-manager-version-mismatch",
    ),
    "not-ready-confidential": (told(NOT_READY, text="the VM runs with confidential computing"),
                               "confidential-computing-not-ready"),
    "permission": (told("Failed to initialize NVML: Insufficient Permissions"), "device-node-permission"),
    "without-licence": (told("CUDA_ERROR_DEVICE_NOT_LICENSED"), "vgpu-unlicensed"),
    "mps": (told("CUDA error: MPS client failed to connect to the MPS control daemon or the MPS server"),
            "cuda-mps-failed"),
    "intel": (told("RuntimeError: No XPU devices are available."), "intel-driver-missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_cause(name: str) -> None:
    case, expected = CASES[name]
    assert first(case) == expected


SILENT = {
    "nothing-told": told(""),
    "a-cpu-machine-of-tensorflow": told("", machine(gpus=()), text="Could not find cuda drivers on your machine"),
    "it-works": told("", with_driver("550.90.07", CARD), text=UNKNOWN, views=WORKS),
    "another-module": told("modprobe: ERROR: could not insert 'vboxdrv': Key was rejected by service"),
    "nouveau-kept-out": told("", with_driver("550.90.07", CARD), text="blacklist nouveau"),
    "kernel-update-alone": told("", with_driver("550.90.07", CARD), text="after a kernel update all is well"),
    "both-modules": told("", machine(kernel_modules=(KernelModule(name="nouveau"), KernelModule(name="nvidia")))),
    "fabric-manager-fits": told(
        "", machine(nvidia=Nvidia(driver="550.90.07", fabric_manager=FabricManager(version="550.90.07")))
    ),
    "a-laptop-that-slept": told("", with_driver("550.90.07", CARD), text="it was suspended after suspend"),
    "a-new-libcuda": told("", machine(nvidia=Nvidia(driver="550.90.07", kernel_module="535.54.03", nvml="ok"))),
}


@pytest.mark.parametrize("name", SILENT)
def test_no_false_alarm(name: str) -> None:
    assert errors(SILENT[name]) == []


def test_versions_are_evidence() -> None:
    text = (
        "NVRM: API mismatch: the client has the version 550.90.07, but\n"
        "NVRM: this kernel module has the version 550.54.15"
    )
    finding = find(told("Failed to initialize NVML: Driver/library version mismatch", text=text),
                   "driver-library-version-mismatch")  # fmt: skip
    assert finding is not None
    assert finding.evidence[:2] == ("driver libraries 550.90.07", "kernel module 550.54.15")
    assert finding.fix[0].command == "sudo reboot"


def test_the_cuda_of_the_driver_is_read() -> None:
    finding = find(told(TOO_OLD), "driver-too-old-for-build")
    assert finding is not None
    assert "the driver offers CUDA 11.4" in finding.cause


def test_nouveau_without_nvidias_driver_is_a_note() -> None:
    case = told("", machine(kernel_modules=(KernelModule(name="nouveau"),), gpus=(nvidia("GPU", driver="nouveau"),)))
    finding = find(case, "nouveau-loaded")
    assert finding is not None
    assert finding.severity == "info"


def test_a_closed_device_file_of_a_machine() -> None:
    node = DeviceNode(path="/dev/nvidia0", readable=False, writable=False)
    finding = find(Case(machine=with_driver("550.90.07", CARD, device_nodes=(node,))), "device-node-permission")
    assert finding is not None
    open_node = DeviceNode(path="/dev/nvidia0", readable=True, writable=True)
    assert (
        find(Case(machine=with_driver("550.90.07", CARD, device_nodes=(open_node,))), "device-node-permission") is None
    )


def test_cuda_that_answers_unknown_on_a_machine() -> None:
    nodes = (DeviceNode(path="/dev/nvidiactl", readable=True, writable=True),)
    state = Nvidia(driver="550.90.07", nvml="ok", cuda_init="CUDA_ERROR_UNKNOWN")
    bare = Case(machine=machine(nvidia=state, gpus=(CARD,), device_nodes=nodes))
    assert find(bare, "nvidia-uvm-missing") is not None
    there = (*nodes, DeviceNode(path="/dev/nvidia-uvm", readable=True, writable=True))
    slept = Case(machine=machine(nvidia=state, gpus=(CARD,), device_nodes=there))
    assert find(slept, "nvidia-uvm-missing") is None
    assert find(slept, "nvidia-uvm-stale-after-suspend") is not None


def test_a_machine_whose_driver_has_no_cuda_part() -> None:
    absent = Reading(id="nvidia.cuda_init", source="libcuda.so.1", outcome="absent")
    facts = {"gpus": (CARD,), "os": linux(container="", wsl=0), "readings": (absent,)}
    case = Case(machine=machine(nvidia=Nvidia(driver="550.90.07", nvml="ok"), **facts))
    assert find(case, "nvidia-driver-without-cuda") is not None
    working = Case(machine=machine(nvidia=Nvidia(driver="550.90.07", nvml="ok", cuda_init="ok"), gpus=(CARD,)))
    assert find(working, "nvidia-driver-without-cuda") is None


def test_the_missing_headers_are_named_for_the_distribution() -> None:
    case = told(SMI, machine(os=linux(distribution="Fedora Linux")))
    finding = find(case, "kernel-module-not-built-for-kernel")
    assert finding is not None
    assert finding.fix[0].command == "sudo akmods --force"


def test_the_first_finding_explains_what_was_told() -> None:
    finding = judge(CASES["smi-secure-boot"][0]).findings[0]
    assert "smi-cannot-reach-driver" in finding.explains
