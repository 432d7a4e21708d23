"""nvidia-smi --query-gpu=... --format=csv."""

from __future__ import annotations

import pytest

from mlenv.facts.gpu import Clocks, Ecc, EccCounts, Fabric, Gpu, GpuProcess, PcieLink, Power, RowRemaps
from mlenv.formats.nvidia_report import NvidiaReport
from mlenv.formats.nvidia_smi_csv import parse_nvidia_smi_csv

MIB = 1024 * 1024
FIELDS = {
    "index": "3",
    "name": "NVIDIA H200",
    "serial": "1234567890123",
    "uuid": "GPU-11111111-2222-3333-4444-555555555555",
    "pci.bus_id": "00000000:83:00.0",
    "pci.device_id": "0x233510DE",
    "driver_version": "610.57.04",
    "kmd_version": "610.57.05",
    "compute_cap": "9.0",
    "memory.total [MiB]": "143771 MiB",
    "memory.free [MiB]": "143000 MiB",
    "pcie.link.gen.current": "5",
    "pcie.link.gen.max": "5",
    "pcie.link.width.current": "16",
    "pcie.link.width.max": "16",
    "power.draw [W]": "77.71 W",
    "power.limit [W]": "690.00 W",
    "enforced.power.limit [W]": "700.00 W",
    "clocks.current.graphics [MHz]": "345 MHz",
    "clocks.max.memory [MHz]": "3201 MHz",
    "clocks_event_reasons.active": "0x0000000000000101",
    "temperature.gpu": "28",
    "pstate": "P0",
    "persistence_mode": "Enabled",
    "compute_mode": "Default",
    "addressing_mode": "HMM",
    "display_active": "Disabled",
    "driver_model.current": "[N/A]",
    "vbios_version": "96.00.BC.00.01",
    "ecc.mode.current": "Enabled",
    "ecc.errors.corrected.volatile.total": "1",
    "ecc.errors.uncorrected.aggregate.dram": "2",
    "remapped_rows.pending": "No",
    "mig.mode.current": "Disabled",
    "mig.mode.pending": "Enabled",
    "fabric.state": "Completed",
    "fabric.status": "Success",
    "gpu_recovery_action": "Drain P2P",
    "power.management": "[Requested functionality has been deprecated]",
}
EXPECTED = Gpu(
    vendor="nvidia",
    name="NVIDIA H200",
    index=3,
    uuid="GPU-11111111-2222-3333-4444-555555555555",
    pci_address="0000:83:00.0",
    pci_id="10de:2335",
    compute_capability="9.0",
    memory_bytes=143771 * MIB,
    memory_free_bytes=143000 * MIB,
    mig=False,
    mig_pending=True,
    link=PcieLink(generation=5, largest_generation=5, width=16, largest_width=16),
    power=Power(draw_watts=77.71, limit_watts=700.0),
    clocks=Clocks(graphics_mhz=345, largest_memory_mhz=3201),
    clock_events=("gpu-idle", "display-clocks-setting"),
    temperature_celsius=28,
    performance_state="P0",
    persistence=True,
    compute_mode="default",
    addressing="hmm",
    display_active=False,
    vbios="96.00.BC.00.01",
    ecc=Ecc(enabled=True, volatile=EccCounts(corrected=1), aggregate=EccCounts(uncorrected=2)),
    row_remaps=RowRemaps(pending=False),
    fabric=Fabric(state="completed", status="success"),
    recovery_action="drain-p2p",
)
REPORT = NvidiaReport(driver="610.57.04", kernel_module="610.57.05", gpus=(EXPECTED,))


def read(text: str) -> NvidiaReport:
    """The report of a text that is one."""
    report = parse_nvidia_smi_csv(text)
    assert report is not None
    return report


def test_every_field_is_read() -> None:
    assert REPORT == read(f"{', '.join(FIELDS)}\n{', '.join(FIELDS.values())}\n")


def test_units_and_spaces_may_be_missing() -> None:
    names = ",".join(name.split(" [")[0] for name in FIELDS)
    values = ",".join(value.split(" MiB")[0].split(" W")[0] for value in FIELDS.values())
    assert REPORT == read(f"warning: something\n{names}\nwarning: between\n{values}\n\nname, uuid\na, b\n")


def test_fields_have_other_names_in_old_drivers() -> None:
    text = "gpu_name, gpu_uuid, clocks_throttle_reasons.hw_slowdown, clocks.gr\nTesla K80, GPU-1, Active, 562 MHz\n"
    (gpu,) = read(text).gpus
    assert ("Tesla K80", "GPU-1", ("hw-slowdown",)) == (gpu.name, gpu.uuid, gpu.clock_events)
    assert Clocks(graphics_mhz=562) == gpu.clocks


def test_a_gpu_without_ecc_counts_no_errors() -> None:
    text = "uuid, ecc.mode.current, ecc.errors.uncorrected.volatile.sram.parity\nGPU-1, [N/A], 0\n"
    assert None is read(text).gpus[0].ecc


@pytest.mark.parametrize("before", ["", "\n", "$ nvidia-smi --query-gpu=compute_cap --format=csv\n", "> "])
def test_one_field_counts_at_the_beginning_of_an_answer(before: str) -> None:
    assert ["8.9", "7.5"] == [gpu.compute_capability for gpu in read(f"{before}compute_cap\n8.9\n7.5\n").gpus]


def test_one_field_elsewhere_is_a_word() -> None:
    assert None is parse_nvidia_smi_csv("the fields\nname\nuuid\ncompute_cap\n8.9\n")


def test_the_processes_of_a_gpu_are_gathered() -> None:
    text = """gpu_name, gpu_uuid, pid, process_name, used_gpu_memory [MiB]
NVIDIA A40, GPU-1, 4711, python, 512 MiB
NVIDIA A40, GPU-2, 4712, a, b, [N/A]
NVIDIA A40, GPU-1, 4713, [Not Found], 3 MiB
"""
    first = (
        GpuProcess(pid=4711, name="python", memory_bytes=512 * MIB),
        GpuProcess(pid=4713, memory_bytes=3 * MIB),
    )
    expected = (
        Gpu(vendor="nvidia", name="NVIDIA A40", uuid="GPU-1", index=0, processes=first),
        Gpu(vendor="nvidia", name="NVIDIA A40", uuid="GPU-2", index=1, processes=(GpuProcess(pid=4712, name="a, b"),)),
    )
    assert expected == read(text).gpus


def test_a_head_alone_names_no_gpu() -> None:
    assert NvidiaReport() == parse_nvidia_smi_csv("name, uuid, memory.total [MiB]\n")


def test_text_of_another_form_is_none() -> None:
    texts = (
        "",
        "name, version\ntorch, 2.9\n",
        "NVIDIA H200, GPU-1, 9.0",
        "gpu_uuid, pid, max_memory_usage [MiB]\nGPU-1, 1, 3 MiB",
        "gpu_uuid, retired_pages.address, retired_pages.cause\nGPU-1, 0x1, Double Bit ECC",
    )
    assert [None] * len(texts) == [parse_nvidia_smi_csv(text) for text in texts]
