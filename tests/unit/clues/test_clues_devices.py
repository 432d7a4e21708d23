"""Messages about GPUs: faults, instances, which of them may be used, and their memory."""

from __future__ import annotations

import pytest

from mlenv.clues.devices import SIGNATURES
from mlenv.clues.find import find_clues

WORDINGS = [
    ("ecc-uncorrectable", "RuntimeError: CUDA error: uncorrectable ECC error encountered"),
    ("ecc-uncorrectable", "CUDA_ERROR_ECC_UNCORRECTABLE"),
    ("ecc-uncorrectable", "amdgpu 0000:03:00.0: 2 uncorrectable hardware errors detected"),
    ("gpu-lost", "NVRM: GPU at PCI:0000:01:00: GPU has fallen off the bus."),
    ("gpu-lost", "Unable to determine the device handle for GPU0000:65:00.0: Unknown Error"),
    ("gpu-lost", "Unable to determine the device handle for GPU 0000:01:00.0: GPU is lost.  Reboot the system"),
    ("gpu-init-failed", "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x26:0x56:1474)"),
    ("pcie-width-downgraded", "LnkSta: Speed 16GT/s, Width x4 (downgraded)"),
    ("cuda-invalid-device", "RuntimeError: CUDA error: invalid device ordinal"),
    ("cuda-invalid-device", "cudaErrorInvalidDevice: invalid device ordinal"),
    ("cuda-invalid-device", "ValueError: Invalid CUDA 'device=4' requested. Use 'device=cpu'"),
    ("devices-unavailable", "CUDA error: all CUDA-capable devices are busy or unavailable"),
    ("devices-unavailable", "CUDA-capable device(s) is/are busy or unavailable"),
    ("mig", "CUDA_VISIBLE_DEVICES=MIG-4cd1b0a0-1111-2222-3333-444455556666"),
    ("mig", "two slices of 3g.40gb"),
    ("mig-without-instances", "No MIG devices found."),
    ("kfd-permission", "Unable to open /dev/kfd read-write: Permission denied"),
    ("kfd-permission", "user is not a member of 'render' group"),
    ("kfd-missing", "Unable to open /dev/kfd read-write: No such file or directory"),
    ("amd-module-not-loaded", "ROCk module is NOT loaded, possibly no GPU devices"),
    ("hip-no-device", "RuntimeError: No HIP GPUs are available"),
    ("hip-no-device", "hipErrorNoDevice: no ROCm-capable device is detected"),
    ("integrated-amd-gpu", "the iGPU of my Ryzen is listed first"),
    ("nvidia-node-permission", "ls: /dev/nvidia0: Permission denied"),
    ("gpu-memory-exhausted", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."),
    ("gpu-memory-exhausted", "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 17179869184 bytes."),
    ("gpu-memory-exhausted", "ggml_backend_cuda: cudaMalloc failed: out of memory"),
    ("visible-devices-emptied", "CUDA_VISIBLE_DEVICES is set to an empty string"),
    ("visible-devices-emptied", 'os.environ["CUDA_VISIBLE_DEVICES"] = ""'),
    ("visible-devices-emptied", "$ CUDA_VISIBLE_DEVICES= python train.py"),
]


@pytest.mark.parametrize(("slug", "text"), WORDINGS)
def test_wordings(slug: str, text: str) -> None:
    assert slug in [clue.id for clue in find_clues(text)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("CUDA_VISIBLE_DEVICES=2,3 python a.py", {"variable": "CUDA_VISIBLE_DEVICES", "value": "2,3"}),
        ('os.environ["CUDA_VISIBLE_DEVICES"] = "7"', {"variable": "CUDA_VISIBLE_DEVICES", "value": "7"}),
        ("export HIP_VISIBLE_DEVICES=-1", {"variable": "HIP_VISIBLE_DEVICES", "value": "-1"}),
    ],
)
def test_a_set_variable(text: str, values: dict[str, str]) -> None:
    found = {clue.id: clue.values for clue in find_clues(text)}
    assert found["visible-devices-set"] == values
    assert "visible-devices-emptied" not in found


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NVRM: Xid (PCI:0000:01:00): 79, pid=1234, GPU has fallen off the bus.", "79"),
        ("the log shows Xid 31 again and again", "31"),
    ],
)
def test_an_xid_has_its_number(text: str, code: str) -> None:
    values = next(clue.values for clue in find_clues(text) if clue.id == "xid")
    assert code in values.values()


def test_a_line_of_something_else_hides_no_other_line() -> None:
    text = "Transaction xid 31 committed\nthe log shows Xid 79\nERROR: xid 48 of the vacuum"
    assert [(clue.id, clue.values) for clue in find_clues(text)] == [("xid", {"number": "79"})]
    ecc = "EDAC MC0: uncorrectable ECC error on DIMM_A1\nCUDA error: uncorrectable ECC error encountered"
    assert [clue.line for clue in find_clues(ecc) if clue.id == "ecc-uncorrectable"] == [ecc.split("\n")[1]]


def test_a_slot_has_its_owner() -> None:
    text = "01:00.0 Network controller: Wifi\n\tKernel driver in use: x\n\tLnkSta: Speed 5GT/s, Width x1 (downgraded)"
    assert [clue.values for clue in find_clues(text) if clue.id == "pcie-width-downgraded"] == [
        {"owner": "Network controller: Wifi", "width": "1"}
    ]


def test_other_processes_are_named() -> None:
    clues = find_clues("Process 4711 has 21.99 GiB memory in use.")
    assert [clue.values for clue in clues if clue.id == "gpu-memory-of-others"] == [
        {"pid": "4711", "used": "21.99 GiB"}
    ]


@pytest.mark.parametrize(
    "text",
    [
        "an immigrant with mighty plans",
        "the program crashed into a wall of memory",
        "unset CUDA_VISIBLE_DEVICES",
        "GPU 0: NVIDIA A100-SXM4-40GB",
        "migrate the database",
    ],
)
def test_what_states_nothing(text: str) -> None:
    ids = {row.id for row in SIGNATURES} - {"hip-crash"}
    assert [clue.id for clue in find_clues(text) if clue.id in ids] == []
