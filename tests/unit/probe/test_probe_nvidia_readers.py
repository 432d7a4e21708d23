"""The readers of NVIDIA's user space: NVML, nvidia-smi, libcuda, the libraries' files."""

from __future__ import annotations

import base64
import ctypes
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from mlenv.facts.drivers import GpuPath
from mlenv.facts.gpu import Gpu, NvLink
from mlenv.formats.nvidia_report import NvidiaReport
from mlenv.probe.accelerators.cuda_driver import CudaDriver, read_cuda_driver
from mlenv.probe.accelerators.nvidia import NvidiaAnswer, read_nvidia
from mlenv.probe.accelerators.nvidia_library import CUDA, NVML, find_in_cache, find_library, library_version
from mlenv.probe.accelerators.nvidia_smi import (
    CAPABILITY_FIELDS,
    FIELDS,
    OLD_FIELDS,
    parse_capabilities,
    parse_query,
    query_command,
    read_smi,
    xml_command,
)
from mlenv.probe.accelerators.nvml import NvmlAnswer, NvmlGpu, name_paths
from mlenv.probe.answers import ask, decode_answer
from mlenv.probe.children import cuda_driver as child
from mlenv.probe.log import Log
from mlenv.system.process import Completed
from mlenv.system.recording import RecordedCommand, RecordedHost
from tests.unit.probe.probe_hosts import answer, command, linux

MIB = 1024 * 1024
NVML_LIBRARY = "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1"
CUDA_LIBRARY = "/usr/lib/x86_64-linux-gnu/libcuda.so.1"
SMI = "/usr/bin/nvidia-smi"
HUNG = Completed(status=None, timed_out=True)
XML = """<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
  <driver_version>580.95.05</driver_version>
  <cuda_version>13.0</cuda_version>
  <attached_gpus>1</attached_gpus>
  <gpu id="00000000:01:00.0">
    <product_name>NVIDIA L4</product_name>
    <uuid>GPU-0a</uuid>
    <fb_memory_usage><total>23034 MiB</total><free>22563 MiB</free></fb_memory_usage>
  </gpu>
</nvidia_smi_log>
"""


def outcomes(log: Log) -> list[tuple[str, str, str]]:
    return [(item.id, item.outcome, item.detail) for item in log.readings]


def with_libraries(**more: Any) -> RecordedHost:
    return RecordedHost(linux(**{"existing": [NVML_LIBRARY, CUDA_LIBRARY, SMI], **more}))


# NVML


def test_a_library_that_crashes_later_leaves_what_was_known() -> None:
    stdout = (
        '\nmlenv-nvml:{"init": "ok", "stage": "identity", "driver": "580.95.05", '
        '"gpus": [{"index": 0, "name": "L4"}]}\n'
        '\nmlenv-nvml:{"init": "ok", "stage": "state", "driver": "580.9'
    )
    log = Log()
    found = read_nvidia(with_libraries(scripts=[command("nvml", stdout=stdout, status=-11)]), log)
    assert NvidiaAnswer(nvml="ok", driver="580.95.05", gpus=(Gpu(vendor="nvidia", index=0, name="L4"),)) == found
    assert [
        ("nvidia.nvml", "unreadable", "ended by SIGSEGV, after it had answered"),
        ("nvidia.nvml", "found", ""),
        ("nvidia.nvml", "unreadable", "it ended before all was asked; the last that is known is identity"),
    ] == outcomes(log)


def test_what_nvml_does_not_have_is_told_in_few_words() -> None:
    lost = dict.fromkeys(["name", "uuid", "pci", "memory", "power", "clocks", "vbios", "ecc"], "GpuIsLost (15): lost")
    absent = dict.fromkeys(["nvlinks", "fabric"], "NotSupported (3): Not Supported")
    facts = {
        "init": "ok",
        "nvml": "13.580.95.05",
        "missing": ["nvmlDeviceGetArchitecture"],
        "gpus": [{"index": 0, "errors": lost}, {"index": 1, "errors": {**absent, "nvlinks.peer": "Unknown (999): x"}}],
    }
    log = Log()
    read_nvidia(with_libraries(scripts=[answer("nvml", facts)]), log)
    assert [
        ("nvidia.nvml", "found", "version 13.580.95.05"),
        ("nvidia.nvml.functions", "absent", "this driver's library does not have DeviceGetArchitecture"),
        ("gpu.0", "unreadable", "GpuIsLost (15): lost (name, uuid, pci, memory, power, clocks and 2 more)"),
        ("gpu.1", "unreadable", "Unknown (999): x (nvlinks.peer)"),
    ] == outcomes(log)


