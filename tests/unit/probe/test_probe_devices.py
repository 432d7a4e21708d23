"""Parsers and merging of the GPU sources."""

from __future__ import annotations

import base64
import ctypes
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from mlenv.facts.drivers import CudaToolkit
from mlenv.facts.gpu import Gpu
from mlenv.formats.pci_address import plain_address
from mlenv.probe.amd import make_gpu, name_address, name_gfx, parse_properties, parse_release, read_amd
from mlenv.probe.children import cuda_driver as cuda_child
from mlenv.probe.children import nvml as nvml_child
from mlenv.probe.cuda_driver import CudaDriver
from mlenv.probe.cuda_toolkit import parse_compiler, parse_version_file
from mlenv.probe.gpus import Sources, list_gpus
from mlenv.probe.log import Log
from mlenv.probe.nvidia import NvidiaAnswer
from mlenv.probe.nvidia_kernel import KernelAnswer, KernelModule, parse_information, parse_module
from mlenv.probe.nvidia_library import CUDA, NVML, find_in_cache, find_library, library_version
from mlenv.probe.nvidia_smi import FIELDS, OLD_FIELDS, SmiAnswer, parse_query, query_command, read_smi
from mlenv.probe.pci import Display, display_gpus
from mlenv.system.recording import RecordedHost
from tests.unit.probe.probe_hosts import GIB, command, linux, probe

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 2024\nGCC version: 12\n",
            KernelModule(version="535.183.01", is_open=False),
        ),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  580.95.05  Release Build  (b@h)  Tue\n",
            KernelModule(version="580.95.05", is_open=True),
        ),
        ("NVRM version: something else\n", None),
        ("", None),
    ],
)
def test_kernel_module(text: str, expected: KernelModule | None) -> None:
    assert parse_module(text) == expected


def test_kernel_names_a_gpu() -> None:
    text = (
        "Model: \t NVIDIA A10\nGPU UUID: \t GPU-01234567-89ab-cdef-0123-456789abcdef\nBus Location: \t 0000:65:00.0\n"
    )
    assert parse_information(text, "0000:65:00.0") == Gpu(
        vendor="nvidia",
        name="NVIDIA A10",
        uuid="GPU-01234567-89ab-cdef-0123-456789abcdef",
        pci_address="0000:65:00.0",
    )
    assert parse_information("Model: Unknown\n", "0000:65:00.0") == Gpu(vendor="nvidia", pci_address="0000:65:00.0")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.65.06", "580.65.06"),
        ("/usr/lib/libcuda.so.418.87", "418.87"),
        ("/usr/lib/wsl/lib/libnvidia-ml.so.1", None),
    ],
)
def test_library_version(path: str, expected: str | None) -> None:
    assert library_version(path) == expected


def test_library_in_the_linker_cache() -> None:
    cache = b"glibc-ld.so.cache1.1\0libcuda.so.1\0/opt/nv/libcuda.so.1\0libnvidia-ml.so.1\0/opt/nv/libnvidia-ml.so.1\0"
    assert find_in_cache(cache, NVML) == "/opt/nv/libnvidia-ml.so.1"
    assert find_in_cache(cache, "libnvidia-ml.so") is None
    host = RecordedHost(linux(bytes={"/etc/ld.so.cache": base64.b64encode(cache).decode()}))
    assert find_library(host, Log(), "nvidia.cuda_init", CUDA) == "/opt/nv/libcuda.so.1"


def test_own_library_folders_come_first() -> None:
    existing = ["/opt/driver/libcuda.so.1", "/usr/lib64/libcuda.so.1"]
    host = RecordedHost(linux(existing=existing, environ={"LD_LIBRARY_PATH": ":relative:/opt/driver"}))
    assert find_library(host, Log(), "nvidia.cuda_init", CUDA) == "/opt/driver/libcuda.so.1"


