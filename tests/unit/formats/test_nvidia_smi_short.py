"""The short outputs of nvidia-smi: -L, nvlink -s, --version, topo -m, and its failures."""

from __future__ import annotations

import pytest

from mlenv.facts.drivers import GpuPath
from mlenv.facts.gpu import Gpu, MigInstance, NvLink
from mlenv.formats.nvidia_report import NvidiaReport
from mlenv.formats.nvidia_smi_failure import parse_nvidia_smi_failure, parse_nvml_library_version
from mlenv.formats.nvidia_smi_list import parse_nvidia_smi_list
from mlenv.formats.nvidia_smi_nvlink import parse_nvidia_smi_nvlink
from mlenv.formats.nvidia_smi_topology import parse_nvidia_smi_topology
from mlenv.formats.nvidia_smi_version import parse_nvidia_smi_version


def test_a_list_holds_gpus_and_their_mig_devices() -> None:
    text = """GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-aaaa)
  MIG 3g.40gb     Device  0: (UUID: MIG-bbbb)
  MIG 1c.2g.20gb  Device  1: (UUID: MIG-GPU-cccc/7/1)
GPU 1: Orin (nvgpu) (UUID: dddd)
"""
    instances = (
        MigInstance(uuid="MIG-bbbb", profile="3g.40gb"),
        MigInstance(uuid="MIG-GPU-cccc/7/1", profile="1c.2g.20gb", gpu_instance=7, compute_instance=1),
    )
    expected = (
        Gpu(
            vendor="nvidia",
            index=0,
            name="NVIDIA H100 80GB HBM3",
            uuid="GPU-aaaa",
            mig=True,
            mig_instances=instances,
        ),
        Gpu(vendor="nvidia", index=1, name="Orin (nvgpu)", uuid="dddd"),
    )
    assert NvidiaReport(gpus=expected) == parse_nvidia_smi_list(text)
    assert NvidiaReport(gpus=expected) == parse_nvidia_smi_list("> " + text.replace("\n", "\n> "))


def test_links_are_active_or_not_and_a_sentence_leaves_them_unknown() -> None:
    text = """GPU 0: NVIDIA A100 (UUID: GPU-a)
\t Link 0: 25 GB/s
\t Link 1: <inactive>
GPU 1: NVIDIA L4 (UUID: GPU-b)
Device does not have or support Nvlink
GPU 2: NVIDIA H100 (UUID: GPU-c)
Nvlink queries are not supported for Devices in MIG mode
GPU 3: NVIDIA GeForce RTX 2080 (UUID: GPU-d)
NVML: Unable to retrieve Nvlink information as all links are inActive
"""
    links = (NvLink(link=0, active=True, speed=25.0), NvLink(link=1, active=False))
    report = parse_nvidia_smi_nvlink(text)
    assert report is not None
    assert [links, (), None, None] == [gpu.nvlinks for gpu in report.gpus]
    assert None is parse_nvidia_smi_nvlink("GPU 0: NVIDIA A100 (UUID: GPU-a)")


def test_versions_before_and_since_610() -> None:
    old = "NVIDIA-SMI version  : 595.71.05\nNVML version  : 595.71\nDRIVER version : 595.71.05\nCUDA Version : 13.2\n"
    new = """NVIDIA-SMI version  : 610.57.04
DRIVER version      : Deprecated, see "KMD version" instead
CUDA version        : Deprecated, see "CUDA UMD version" instead
KMD version         : 610.57.05
CUDA UMD version    : 13.3
"""
    assert NvidiaReport(driver="595.71.05", cuda="13.2") == parse_nvidia_smi_version(old)
    expected = NvidiaReport(driver="610.57.05", kernel_module="610.57.05", cuda="13.3")
    assert expected == parse_nvidia_smi_version(new)


def test_the_topology_gives_each_pair_of_gpus_once() -> None:
    text = """\t\x1b[4mGPU0\tGPU1\tNIC0\tGPU2\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\x1b[0m
GPU0\t X \tNV18\tPIX\tSYS\t0-31\t0\t\tN/A
GPU1\tNV18\t X \tPXB\tNODE\t0-31\t0\t\tN/A
NIC0\tPIX\tPXB\t X \tSYS
GPU2\tSYS\tNODE\tSYS\t X \t32-63\t1\t\tN/A

Legend:

  X    = Self
"""
    expected = (
        GpuPath(first=0, second=1, level="NV18"),
        GpuPath(first=0, second=2, level="SYS"),
        GpuPath(first=1, second=2, level="NODE"),
    )
    assert expected == parse_nvidia_smi_topology(text)
    assert expected == parse_nvidia_smi_topology(text.replace("\t", "   "))
    assert expected == parse_nvidia_smi_topology(text[: text.index("GPU2\tSYS")])


def test_one_gpu_has_no_paths_and_another_text_no_topology() -> None:
    assert () == parse_nvidia_smi_topology("\tGPU0\tCPU Affinity\tNUMA Affinity\nGPU0\t X \t\t\t\tN/A\n")
    assert None is parse_nvidia_smi_topology("ERROR: Option -m is missing its value. Please run 'nvidia-smi -h'")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 535.161", "LibRm"),
        ("> Failed to initialize NVML: Unknown Error", "Unknown"),
        ("Failed to initialize NVML: N/A", "Unknown"),
        ("$ nvidia-smi\nFailed to initialize NVML: Driver Not Loaded", "DriverNotLoaded"),
        ("Failed to initialize NVML: Insufficient Permissions", "NoPermission"),
        ("Failed to initialize NVML: Insufficient External Power", "InsufficientPower"),
        ("Failed to initialize NVML: GPU access blocked by the operating system", "OperatingSystem"),
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that",
            "DriverNotLoaded",
        ),
        ("NVIDIA-SMI couldn\u2019t find libnvidia-ml.so library in your system.", "LibraryNotFound"),
        ("Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.  Reboot the", "GpuIsLost"),
        ("Unable to determine the device handle for GPU0000:8A:00.0: Unknown Error", "Unknown"),
    ],
)
def test_failures_have_the_names_of_nvml(text: str, expected: str) -> None:
    names = {"LibRm": "LibRmVersionMismatch"}
    assert names.get(expected, expected) == parse_nvidia_smi_failure(text)


def test_a_working_driver_is_no_failure() -> None:
    texts = ("", "No devices were found", "GPU is lost in thought", "couldn't communicate with the NVIDIA driver")
    assert [None] * len(texts) == [parse_nvidia_smi_failure(text) for text in texts]


def test_the_version_of_the_library_is_read() -> None:
    assert "535.161" == parse_nvml_library_version("mismatch\nNVML library version: 535.161\n")
    assert None is parse_nvml_library_version("NVML library version:\nNVML library version: new")
