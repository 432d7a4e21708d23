"""The same words, different causes: containers, WSL, the choice of devices, MIG, faults, AMD's GPUs."""

from __future__ import annotations

import pytest

from mlenv.checks.registry import Case
from mlenv.facts.gpu import Ecc, EccCounts, Gpu, MigInstance, PcieLink, RowRemaps
from mlenv.facts.system import Account, DeviceNode, KernelEvent, OperatingSystem, Variable
from tests.unit.checks.told_cases import (
    WORKS,
    errors,
    find,
    first,
    linux,
    machine,
    nvidia,
    told,
    with_driver,
)

NVML = "Failed to initialize NVML: Unknown Error"
NO_DEVICE = "RuntimeError: No CUDA GPUs are available"
ORDINAL = "RuntimeError: CUDA error: invalid device ordinal"
LIBCUDA = "libcuda.so.1: cannot open shared object file: No such file or directory"
CARD = nvidia("NVIDIA GeForce RTX 3080")
TWO = (MigInstance(profile="3g.40gb"), MigInstance(profile="3g.40gb"))
RADEON = Gpu(vendor="amd", name="AMD Radeon RX 7900 XTX", gfx="gfx1100")
INNER = Gpu(vendor="amd", name="AMD Radeon Graphics", gfx="gfx1036", integrated=True)
BOX = linux(container="docker")


def _set(value: str, name: str = "CUDA_VISIBLE_DEVICES") -> tuple[Variable, ...]:
    return (Variable(name=name, value=value),)