def test_smi_query() -> None:
    text = (
        "NVIDIA H100 80GB HBM3, GPU-0a, 00000000:0F:00.0, 9.0, 81559, 81008, 590.48.01\n"
        "NVIDIA GB10, GPU-0b, 0000000F:01:00.0, 12.1, [N/A], [Not Supported], 590.48.01\n"
        "WARNING: infoROM is corrupted at gpu 0000:0F:00.0\n"
    )
    assert parse_query(text, FIELDS) == SmiAnswer(
        driver="590.48.01",
        gpus=(
            Gpu(
                vendor="nvidia",
                index=0,
                name="NVIDIA H100 80GB HBM3",
                uuid="GPU-0a",
                pci_address="0000:0f:00.0",
                compute_capability="9.0",
                memory_bytes=81559 * MIB,
                memory_free_bytes=81008 * MIB,
            ),
            Gpu(
                vendor="nvidia",
                index=1,
                name="NVIDIA GB10",
                uuid="GPU-0b",
                pci_address="000f:01:00.0",
                compute_capability="12.1",
            ),
        ),
    )


def test_smi_of_an_old_driver_is_asked_again() -> None:
    refusal = 'Field "compute_cap" is not a valid field to query.\n'
    line = "Tesla K80, GPU-0a, 00000000:05:00.0, 11441, 11400, 418.87.00\n"
    commands = [
        command(*query_command("nvidia-smi"), stdout=refusal, status=2),
        command(*query_command("nvidia-smi", OLD_FIELDS), stdout=line),
    ]
    log = Log()
    found = read_smi(RecordedHost(linux(existing=["/usr/bin/nvidia-smi"], commands=commands)), log)
    assert found is not None
    assert (found.driver, found.gpus[0].name, found.gpus[0].compute_capability) == ("418.87.00", "Tesla K80", None)
    assert [item.outcome for item in log.readings] == ["found"]


def test_smi_without_driver_says_why() -> None:
    words = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."
    commands = [command(*query_command("nvidia-smi"), stdout=words, status=9)]
    log = Log()
    assert read_smi(RecordedHost(linux(existing=["/usr/bin/nvidia-smi"], commands=commands)), log) is None
    assert log.readings[0].detail == f"ended with status 9: {words}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00000000:01:00.0", "0000:01:00.0"),
        ("0000000F:01:00.0", "000f:01:00.0"),
        ("01:00.0", "0000:01:00.0"),
        ("10000:E1:00.0", "10000:e1:00.0"),
        ("[N/A]", None),
        ("", None),
    ],
)
def test_pci_address(text: str, expected: str | None) -> None:
    assert plain_address(text) == expected


def test_tpu_has_a_name() -> None:
    displays = (Display(address="0000:00:05.0", vendor="google", pci_id="1ae0:0063"),)
    assert display_gpus(displays, "google") == (
        Gpu(vendor="google", name="TPU v5e", pci_address="0000:00:05.0", pci_id="1ae0:0063"),
    )


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (110000, "gfx1100"),
        (90010, "gfx90a"),
        (90402, "gfx942"),
        (90500, "gfx950"),
        (100302, "gfx1032"),
        (120001, "gfx1201"),
        (110501, "gfx1151"),
        (0, None),
    ],
)
def test_gfx(version: int, expected: str | None) -> None:
    assert name_gfx(version) == expected


def test_kfd_node() -> None:
    values = parse_properties("simd_count 416\ngfx_target_version 90010\nlocation_id 17152\ndomain 1\nname x\n")
    assert name_address(values) == "0001:43:00.0"
    assert make_gpu(values, 64 * GIB) == Gpu(
        vendor="amd", gfx="gfx90a", pci_address="0001:43:00.0", memory_bytes=64 * GIB
    )


@pytest.mark.parametrize(("writable", "outcome"), [(["/dev/kfd"], "found"), ([], "unreadable")])
def test_compute_device_of_amd(writable: list[str], outcome: str) -> None:
    node = {"/sys/class/kfd/kfd/topology/nodes/1/properties": "simd_count 64\n"}
    log = Log()
    read_amd(RecordedHost(linux(node, existing=["/dev/kfd"], writable=writable)), log)
    assert [item.outcome for item in log.readings if item.id == "gpus.amd.device"] == [outcome]


