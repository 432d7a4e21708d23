"""What reports about GPUs tell beside their message, and what it is weighed against."""

from __future__ import annotations

import pytest

from mlenv.checks.registry import Case
from mlenv.facts.system import Variable
from tests.unit.checks.told_cases import errors, first, linux, machine, nvidia, told, with_driver

SMI = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."
NONE = "RuntimeError: No CUDA GPUs are available"
TABLE = "| GPU-Util  Compute M. |\n|               MIG M. |"
TWO = with_driver("550.90.07", nvidia(), nvidia())


def _asking(value: str, *, text: str = "") -> Case:
    where = machine(nvidia=TWO.nvidia, gpus=TWO.gpus, variables=(Variable(name="CUDA_VISIBLE_DEVICES", value=value),))
    return told(NONE, where, text=text)


CASES = {
    "a-gpu-beyond-the-table": (_asking("2", text=TABLE), "cuda-visible-devices-invalid"),
    "a-word-no-variable-knows": (_asking("all"), "cuda-visible-devices-invalid"),
    "none": (_asking(""), "cuda-visible-devices-empty"),
    "module-never-built": (
        told(SMI, text="Compiler version check failed:\nkernel 6.6.1"),
        "kernel-module-not-built-for-kernel",
    ),
    "fabric-by-number": (
        told("Unable to load cudart library /usr/lib/libcuda.so.570.1: cuda driver library init failure: 802"),
        "fabric-manager-not-running",
    ),
    "a-symbol-of-a-newer-driver": (
        told("libcuda.so.440.33: undefined symbol: cuMemPoolCreate"),
        "driver-too-old-for-build",
    ),
    "lockdown": (
        told(SMI, text="could not insert 'nvidia': Operation not permitted\nkernel is locked down"),
        "secure-boot-blocks-module",
    ),
    "slept": (
        told("CUDA unknown error - this may be due to an incorrectly set up environment", text="after resume"),
        "nvidia-uvm-stale-after-suspend",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_cause(name: str) -> None:
    case, expected = CASES[name]
    assert first(case) == expected


def test_a_gpu_that_exists_is_no_error() -> None:
    assert "cuda-visible-devices-invalid" not in errors(_asking("0,1"))


def test_without_secure_boot_nothing_is_blamed_on_it() -> None:
    text = "modprobe: ERROR: could not insert 'nvidia': Operation not permitted"
    case = told(SMI, machine(os=linux(secure_boot=False)), text=text)
    assert "secure-boot-blocks-module" not in errors(case)


def test_capabilities_of_a_plain_reservation_lack_nothing() -> None:
    case = told(NONE, text="devices:\n  - driver: nvidia\n    capabilities: [gpu]")
    assert "container-missing-driver-capability" not in errors(case)