def test_what_a_library_prints_is_noted() -> None:
    completed = Completed(status=0, stdout='mlenv-nvml:{"init": "ok", "gpus": []}\n', stderr="junk\x00\n" * 1000)
    log = Log()
    read_nvidia(with_libraries(scripts=[RecordedCommand(argv=("nvml",), completed=completed)]), log)
    (noted,) = (item for item in log.readings if item.id == "nvidia.nvml.output")
    assert noted.detail.startswith("the library printed 5999 characters: junk  junk  ")


def test_nvml_has_half_of_the_time() -> None:
    class Timed(RecordedHost):
        def ask(self, script: str, *arguments: str, timeout: float) -> Completed:
            asked.append(timeout)
            return HUNG

    asked: list[float] = []
    read_nvidia(Timed(linux(existing=[NVML_LIBRARY])), Log(8.0))
    assert 3.9 < asked[0] <= 4.0


def test_smi_is_asked_where_nvml_hangs() -> None:
    hung = RecordedCommand(argv=("nvml",), completed=HUNG)
    commands = [
        command(*xml_command("nvidia-smi"), stdout=XML),
        command(*query_command("nvidia-smi", CAPABILITY_FIELDS), stdout="GPU-0a, 8.9\n"),
    ]
    found = read_nvidia(with_libraries(scripts=[hung], commands=commands), Log())
    assert ("timeout", "580.95.05", "13.0") == (found.nvml, found.driver, found.cuda)
    assert [("NVIDIA L4", "8.9", 23034 * MIB)] == [
        (gpu.name, gpu.compute_capability, gpu.memory_bytes) for gpu in found.gpus or ()
    ]


def test_smi_is_asked_where_nvml_does_not_say_how_many_there_are() -> None:
    facts = {"init": "ok", "driver": "580.95.05", "errors": {"count": "NoPermission (4): no"}}
    commands = [command(*xml_command("nvidia-smi"), stdout=XML)]
    found = read_nvidia(with_libraries(scripts=[answer("nvml", facts)], commands=commands), Log())
    assert ["NVIDIA L4"] == [gpu.name for gpu in found.gpus or ()]


def test_nothing_answers_and_the_file_tells_the_version() -> None:
    log = Log()
    host = with_libraries(
        existing=[NVML_LIBRARY],
        links={NVML_LIBRARY: "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.95.05"},
        scripts=[answer("nvml", {"init": "LibRmVersionMismatch", "detail": "LibRmVersionMismatch (18): mismatch"})],
    )
    expected = NvidiaAnswer(nvml="LibRmVersionMismatch", driver="580.95.05", library="580.95.05", gpus=None)
    assert expected == read_nvidia(host, log)


# Paths between GPUs


def linked(index: int, *peers: str, switched: bool = False) -> NvmlGpu:
    links = tuple(NvLink(link=place, active=True, peer=peer) for place, peer in enumerate(peers))
    return NvmlGpu(index=index, pci_address=f"00000000:0{index}:00.0", nvlinks=links, switched=switched)


def test_paths_by_bridge_switch_and_bus() -> None:
    far = ((0, 1, "PHB"), (0, 2, "SYS"), (1, 2, "SYS"))
    bridged = (linked(0, "00000000:01:00.0", "00000000:01:00.0"), linked(1, "00000000:00:00.0"), linked(2))
    assert (
        GpuPath(first=0, second=1, level="NV2"),
        GpuPath(first=0, second=2, level="SYS"),
        GpuPath(first=1, second=2, level="SYS"),
    ) == name_paths(bridged, far)
    switched = tuple(linked(index, *["00000000:C4:00.0"] * 18, switched=True) for index in range(2))
    assert (GpuPath(first=0, second=1, level="NV18"),) == name_paths(switched, None)
    assert name_paths((linked(0), linked(1)), None) is None
    assert () == name_paths((linked(0),), ())


# nvidia-smi


