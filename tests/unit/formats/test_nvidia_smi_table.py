"""The table of nvidia-smi."""

from __future__ import annotations

import pytest

from mlenv.facts.gpu import Ecc, EccCounts, Gpu, GpuProcess, MigInstance, Power
from mlenv.formats.nvidia_report import NvidiaReport
from mlenv.formats.nvidia_smi_table import parse_nvidia_smi_table

MIB = 1024 * 1024
TABLE = """Thu Jan  2 12:00:00 2025
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 570.86.10              Driver Version: 570.86.10      CUDA Version: 12.8     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
|   0  NVIDIA GeForce RTX 4090 ...    Off |   00000000:0C:00.0  On |                  N/A |
| 37%   40C    P8             37W /  450W |     214MiB /  24564MiB |      0%      Default |
|                                         |                        |                  N/A |
+-----------------------------------------+------------------------+----------------------+
|   1  NVIDIA A100-SXM4-40GB          On  |   00000000:41:00.0 Off |                    3 |
| N/A   25C    P0             59W /  400W |   40000MiB /  40960MiB |    100%   E. Process |
|                                         |                        |            Disabled* |
+-----------------------------------------+------------------------+----------------------+

+-----------------------------------------------------------------------------------------+
| Processes:                                                                              |
|  GPU   GI   CI              PID   Type   Process name                        GPU Memory |
|        ID   ID                                                               Usage      |
|=========================================================================================|
|    0   N/A  N/A            1696      G   /usr/bin/gnome-shell                    176MiB |
|    0   N/A  N/A            1700    C+G   ...m Files\\NZXT CAM\\NZXT CAM.exe      N/A      |
+-----------------------------------------------------------------------------------------+
"""
FIRST = Gpu(
    vendor="nvidia",
    name="NVIDIA GeForce RTX 4090",
    index=0,
    pci_address="0000:0c:00.0",
    memory_bytes=24564 * MIB,
    memory_free_bytes=24350 * MIB,
    power=Power(draw_watts=37.0, limit_watts=450.0),
    temperature_celsius=40,
    performance_state="P8",
    persistence=False,
    compute_mode="default",
    display_active=True,
    processes=(
        GpuProcess(pid=1696, name="/usr/bin/gnome-shell", memory_bytes=176 * MIB, kind="graphics"),
        GpuProcess(pid=1700, name="...m Files\\NZXT CAM\\NZXT CAM.exe", kind="both"),
    ),
)
SECOND = Gpu(
    vendor="nvidia",
    name="NVIDIA A100-SXM4-40GB",
    index=1,
    pci_address="0000:41:00.0",
    memory_bytes=40960 * MIB,
    memory_free_bytes=960 * MIB,
    mig=False,
    mig_pending=True,
    mig_instances=(),
    power=Power(draw_watts=59.0, limit_watts=400.0),
    temperature_celsius=25,
    performance_state="P0",
    persistence=True,
    compute_mode="exclusive-process",
    display_active=False,
    ecc=Ecc(enabled=True, volatile=EccCounts(uncorrected=3)),
    processes=(),
)
REPORT = NvidiaReport(driver="570.86.10", cuda="12.8", gpus=(FIRST, SECOND))
OLD = """+-----------------------------------------------------------------------------+
| NVIDIA-SMI 418.40.04    Driver Version: 418.40.04    CUDA Version: 10.1     |
|-------------------------------+----------------------+----------------------+
| GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |
| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |
|===============================+======================+======================|
|   0  Tesla V100-SXM2...  Off  | 00000000:00:04.0 Off |                  Off |
| N/A   33C    P0    23W / 300W |      0MiB / 16130MiB |      0%   Prohibited |
+-------------------------------+----------------------+----------------------+
|   1  GeForce GTX 108...  ERR! | 0000:05:00.0     N/A |                  N/A |
|ERR!  ERR! ERR!    N/A / ERR!  | GPU is lost          |     ERR!       ERR!  |
+-------------------------------+----------------------+----------------------+

+-----------------------------------------------------------------------------+
| Processes:                                                       GPU Memory |
|  GPU       PID   Type   Process name                             Usage      |
|=============================================================================|
|    0      4711      C   python train.py                              512MiB |
|    1                    Not Supported                                       |
+-----------------------------------------------------------------------------+
"""
MIG = """+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 610.57.04              KMD Version: 610.57.05     CUDA UMD Version: 13.3     |
+-----------------------------------------+------------------------+----------------------+
|   0  NVIDIA H100 80GB HBM3          On  |   00000000:00:09.0 Off |                   On |
| N/A   52C    P0            432W /  700W |   11125MiB /  81559MiB |     N/A      Default |
|                                         |                        |              Enabled |
+-----------------------------------------+------------------------+----------------------+

+-----------------------------------------------------------------------------------------+
| MIG devices:                                                                            |
+------------------+----------------------------------+-----------+-----------------------+
| GPU  GI  CI  MIG |              Shared Memory-Usage |        Vol|        Shared         |
|      ID  ID  Dev |                Shared BAR1-Usage | SM     Unc| CE ENC  DEC  OFA  JPG |
|                  |                                  |        ECC|                       |
|==================+==================================+===========+=======================|
|  0    2   0   0  |           11091MiB / 40448MiB    | 60      0 |  3   0    3    0    3 |
|                  |               0MiB / 24739MiB    |           |                       |
+------------------+----------------------------------+-----------+-----------------------+
|  0   10   1   1  |               9MiB /  9984MiB    | 16      0 |  1   0    1    0    1 |
|                  |               0MiB /  6184MiB    |           |                       |
+------------------+----------------------------------+-----------+-----------------------+
"""


