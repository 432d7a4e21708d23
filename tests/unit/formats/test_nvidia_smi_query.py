"""nvidia-smi -q."""

from __future__ import annotations

from mlenv.facts.gpu import (
    Clocks,
    Ecc,
    EccCounts,
    Fabric,
    Gpu,
    GpuProcess,
    MigInstance,
    PcieLink,
    Power,
    RetiredPages,
    RowRemaps,
)
from mlenv.formats.nvidia_report import NvidiaReport
from mlenv.formats.nvidia_smi_query import parse_nvidia_smi_query

MIB = 1024 * 1024
HEAD = """
==============NVSMI LOG==============

Timestamp                                 : Thu Jan  2 12:00:00 2025
Driver Version                            : 570.86.10
CUDA Version                              : 12.8

Attached GPUs                             : 1
"""
GPU = """GPU 00000000:41:00.0
    Product Name                          : NVIDIA H100 80GB HBM3
    Product Architecture                  : Hopper
    Display Mode                          : Requested functionality has been deprecated
    Display Active                        : Disabled
    Persistence Mode                      : Enabled
    Addressing Mode                       : ATS
    MIG Mode
        Current                           : Enabled
        Pending                           : Enabled
    MIG Device
        Index                             : 0
        GPU Instance ID                   : 2
        Compute Instance ID               : 0
        Device Attributes
            Shared
                Multiprocessor count      : 60
        ECC Errors
            Volatile
                SRAM Uncorrectable        : 77
        Shared FB Memory Usage
            Total                         : 40448 MiB
    MIG Device
        Index                             : 1
        GPU Instance ID                   : 9
        Compute Instance ID               : 1
        Device Attributes
            Shared
                Multiprocessor count      : 16
        FB Memory Usage
            Total                         : 9984 MiB
    Accounting Mode                       : Disabled
    Driver Model
        Current                           : N/A
    Serial Number                         : 1234567890123
    GPU UUID                              : GPU-11111111-2222-3333-4444-555555555555
    VBIOS Version                         : 96.00.A5.00.01
    GPU Virtualization Mode
        Virtualization Mode               : Host VGPU
    GPU Recovery Action                   : Reboot
    GSP Firmware Version                  : 570.86.10
    PCI
        Bus                               : 0x41
        Device Id                         : 0x233010DE
        Bus Id                            : 00000000:41:00.0
        GPU Link Info
            PCIe Generation
                Max                       : 5
                Current                   : 1
                Device Max                : 5
                Host Max                  : N/A
            Link Width
                Max                       : 16x
                Current                   : 8x
    Performance State                     : P0
    Clocks Event Reasons
        Idle                              : Not Active
        HW Slowdown                       : Active
            HW Thermal Slowdown           : Not Active
            HW Power Brake Slowdown       : Active
        SW Thermal Slowdown               : Active
    Clocks Event Reasons Counters
        HW Thermal Slowdown               : 0 us
    FB Memory Usage
        Total                             : 81559 MiB
        Free                              : 81000 MiB
    BAR1 Memory Usage
        Total                             : 131072 MiB
        Free                              : 131000 MiB
    Compute Mode                          : Prohibited
    ECC Mode
        Current                           : Enabled
        Pending                           : Enabled
    ECC Errors
        Volatile
            SRAM Correctable              : 0
            SRAM Uncorrectable Parity     : 1
            SRAM Uncorrectable SEC-DED    : 2
            DRAM Correctable              : 3
            DRAM Uncorrectable            : 4
        Aggregate
            SRAM Correctable              : 5
            SRAM Uncorrectable            : 6
            DRAM Correctable              : 7
            DRAM Uncorrectable            : 8
    Retired Pages
        Single Bit ECC                    : 60
        Double Bit ECC                    : 5
        Pending Page Blacklist            : Yes
    Remapped Rows
        Correctable Error                 : 1
        Uncorrectable Error               : 0
        Pending                           : No
        Remapping Failure Occurred        : Yes
    Temperature
        GPU Current Temp                  : 53 C
    GPU Power Readings
        Average Power Draw                : N/A
        Instantaneous Power Draw          : 444.72 W
        Current Power Limit               : 600.00 W
        Default Power Limit               : 700.00 W
        Max Power Limit                   : 700.00 W
    Clocks
        Graphics                          : 1980 MHz
        Memory                            : 2619 MHz
    Applications Clocks
        Graphics                          : Requested functionality has been deprecated
    Max Clocks
        Graphics                          : 1981 MHz
        Memory                            : 2620 MHz
    Fabric
        State                             : Completed
        Status                            : Success
    Processes
        GPU instance ID                   : 2
        Compute instance ID               : 0
        Process ID                        : 4711
            Type                          : C
            Name                          : C:\\tools\\a : b.exe
            Used GPU Memory               : 2296 MiB
        Process ID                        : 4712
            Type                          : M+C
            Name                          : nvidia-cuda-mps-server
            Used GPU Memory               : N/A
    Capabilities
        EGM                               : disabled
"""
EXPECTED = Gpu(
    vendor="nvidia",
    name="NVIDIA H100 80GB HBM3",
    index=0,
    uuid="GPU-11111111-2222-3333-4444-555555555555",
    pci_address="0000:41:00.0",
    pci_id="10de:2330",
    memory_bytes=81559 * MIB,
    memory_free_bytes=81000 * MIB,
    mig=True,
    architecture="Hopper",
    bar1_bytes=131072 * MIB,
    bar1_free_bytes=131000 * MIB,
    link=PcieLink(generation=1, largest_generation=5, width=8, largest_width=16),
    power=Power(draw_watts=444.72, limit_watts=600.0, default_limit_watts=700.0, largest_limit_watts=700.0),
    clocks=Clocks(graphics_mhz=1980, memory_mhz=2619, largest_graphics_mhz=1981, largest_memory_mhz=2620),
    clock_events=("hw-slowdown", "hw-power-brake-slowdown", "sw-thermal-slowdown"),
    temperature_celsius=53,
    performance_state="P0",
    persistence=True,
    compute_mode="prohibited",
    virtualization="host-vgpu",
    addressing="ats",
    display_active=False,
    vbios="96.00.A5.00.01",
    gsp_firmware="570.86.10",
    ecc=Ecc(
        enabled=True,
        pending=True,
        volatile=EccCounts(corrected=3, uncorrected=7),
        aggregate=EccCounts(corrected=12, uncorrected=14),
    ),
    row_remaps=RowRemaps(corrected=1, uncorrected=0, pending=False, failed=True),
    retired_pages=RetiredPages(single_bit=60, double_bit=5, pending=True),
    mig_pending=True,
    mig_instances=(
        MigInstance(gpu_instance=2, compute_instance=0, memory_bytes=40448 * MIB, multiprocessors=60),
        MigInstance(gpu_instance=9, compute_instance=1, memory_bytes=9984 * MIB, multiprocessors=16),
    ),
    fabric=Fabric(state="completed", status="success"),
    recovery_action="node-reboot",
    processes=(
        GpuProcess(pid=4711, name="C:\\tools\\a : b.exe", memory_bytes=2296 * MIB, kind="compute"),
        GpuProcess(pid=4712, name="nvidia-cuda-mps-server", kind="compute"),
    ),
)