CASES = {
    # containers
    "lost": (told(NVML, machine(os=BOX)), "container-lost-gpu-cgroup"),
    "lost-by-reload": (told(NVML, text="after systemctl daemon-reload"), "container-lost-gpu-cgroup"),
    "lost-alone": (told(NVML), "container-lost-gpu-cgroup"),
    "no-toolkit": (told('could not select device driver "" with capabilities: [[gpu]].'), "container-toolkit-missing"),
    "banner": (told("WARNING: The NVIDIA Driver was not detected."), "container-started-without-gpu"),
    "no-flag": (told(NO_DEVICE, text="docker run -it --rm image bash"), "container-started-without-gpu"),
    "utility-only": (
        told(LIBCUDA, machine(os=BOX, variables=_set("utility", "NVIDIA_DRIVER_CAPABILITIES"))),
        "container-missing-driver-capability",
    ),
    "seen-by-smi-alone": (
        told("Found no NVIDIA driver on your system", with_driver("550.90.07", os=BOX)),
        "container-missing-driver-capability",
    ),
    "image-with-driver": (
        told("nvidia-container-cli: mount error: file creation failed: /usr/lib/libnvidia-ml.so.1: file exists"),
        "container-image-has-driver",
    ),
    "amd-container": (told("Unable to open /dev/kfd read-write: No such file or directory", machine(os=BOX)),
                      "container-started-without-gpu"),
    # WSL
    "wsl-link": (told("/usr/lib/wsl/lib/libcuda.so.1 is not a symbolic link"), "wsl-libcuda-path"),
    "wsl-driver": (
        told(NO_DEVICE, machine(os=linux(wsl=2)), system_packages={"libnvidia-compute-535": "535.183.01"}),
        "wsl-linux-driver-installed",
    ),
    # the choice of devices
    "empty": (told(NO_DEVICE, with_driver("550.90.07", CARD, variables=_set(""))), "cuda-visible-devices-empty"),
    "hidden": (told(NO_DEVICE, with_driver("550.90.07", CARD, variables=_set("-1"))), "cuda-visible-devices-empty"),
    "emptied-in-words": (told("CUDA_VISIBLE_DEVICES is set to an empty string"), "cuda-visible-devices-empty"),
    "beyond": (told(NO_DEVICE, with_driver("550.90.07", CARD, variables=_set("3"))), "cuda-visible-devices-invalid"),
    "beyond-in-words": (told(NO_DEVICE, text="$ CUDA_VISIBLE_DEVICES=4 python train.py"),
                        "cuda-visible-devices-invalid"),
    "ordinal": (told(ORDINAL), "cuda-visible-devices-invalid"),
    "device-of-container": (told("nvidia-container-cli: device error: 3: unknown device: unknown"),
                            "cuda-visible-devices-invalid"),
    # MIG
    "instances": (told(ORDINAL, with_driver("550.90.07", nvidia(mig=True, mig_instances=TWO))),
                  "mig-single-instance-per-process"),
    "no-instances": (told(NO_DEVICE, with_driver("550.90.07", nvidia(mig=True, mig_instances=()))),
                     "mig-misconfigured"),
    "mixed": (told(NO_DEVICE, with_driver("550.90.07", nvidia(index=0, mig=False), nvidia(index=1, mig=True))),
              "mig-misconfigured"),
    # faults
    "ecc": (told("RuntimeError: CUDA error: uncorrectable ECC error encountered"), "gpu-ecc-error"),
    "ecc-by-xid": (told("NVRM: Xid (PCI:0000:01:00): 94, Contained ECC error"), "gpu-ecc-error"),
    "bus": (told("NVRM: Xid (PCI:0000:01:00): 79, pid=1, GPU has fallen off the bus."), "gpu-fell-off-bus"),
    "handle": (told("Unable to determine the device handle for GPU 0000:01:00.0: Unknown Error"), "gpu-fell-off-bus"),
    "remap": (told("NVRM: Xid (PCI:0000:01:00): 63, Row Remapper: New row marked for remapping"), "gpu-row-remap"),
    "other-xid": (told("NVRM: Xid (PCI:0000:01:00): 119, Timeout waiting for RPC from GSP!"), "gpu-xid"),
    "init": (told("NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x26:0x56:1474)"), "gpu-init-failed"),
    # who uses it
    "busy": (told("CUDA error: all CUDA-capable devices are busy or unavailable"), "gpu-exclusive-mode"),
    "full": (told("CUDA out of memory. Tried to allocate 2.00 GiB."), "gpu-out-of-memory"),
    # AMD
    "kfd": (told("Unable to open /dev/kfd read-write: Permission denied"), "rocm-device-permission"),
    "no-amdgpu": (told("ROCk module is NOT loaded, possibly no GPU devices"), "amd-driver-missing"),
    "inner": (told("HIP error: invalid device function, then a crash", machine(gpus=(RADEON, INNER))),
              "rocm-igpu-selected"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_cause(name: str) -> None:
    case, expected = CASES[name]
    assert first(case) == expected


SILENT = {
    "docker-with-gpu": told("", with_driver("550.90.07", CARD, os=BOX), text="docker run --gpus all image"),
    "chosen": told("", with_driver("550.90.07", CARD, CARD, variables=_set("1")), views=WORKS),
    "chosen-by-name": told("", with_driver("550.90.07", CARD, variables=_set("GPU-1a2b3c4d"))),
    "mig-works": told("", with_driver("550.90.07", nvidia(mig=True, mig_instances=TWO)), views=WORKS),
    "mig-off": told("", with_driver("550.90.07", nvidia(mig=False)), text="| MIG M. | Disabled |"),
    "wsl-works": told("", machine(os=linux(wsl=2)), views=WORKS, text="/usr/lib/x86_64-linux-gnu/libcuda.so.1"),
    "inner-alone": told("", machine(gpus=(INNER,)), text="crash"),
    "memory-in-passing": told("", text="CUDA out of memory"),
    "a-mac": told("No CUDA GPUs", machine(os=OperatingSystem(family="macos"))),
}


@pytest.mark.parametrize("name", SILENT)
def test_no_false_alarm(name: str) -> None:
    assert errors(SILENT[name]) == []


def _gpu(**facts: object) -> Case:
    gpu = nvidia("NVIDIA A100-SXM4-80GB", index=0, pci_address="0000:01:00.0", **facts)
    return Case(machine=with_driver("550.90.07", gpu))


def _healthy(case: Case) -> Case:
    state = case.machine.nvidia
    assert state is not None
    import msgspec

    return msgspec.structs.replace(
        case, machine=msgspec.structs.replace(case.machine, nvidia=msgspec.structs.replace(state, nvml="ok"))
    )


def test_memory_errors_of_a_machine_by_the_table_of_health() -> None:
    bad = _healthy(_gpu(ecc=Ecc(enabled=True, volatile=EccCounts(uncorrected=3)), temperature_celsius=40))
    finding = find(bad, "gpu-ecc-error")
    assert finding is not None
    assert (finding.severity, finding.applies_to) == ("error", ("gpu 0",))
    good = _healthy(_gpu(ecc=Ecc(enabled=True, volatile=EccCounts(uncorrected=0)), temperature_celsius=40))
    assert find(good, "gpu-ecc-error") is None


def test_rows_that_wait_and_rows_that_failed() -> None:
    waiting = find(
        _healthy(_gpu(row_remaps=RowRemaps(pending=True, failed=False), temperature_celsius=40)), "gpu-row-remap"
    )
    failed = find(
        _healthy(_gpu(row_remaps=RowRemaps(pending=False, failed=True), temperature_celsius=40)), "gpu-row-remap"
    )
    assert waiting is not None
    assert failed is not None
    assert (waiting.severity, failed.severity) == ("warning", "error")
    sound = _healthy(_gpu(row_remaps=RowRemaps(pending=False, failed=False), temperature_celsius=40))
    assert find(sound, "gpu-row-remap") is None


def test_fewer_lanes_are_a_warning() -> None:
    narrow = find(
        _healthy(_gpu(link=PcieLink(width=4, largest_width=16), temperature_celsius=40)), "pcie-width-reduced"
    )
    assert narrow is not None
    assert narrow.severity == "warning"
    assert find(_healthy(_gpu(link=PcieLink(width=16, largest_width=16), temperature_celsius=40)),
                "pcie-width-reduced") is None  # fmt: skip


def test_an_xid_of_the_kernel_log() -> None:
    event = KernelEvent(kind="xid", code=79, device="0000:01:00.0", text="Xid 79, GPU has fallen off the bus")
    case = Case(machine=with_driver("550.90.07", CARD, kernel_events=(event,)))
    assert find(case, "gpu-fell-off-bus") is not None


def test_a_mode_that_waits_for_a_reset() -> None:
    assert find(_gpu(mig=False, mig_pending=True), "mig-half-configured") is not None
    assert find(_gpu(mig=True, mig_pending=True, mig_instances=TWO), "mig-half-configured") is None


def test_a_prohibited_gpu() -> None:
    assert find(_gpu(compute_mode="prohibited"), "gpu-exclusive-mode") is not None
    assert find(_gpu(compute_mode="default"), "gpu-exclusive-mode") is None


def test_others_that_fill_the_memory_are_named() -> None:
    text = "CUDA out of memory. Tried to allocate 2 GiB. Process 4711 has 21.99 GiB memory in use."
    finding = find(told(text), "gpu-out-of-memory")
    assert finding is not None
    assert "process 4711 holds 21.99 GiB" in finding.evidence


def test_amds_files_of_a_machine() -> None:
    def case(*, writable: bool) -> Case:
        node = DeviceNode(path="/dev/kfd", readable=writable, writable=writable)
        return Case(machine=machine(gpus=(RADEON,), device_nodes=(node,), account=Account(groups=("docker",))))

    finding = find(case(writable=False), "rocm-device-permission")
    assert finding is not None
    assert "groups of this user: docker" in finding.evidence
    assert find(case(writable=True), "rocm-device-permission") is None


def test_a_container_is_given_the_group_by_number() -> None:
    finding = find(
        told("Unable to open /dev/kfd read-write: Permission denied", machine(os=BOX)), "rocm-device-permission"
    )
    assert finding is not None
    assert "--group-add" in (finding.fix[0].command or "")


def test_a_variable_that_was_seen_to_work_is_no_error() -> None:
    case = told("", with_driver("550.90.07", CARD, variables=_set("")), views=WORKS)
    finding = find(case, "cuda-visible-devices-empty")
    assert finding is not None
    assert finding.severity == "warning"
