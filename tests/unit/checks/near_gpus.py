"""Findings about GPUs, their faults and their use: what has each, and what nearly has it."""

from __future__ import annotations

from mlenv.facts.drivers import IntelCompute, Nvidia
from mlenv.facts.gpu import Ecc, EccCounts, Gpu, MigInstance, PcieLink, RowRemaps
from mlenv.facts.machine import Machine
from mlenv.facts.reading import Reading
from mlenv.facts.system import DeviceNode, OperatingSystem, SystemFamily
from tests.unit.checks.checks_cases import GIB, make_machine, with_nvidia
from tests.unit.checks.near_misses import DATED, said, seen, told_on
from tests.unit.checks.told_cases import machine

NO_DEVICE = "RuntimeError: No CUDA GPUs are available"
ORDINAL = "RuntimeError: CUDA error: invalid device ordinal"


def _card(**facts: object) -> Machine:
    """A server with one GPU whose driver answers."""
    gpu = Gpu(**{"vendor": "nvidia", "name": "NVIDIA A100 80GB PCIe", "index": 0, "temperature_celsius": 41, **facts})  # type: ignore[arg-type]
    return machine(gpus=(gpu,), nvidia=Nvidia(driver="570.133.20", nvml="ok"))


def _ecc(uncorrected: int) -> Machine:
    return _card(ecc=Ecc(enabled=True, volatile=EccCounts(uncorrected=uncorrected)))


def _unread(detail: str) -> Machine:
    reading = Reading(id="gpu.0", source="NVML", outcome="unreadable", detail=detail)
    return machine(gpus=(Gpu(vendor="nvidia", name="NVIDIA L4"),), readings=(reading,))


def _amd(gfx: str) -> Machine:
    return make_machine(gpus=(Gpu(vendor="amd", name="AMD Radeon", gfx=gfx),))


def _radeons(*, integrated: bool) -> Machine:
    card = Gpu(vendor="amd", name="AMD Radeon RX 7800 XT", gfx="gfx1101", integrated=False)
    return machine(gpus=(card, Gpu(vendor="amd", name="AMD Radeon", gfx="gfx1102", integrated=integrated)))


def _kfd(*, writable: bool) -> Machine:
    node = DeviceNode(path="/dev/kfd", readable=True, writable=writable)
    return machine(gpus=(Gpu(vendor="amd", name="AMD Instinct MI210", gfx="gfx90a"),), device_nodes=(node,))


def _arc(level_zero: str | None) -> Machine:
    gpu = Gpu(vendor="intel", name="Intel Arc A770", integrated=False)
    return machine(gpus=(gpu,), intel=IntelCompute(level_zero=level_zero))


def _gaming(family: SystemFamily) -> Machine:
    return with_nvidia("8.9", "581.29", os=OperatingSystem(family=family, version="11", container=""))


ONE = (MigInstance(profile="3g.40gb"),)
CASES = {
    # what current builds hold code for
    "gpu-too-old-for-current-builds": seen(with_nvidia("6.1", "580.95.05"), with_nvidia("8.9", "580.95.05")),
    "gpu-too-new-for-current-builds": seen(with_nvidia("10.7", "580.95.05"), with_nvidia("9.0", "580.95.05")),
    "amd-gpu-not-in-current-builds": seen(_amd("gfx803"), _amd("gfx1100")),
    "gpu-memory-small": seen(
        with_nvidia("8.9", "580.95.05", memory=5 * GIB), with_nvidia("8.9", "580.95.05", memory=6 * GIB)
    ),
    "windows-gpu-tensorflow": seen(_gaming("windows"), _gaming("linux")),
    # MIG
    "mig-single-instance-per-process": said(
        ORDINAL, "RuntimeError: CUDA error: invalid configuration argument", _card(mig=True, mig_instances=ONE)
    ),
    "mig-misconfigured": told_on(NO_DEVICE, _card(mig=True, mig_instances=()), _card(mig=True, mig_instances=ONE)),
    "mig-half-configured": seen(_card(mig=True, mig_pending=False), _card(mig=True, mig_pending=True), matrix=DATED),
    # faults
    "gpu-ecc-error": seen(_ecc(2), _ecc(0), matrix=DATED),
    "gpu-row-remap": seen(
        _card(row_remaps=RowRemaps(pending=True, failed=False)),
        _card(row_remaps=RowRemaps(pending=False, failed=False)),
        matrix=DATED,
    ),
    "gpu-fell-off-bus": seen(_unread("GpuIsLost (15)"), _unread("NotSupported (3)"), matrix=DATED),
    "gpu-xid": said(
        "NVRM: Xid (PCI:0000:81:00): 119, pid=77, Timeout waiting for RPC from GSP",
        "NVRM: Xid (PCI:0000:81:00): 154, pid=77, GPU recovery action changed",
    ),
    "gpu-init-failed": said(
        "NVRM: GPU 0000:81:00.0: RmInitAdapter failed! (0x24:0x72:1568)",
        "NVRM: GPU 0000:81:00.0: RmInitAdapter succeeded (0x24:0x72:1568)",
        _card(),
    ),
    "pcie-width-reduced": seen(
        _card(link=PcieLink(width=8, largest_width=16)),
        _card(link=PcieLink(width=16, largest_width=16)),
        matrix=DATED,
    ),
    # who uses them
    "gpu-exclusive-mode": seen(_card(compute_mode="prohibited"), _card(compute_mode="default"), matrix=DATED),
    "cuda-mps-failed": said(
        "CUDA error: MPS client failed to connect to the MPS control daemon or the MPS server",
        "CUDA info: MPS client is now connected to the MPS control daemon or the MPS server",
        _card(),
    ),
    "vgpu-unlicensed": said(
        "cuInit ends with CUDA_ERROR_DEVICE_NOT_LICENSED", "cuInit ends with CUDA_ERROR_DEVICE_NOT_FOUND", _card()
    ),
    "gpu-out-of-memory": said(
        "RuntimeError: CUDA error: out of memory", "RuntimeError: CUDA error: out of range of int", _card()
    ),
    "intel-driver-missing": seen(_arc(None), _arc("1.21.9"), matrix=DATED),
    # AMD
    "rocm-device-permission": seen(_kfd(writable=False), _kfd(writable=True), matrix=DATED),
    "amd-driver-missing": said(
        "ROCk module is NOT loaded, possibly no GPU devices",
        "ROCk module is loaded, possibly new GPU devices",
        _kfd(writable=True),
    ),
    "rocm-igpu-selected": told_on(
        "HIP error: invalid argument, then a crash", _radeons(integrated=True), _radeons(integrated=False)
    ),
}