def read(text: str) -> NvidiaReport:
    """The report of a text that is one."""
    report = parse_nvidia_smi_query(text)
    assert report is not None
    return report


def test_every_fact_of_a_gpu_is_read() -> None:
    assert NvidiaReport(driver="570.86.10", cuda="12.8", gpus=(EXPECTED,)) == read(HEAD + GPU)


def test_a_quoted_report_is_the_same() -> None:
    text = HEAD + GPU
    assert read(text) == read("\n".join(f"> {line}" for line in text.splitlines()))


def test_without_indentation_only_the_mig_devices_are_missing() -> None:
    text = "\n".join(line.strip() for line in (HEAD + GPU).splitlines())
    (gpu,) = read(text).gpus
    differing = [name for name in Gpu.__struct_fields__ if getattr(gpu, name) != getattr(EXPECTED, name)]
    assert ["mig_instances"] == differing


def test_the_versions_of_driver_610_are_read() -> None:
    head = """==============NVSMI LOG==============
Driver Version   : 610.57.04 [Deprecated; will be removed in CUDA 14.0. Use KMD Version instead]
CUDA Version     : 13.3 [Deprecated; will be removed in CUDA 14.0. Use CUDA UMD Version instead]
KMD Version      : 610.57.04
CUDA UMD Version : 13.3
"""
    assert NvidiaReport(driver="610.57.04", kernel_module="610.57.04", cuda="13.3") == read(head)