def test_processor_with_graphics_in_one_node_is_integrated() -> None:
    assert make_gpu({"simd_count": 8, "cpu_cores_count": 4}, None).integrated is True


@pytest.mark.parametrize(("text", "expected"), [("6.4.1-83\n", "6.4.1"), ("7.2", "7.2"), ("", None), ("unknown", None)])
def test_rocm_release(text: str, expected: str | None) -> None:
    assert parse_release(text) == expected


def test_rocm_of_a_versioned_folder() -> None:
    machine = probe(linux({"/opt/rocm-6.3.0/.info/version": "6.3.0-39", "/opt/rocm-6.4.1/.info/version": "6.4.1-83"}))
    assert machine.rocm is not None
    assert machine.rocm.version == "6.4.1"


NVIDIA_DISPLAY = Display(address="0000:01:00.0", vendor="nvidia", pci_id="10de:2684")
FROM_BUS = Gpu(vendor="nvidia", pci_address="0000:01:00.0", pci_id="10de:2684")
FROM_KERNEL = Gpu(vendor="nvidia", name="NVIDIA RTX", pci_address="0000:01:00.0", pci_id="10de:2684")
FROM_CUDA = Gpu(vendor="nvidia", name="NVIDIA RTX", compute_capability="8.9", uuid="GPU-0a", integrated=False)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (Sources(), ()),
        (Sources(nvidia=NvidiaAnswer(nvml="SIGSEGV", gpus=None)), None),
        (Sources(nvidia=NvidiaAnswer(nvml="ok", gpus=()), displays=(NVIDIA_DISPLAY,)), ()),
        (Sources(nvidia=NvidiaAnswer(nvml="timeout", gpus=None), displays=(NVIDIA_DISPLAY,)), (FROM_BUS,)),
        (Sources(kernel=KernelAnswer(gpus=(FROM_KERNEL,)), displays=(NVIDIA_DISPLAY,)), (FROM_KERNEL,)),
        (Sources(cuda=CudaDriver(gpus=(FROM_CUDA,)), kernel=KernelAnswer(gpus=(FROM_KERNEL,))), (FROM_CUDA,)),
        (Sources(apple=None), None),
    ],
)
def test_order_of_sources(sources: Sources, expected: tuple[Gpu, ...] | None) -> None:
    assert list_gpus(sources) == expected


def test_libcuda_completes_what_nvml_cannot_say() -> None:
    spark = Gpu(vendor="nvidia", index=0, uuid="GPU-0b", compute_capability="12.1")
    device = Gpu(vendor="nvidia", uuid="GPU-0b", memory_bytes=120 * GIB, integrated=True)
    sources = Sources(nvidia=NvidiaAnswer(nvml="ok", gpus=(spark,)), cuda=CudaDriver(gpus=(device,)))
    assert list_gpus(sources) == (
        Gpu(
            vendor="nvidia",
            index=0,
            uuid="GPU-0b",
            compute_capability="12.1",
            memory_bytes=120 * GIB,
            integrated=True,
        ),
    )


class LostError(Exception):
    """Stands for the exception that pynvml raises."""

    value = 15


def nvml_stub(**calls: Any) -> Any:
    """A pynvml of which only some calls work."""

    def fail(*_: object) -> object:
        raise LostError("GPU is lost")

    names = ("HandleByIndex", "MemoryInfo", "PciInfo", "CudaComputeCapability", "MigMode", "Name", "UUID")
    stub = {f"nvmlDeviceGet{name}": fail for name in names}
    return SimpleNamespace(**{**stub, **calls})


def test_child_says_what_a_lost_gpu_raises() -> None:
    answer = nvml_child.read_gpu(nvml_stub(), 3)
    assert answer == {"index": 3, "errors": {"handle": "LostError (15): GPU is lost"}}


