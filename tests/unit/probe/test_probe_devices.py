"""Parsers of several GPU sources."""

from __future__ import annotations

import pytest

from mlenv.facts.drivers import CudaToolkit
from mlenv.facts.gpu import Gpu
from mlenv.formats.pci_address import plain_address
from mlenv.probe.accelerators.amd import read_amd
from mlenv.probe.accelerators.pci import Display, display_gpus
from mlenv.probe.host.cuda_toolkit import parse_compiler, parse_version_file
from mlenv.probe.log import Log
from mlenv.system.recording import RecordedHost
from tests.unit.probe.probe_hosts import command, linux, probe


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


@pytest.mark.parametrize(("writable", "outcome"), [(["/dev/kfd"], "found"), ([], "unreadable")])
def test_compute_device_of_amd(writable: list[str], outcome: str) -> None:
    node = {"/sys/class/kfd/kfd/topology/nodes/1/properties": "simd_count 64\n"}
    log = Log()
    read_amd(RecordedHost(linux(node, existing=["/dev/kfd"], writable=writable)), log)
    assert [item.outcome for item in log.readings if item.id == "gpus.amd.device"] == [outcome]


def test_rocm_of_a_versioned_folder() -> None:
    machine = probe(linux({"/opt/rocm-6.3.0/.info/version": "6.3.0-39", "/opt/rocm-6.4.1/.info/version": "6.4.1-83"}))
    assert machine.rocm is not None
    assert machine.rocm.version == "6.4.1"


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