def test_the_power_limits_of_driver_610_stand_in_a_section_of_their_own() -> None:
    power = """GPU 00000000:41:00.0
    GPU Power Readings
        Instantaneous Power Draw  : 38.89 W
        GPU Ceiling Power Limit
            Current Power Limit   : 250.00 W
            Default Power Limit   : 260.00 W
        GPU Base Power
            Current Base Power    : N/A
        Max Power Limit           : 350.00 W
    Module Power Readings
        Current Power Limit       : 900.00 W
"""
    expected = Power(draw_watts=38.89, limit_watts=250.0, default_limit_watts=260.0, largest_limit_watts=350.0)
    assert expected == read(power).gpus[0].power


def test_the_ecc_counts_of_old_drivers_are_read() -> None:
    text = """GPU 0000:02:00.0
    Ecc Mode
        Current               : Enabled
    ECC Errors
        Volatile
            Single Bit
                Device Memory : 1
                Total         : 3
            Double Bit
                Device Memory : 2
                Total         : N/A
        Aggregate
            Single Bit
                Total         : 9
    Processes                 : None
"""
    (gpu,) = read(text).gpus
    expected = Ecc(enabled=True, volatile=EccCounts(corrected=3, uncorrected=2), aggregate=EccCounts(corrected=9))
    assert (expected, ()) == (gpu.ecc, gpu.processes)


def test_gpus_follow_one_another_and_a_second_report_is_left() -> None:
    gpus = "".join(f"GPU 00000000:0{n}:00.0\n    Product Name : Tesla T{n}\n" for n in range(4))
    report = read(HEAD + gpus + HEAD + GPU)
    assert ["Tesla T0", "Tesla T1", "Tesla T2", "Tesla T3"] == [gpu.name for gpu in report.gpus]
    assert [0, 1, 2, 3] == [gpu.index for gpu in report.gpus]


def test_a_report_of_one_subject_is_read() -> None:
    text = HEAD + "GPU 00000001:00:00.0\n    Retired Pages\n        Single Bit ECC  : 60\n        Pending : No\n"
    expected = Gpu(
        vendor="nvidia",
        index=0,
        pci_address="0001:00:00.0",
        retired_pages=RetiredPages(single_bit=60, pending=False),
    )
    assert (expected,) == read(text).gpus


def test_a_cut_report_claims_no_empty_lists() -> None:
    text = HEAD + GPU
    gpu = read(text[: text.index("    MIG Device")]).gpus[0]
    assert (True, None, None) == (gpu.mig, gpu.mig_instances, gpu.processes)
    gpu = read(text[: text.index("        GPU instance ID ")]).gpus[0]
    assert None is gpu.processes


def test_text_after_the_report_changes_nothing() -> None:
    assert read(HEAD + GPU) == read(HEAD + GPU + "user@host:~$ cat notes\n    Product Name : no\n    Process ID : 1\n")


def test_text_of_another_form_is_none() -> None:
    texts = ("", "GPU 0: Tesla T4 (UUID: GPU-1)", "Driver Version : 570.86.10", "\x00\ud800")
    assert [None] * len(texts) == [parse_nvidia_smi_query(text) for text in texts]


def test_a_title_alone_is_a_report_of_nothing() -> None:
    assert NvidiaReport() == parse_nvidia_smi_query("==============NVSMI LOG==============")