def test_child_reads_what_an_old_driver_gives() -> None:
    stub = nvml_stub(
        nvmlDeviceGetHandleByIndex=lambda index: object(),
        nvmlDeviceGetName=lambda handle: b"Tesla K80",
        nvmlDeviceGetCudaComputeCapability=lambda handle: (3, 7),
        nvmlDeviceGetPciInfo=lambda handle: SimpleNamespace(busId=b"00000000:05:00.0", pciDeviceId=0x102D10DE),
    )
    answer = nvml_child.read_gpu(stub, 0)
    assert (answer["name"], answer["compute_capability"], answer["pci_id"]) == ("Tesla K80", "3.7", "10de:102d")
    assert answer["memory_bytes"] is None
    assert sorted(answer["errors"]) == ["memory", "mig", "uuid"]


def fake_libcuda() -> Any:
    """A libcuda with one device; it lacks the newer calls."""

    def write(value: int) -> Callable[..., int]:
        def call(place: Any, *_: object) -> int:
            place._obj.value = value
            return 0

        return call

    def read_name(buffer: Any, size: int, device: ctypes.c_int) -> int:
        buffer.value = b"Orin"
        return 0

    def read_attribute(value: Any, attribute: int, device: ctypes.c_int) -> int:
        value._obj.value = {18: 1, 75: 8, 76: 7}[attribute]
        return 0

    return SimpleNamespace(
        cuDriverGetVersion=write(12040),
        cuDeviceGetCount=write(1),
        cuDeviceGet=write(0),
        cuDeviceGetName=read_name,
        cuDeviceGetAttribute=read_attribute,
        cuDeviceTotalMem_v2=lambda size, device: 999,
    )


def test_child_reads_libcuda() -> None:
    library = fake_libcuda()
    assert cuda_child.read_version(library) == "12.4"
    assert cuda_child.name_error(library, 803) == "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"
    assert cuda_child.name_error(library, 12345) == "CUDA_ERROR_12345"
    assert cuda_child.read_devices(library) == [
        {
            "index": 0,
            "name": "Orin",
            "uuid": None,
            "pci_address": None,
            "compute_capability": "8.7",
            "memory_bytes": None,
            "integrated": True,
        }
    ]


def test_toolkits_once_each_and_newest_first() -> None:
    machine = probe(
        linux(
            {
                "/usr/local/cuda-12.4/version.json": '{"cuda": {"name": "CUDA SDK", "version": "12.4.1"}}',
                "/usr/local/cuda-10.1/version.txt": "CUDA Version 10.1.243\n",
                "/usr/local/cuda-9.0/lib64/libcudart.so": "",
                "/usr/local/cuda-13.0/lib64/libcudart.so.13.0.88": "",
                "/usr/local/cuda/bin/nvcc": "",
            },
            links={"/usr/local/cuda": "/usr/local/cuda-12.4", "/usr/bin/nvcc": "/usr/local/cuda-12.4/bin/nvcc"},
            environ={"CUDA_HOME": "/usr/local/cuda"},
        )
    )
    assert machine.cuda_toolkits == (
        CudaToolkit(version="13.0.88", path="/usr/local/cuda-13.0"),
        CudaToolkit(version="12.4.1", path="/usr/local/cuda-12.4"),
        CudaToolkit(version="10.1.243", path="/usr/local/cuda-10.1"),
    )


def test_compiler_of_the_distribution_is_a_toolkit() -> None:
    words = "nvcc: NVIDIA (R) Cuda compiler driver\nCuda compilation tools, release 11.8, V11.8.89\n"
    machine = probe(linux({"/usr/bin/nvcc": ""}, commands=[command("/usr/bin/nvcc", "--version", stdout=words)]))
    assert machine.cuda_toolkits == (CudaToolkit(version="11.8.89", path="/usr"),)


@pytest.mark.parametrize(
    ("text", "expected"), [("release 12.9", "12.9"), ("release 12.9, V12.9.86", "12.9.86"), ("error", None)]
)
def test_compiler(text: str, expected: str | None) -> None:
    assert parse_compiler(text) == expected


def test_version_file_of_another_form() -> None:
    assert [parse_version_file(text) for text in ("", "[]", '{"cuda": "12"}')] == [None, None, None]