def test_query() -> None:
    text = (
        "NVIDIA H100 80GB HBM3, GPU-0a, 00000000:0F:00.0, 9.0, 81559, 81008, 590.48.01\n"
        "NVIDIA GB10, GPU-0b, 0000000F:01:00.0, 12.1, [N/A], [Not Supported], 590.48.01\n"
        "WARNING: infoROM is corrupted at gpu 0000:0F:00.0\n"
    )
    assert parse_query(text, FIELDS) == NvidiaReport(
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


def test_query_with_a_number_of_many_digits() -> None:
    report = parse_query(f"L4, GPU-0a, 00000000:0F:00.0, 8.9, {'9' * 5000}, 1, 590.48.01\n", FIELDS)
    assert [None] == [gpu.memory_bytes for gpu in report.gpus]


def test_capabilities() -> None:
    assert {"GPU-0a": "8.9"} == parse_capabilities("GPU-0a, 8.9\nGPU-0b, [N/A]\nunknown field\n")


def test_an_old_driver_is_asked_again() -> None:
    refusal = 'Field "compute_cap" is not a valid field to query.\n'
    line = "Tesla K80, GPU-0a, 00000000:05:00.0, 11441, 11400, 418.87.00\n"
    commands = [
        command(*query_command("nvidia-smi"), stdout=refusal, status=2),
        command(*query_command("nvidia-smi", OLD_FIELDS), stdout=line),
    ]
    log = Log()
    found = read_smi(with_libraries(commands=commands), log, "nvidia-smi")
    assert found is not None
    assert (found.driver, found.gpus[0].name, found.gpus[0].compute_capability) == ("418.87.00", "Tesla K80", None)
    assert [item.outcome for item in log.readings] == ["found"]


def test_smi_without_driver_says_why() -> None:
    words = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."
    commands = [command(*query_command("nvidia-smi"), stdout=words, status=9)]
    log = Log()
    assert read_smi(with_libraries(commands=commands), log, "nvidia-smi") is None
    assert log.readings[0].detail == words


def test_smi_that_hangs_is_asked_once() -> None:
    line = "L4, GPU-0a, 00000000:05:00.0, 8.9, 11441, 11400, 580.95.05\n"
    commands = [
        RecordedCommand(argv=xml_command("nvidia-smi"), completed=HUNG),
        command(*query_command("nvidia-smi"), stdout=line),
    ]
    log = Log()
    assert read_smi(with_libraries(commands=commands), log, "nvidia-smi") is None
    assert [("nvidia.smi", "unreadable", "no answer before the deadline")] == outcomes(log)


# libcuda


def test_cuda_devices_in_their_order() -> None:
    devices = [
        {"index": 0, "uuid": "GPU-0b", "pci_address": "0000:C4:00.0", "compute_units": 132},
        {"index": 1, "uuid": "GPU-0a", "mig_uuid": "MIG-0c", "memory_bytes": MIB},
    ]
    scripts = [answer("cuda_driver", {"init": "ok", "code": 0, "version": "13.0", "devices": devices})]
    links = {CUDA_LIBRARY: "/usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05"}
    assert CudaDriver(
        init="ok",
        version="13.0",
        library="580.95.05",
        gpus=(
            Gpu(vendor="nvidia", index=0, uuid="GPU-0b", pci_address="0000:c4:00.0", compute_units=132),
            Gpu(vendor="nvidia", index=1, uuid="GPU-0a", memory_bytes=MIB, mig=True),
        ),
        devices=("GPU-0b", "MIG-0c"),
    ) == read_cuda_driver(with_libraries(scripts=scripts, links=links), Log())


def test_cuinit_that_crashes_leaves_the_version() -> None:
    stdout = '\nmlenv-cuda_driver:{"version": "13.0", "stage": "version"}\n'
    log = Log()
    found = read_cuda_driver(with_libraries(scripts=[command("cuda_driver", stdout=stdout, status=-11)]), log)
    assert CudaDriver(init="SIGSEGV", version="13.0") == found
    assert [("nvidia.cuda_init", "unreadable", "ended by SIGSEGV, after it had answered")] == outcomes(log)


def test_a_library_that_ends_the_process() -> None:
    stdout = '\nmlenv-cuda_driver:{"version": "13.0", "stage": "version"}\n'
    log = Log()
    found = read_cuda_driver(with_libraries(scripts=[command("cuda_driver", stdout=stdout)]), log)
    assert CudaDriver(init="no answer", version="13.0") == found
    assert [
        ("nvidia.cuda_init", "unreadable", "it ended the process; the last that is known is version"),
    ] == outcomes(log)


def fake_libcuda(**more: Any) -> Any:
    """A libcuda with one device; it lacks the newer calls."""

    def write(value: int) -> Callable[..., int]:
        def call(place: Any, *_: object) -> int:
            place._obj.value = value
            return 0

        return call

    def read_name(buffer: Any, size: int, device: ctypes.c_int) -> int:
        buffer.value = b"Orin\xff"
        return 0

    def read_attribute(value: Any, attribute: int, device: ctypes.c_int) -> int:
        value._obj.value = {16: 16, 18: 1, 75: 8, 76: 7}[attribute]
        return 0

    calls: dict[str, Any] = {
        "cuInit": lambda flags: 0,
        "cuDriverGetVersion": write(12040),
        "cuDeviceGetCount": write(1),
        "cuDeviceGet": write(0),
        "cuDeviceGetName": read_name,
        "cuDeviceGetAttribute": read_attribute,
        "cuDeviceTotalMem_v2": lambda size, device: 999,
    }
    return SimpleNamespace(**{**calls, **more})


ORIN = {
    "index": 0,
    "name": "Orin\ufffd",
    "uuid": None,
    "mig_uuid": None,
    "pci_address": None,
    "compute_capability": "8.7",
    "memory_bytes": None,
    "integrated": True,
    "compute_units": 16,
}


def test_child_reads_libcuda() -> None:
    assert [
        {"version": "12.4", "stage": "version"},
        {"version": "12.4", "init": "ok", "code": 0, "stage": "cuInit"},
        {"version": "12.4", "init": "ok", "code": 0, "devices": [ORIN], "stage": "complete"},
    ] == list(child.read_libcuda(fake_libcuda()))


def test_child_names_the_error_of_cuinit() -> None:
    *_, last = child.read_libcuda(fake_libcuda(cuInit=lambda flags: 803))
    assert {
        "version": "12.4",
        "init": "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
        "code": 803,
        "stage": "complete",
    } == last
    assert child.describe_code(fake_libcuda(), 12345) == "CUDA_ERROR_12345"


def test_child_tells_a_mig_device_from_its_gpu() -> None:
    def write(byte: int) -> Callable[..., int]:
        def call(buffer: Any, device: ctypes.c_int) -> int:
            buffer.raw = bytes([byte]) * 16
            return 0

        return call

    whole = child.read_device(fake_libcuda(cuDeviceGetUuid=write(1), cuDeviceGetUuid_v2=write(1)), 0)
    part = child.read_device(fake_libcuda(cuDeviceGetUuid=write(1), cuDeviceGetUuid_v2=write(2)), 0)
    assert ("GPU-01010101-0101-0101-0101-010101010101", None) == (whole["uuid"], whole["mig_uuid"])
    assert "MIG-02020202-0202-0202-0202-020202020202" == part["mig_uuid"]


# Libraries


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.65.06", "580.65.06"),
        ("/usr/lib/libcuda.so.418.87", "418.87"),
        ("/usr/lib/wsl/lib/libnvidia-ml.so.1", None),
        ("/usr/lib/wsl/lib/libcuda.so.1.1", None),
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


# Answers of children


def test_the_last_whole_answer_counts() -> None:
    stdout = 'm:{"init": "a"}\nm:{"init": "b"}\nm:{"init": "c'
    found, trouble = decode_answer(stdout, "m:", NvmlAnswer)
    assert (NvmlAnswer(init="b"), "") == (found, trouble)


def test_junk_full_of_markers_ends_soon() -> None:
    found, trouble = decode_answer("m:" * 500_000, "m:", NvmlAnswer)
    assert found is None
    assert trouble.startswith("the answer is not as expected")


def test_an_answer_may_have_less_time() -> None:
    class Timed(RecordedHost):
        def ask(self, script: str, *arguments: str, timeout: float) -> Completed:
            asked.append(timeout)
            return HUNG

    asked: list[float] = []
    ask(Timed(linux()), Log(), "subject", "nvml", NvmlAnswer, seconds=1.5)
    assert [1.5] == asked


def test_an_answer_survives_its_journey() -> None:
    gpu = NvmlGpu(index=0, name="L4", errors={"ecc": "x"})
    assert gpu == msgspec.json.decode(msgspec.json.encode(gpu), type=NvmlGpu)