def read(text: str) -> NvidiaReport:
    """The report of a text that holds a table."""
    report = parse_nvidia_smi_table(text)
    assert report is not None
    return report


def test_every_fact_of_a_table_is_read() -> None:
    assert REPORT == read(TABLE)


@pytest.mark.parametrize("mark", ["> ", "> > ", ">", "    ", "\t"])
def test_a_quoted_or_shifted_table_is_the_same(mark: str) -> None:
    assert REPORT == read("\n".join(mark + line for line in TABLE.splitlines()))


def test_a_table_without_its_spaces_is_the_same_but_for_the_text_of_names() -> None:
    squeezed = "\n".join(" ".join(line.split()) for line in TABLE.splitlines())
    assert REPORT == read(squeezed)


def test_a_table_in_a_code_fence_with_a_prompt_is_the_same() -> None:
    assert REPORT == read(f"Here it is:\n```\n$ nvidia-smi\n{TABLE}```\nThanks | bye")


def test_a_windows_table_names_the_driver_model() -> None:
    gpu = read(TABLE.replace("...    Off |", "...  WDDM  |")).gpus[0]
    assert ("WDDM", None) == (gpu.driver_model, gpu.persistence)


def test_an_old_table_has_two_lines_for_a_gpu_and_a_lost_gpu_says_little() -> None:
    expected = (
        Gpu(
            vendor="nvidia",
            name="Tesla V100-SXM2",
            index=0,
            pci_address="0000:00:04.0",
            memory_bytes=16130 * MIB,
            memory_free_bytes=16130 * MIB,
            power=Power(draw_watts=23.0, limit_watts=300.0),
            temperature_celsius=33,
            performance_state="P0",
            persistence=False,
            compute_mode="prohibited",
            display_active=False,
            ecc=Ecc(enabled=False),
            processes=(GpuProcess(pid=4711, name="python train.py", memory_bytes=512 * MIB, kind="compute"),),
        ),
        Gpu(vendor="nvidia", name="GeForce GTX 108", index=1, pci_address="0000:05:00.0"),
    )
    assert NvidiaReport(driver="418.40.04", cuda="10.1", gpus=expected) == read(OLD)


def test_mig_devices_and_the_words_of_driver_610_are_read() -> None:
    report = read(MIG)
    assert ("610.57.05", "610.57.05", "13.3") == (report.driver, report.kernel_module, report.cuda)
    (gpu,) = report.gpus
    expected = (
        MigInstance(gpu_instance=2, compute_instance=0, memory_bytes=40448 * MIB, multiprocessors=60),
        MigInstance(gpu_instance=10, compute_instance=1, memory_bytes=9984 * MIB, multiprocessors=16),
    )
    assert (True, True, expected, None) == (gpu.mig, gpu.mig_pending, gpu.mig_instances, gpu.processes)
    assert 81559 * MIB == gpu.memory_bytes


def test_a_split_gpu_may_hold_no_devices() -> None:
    head, _rows = MIG.split("|==================+")
    (gpu,) = read(f"{head}|==================+====|\n|  No MIG devices found  |\n").gpus
    assert () == gpu.mig_instances


def test_no_running_processes_is_an_empty_list_and_a_cut_table_none() -> None:
    head, rule, _rows = TABLE.partition("|====================================================================")
    found = f"{head}{rule}|\n|  No running processes found     |\n+---------+\n"
    assert [(), ()] == [gpu.processes for gpu in read(found).gpus]
    assert [None, None] == [gpu.processes for gpu in read(head).gpus]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("NVIDIA GeForce RTX 2080 ...", "NVIDIA GeForce RTX 2080"),
        ("NVIDIA RTX 2000 Ada Gene...", "NVIDIA RTX 2000 Ada Gene"),
        ("NVIDIA A100-SXM...", "NVIDIA A100-SXM"),
        ("NVIDIA GeForce ...", None),
        ("Quadro RTX ...", None),
        ("NVIDIA H100 PCIe", "NVIDIA H100 PCIe"),
    ],
)
def test_a_cut_name_loses_its_dots(printed: str, expected: str | None) -> None:
    row = f"|   0  {printed}   Off | 00000000:0C:00.0  On |  N/A |"
    assert [expected] == [gpu.name for gpu in read(row).gpus]


def test_a_table_cut_anywhere_claims_nothing_new() -> None:
    for length in range(0, len(TABLE), 11):
        report = parse_nvidia_smi_table(TABLE[:length])
        for complete, found in zip(REPORT.gpus, report.gpus if report else (), strict=False):
            assert complete.pci_address == found.pci_address
            assert found.memory_bytes in (None, complete.memory_bytes)
            assert set(found.processes or ()) <= set(complete.processes or ())


def test_only_the_first_table_counts() -> None:
    assert REPORT == read(TABLE + OLD)


def test_a_banner_alone_gives_the_versions() -> None:
    banner = "| NVIDIA-SMI 550.67    Driver Version: 550.67    CUDA Version: N/A   |"
    assert NvidiaReport(driver="550.67") == read(banner)


def test_text_of_another_form_is_none() -> None:
    texts = ("", "nvidia-smi inside: driver version 387.12", "| 0 | 1 | 2 |", "+---+", "NVIDIA-SMI has failed because")
    assert [None] * len(texts) == [parse_nvidia_smi_table(text) for text in texts]
