"""Installed CUDA toolkits."""

from __future__ import annotations

import pytest

from mlenv.facts.drivers import CudaToolkit
from mlenv.facts.reading import Reading
from mlenv.probe.host.cuda_toolkit import WINDOWS_FOLDER, find_runtime, read_cuda_toolkits
from mlenv.probe.log import Log
from mlenv.system.host import Identity
from mlenv.system.process import Completed
from mlenv.system.recording import RecordedCommand, RecordedHost, Recording
from tests.unit.probe.probe_hosts import command, linux

VERSION = '{"cuda": {"name": "CUDA SDK", "version": "12.8.1"}}'
WORDS = "Cuda compilation tools, release 12.6, V12.6.85\n"


def read(recording: Recording) -> tuple[tuple[CudaToolkit, ...], tuple[Reading, ...]]:
    log = Log()
    return read_cuda_toolkits(RecordedHost(recording), log), log.readings


def test_a_version_file_answers_without_a_child() -> None:
    toolkits, readings = read(linux({"/opt/cuda/version.json": VERSION, "/opt/cuda/bin/nvcc": ""}))
    assert (CudaToolkit(version="12.8.1", path="/opt/cuda"),) == toolkits
    assert ["found"] == [item.outcome for item in readings]


def test_the_compiler_is_asked_where_no_file_says_it() -> None:
    nvcc = "/usr/local/cuda-12.6/bin/nvcc"
    toolkits, _ = read(linux({nvcc: ""}, commands=[command(nvcc, "--version", stdout=WORDS)]))
    assert (CudaToolkit(version="12.6.85", path="/usr/local/cuda-12.6"),) == toolkits


def test_a_compiler_that_hangs_is_said() -> None:
    nvcc = "/usr/local/cuda-12.6/bin/nvcc"
    hanging = RecordedCommand(argv=(nvcc, "--version"), completed=Completed(status=None, timed_out=True))
    toolkits, readings = read(linux({nvcc: ""}, commands=[hanging]))
    assert () == toolkits
    assert [("unreadable", "no answer before the deadline"), ("absent", "")] == [
        (item.outcome, item.detail) for item in readings
    ]


def test_variables_name_toolkits_anywhere() -> None:
    toolkits, readings = read(linux({"/home/ada/cuda/version.json": VERSION}, environ={"CUDA_HOME": "/home/ada/cuda"}))
    assert (CudaToolkit(version="12.8.1", path="/home/ada/cuda"),) == toolkits
    assert ["CUDA_HOME"] == [item.source for item in readings]


def test_windows() -> None:
    folder = f"{WINDOWS_FOLDER}\\v12.8"
    toolkits, _ = read(
        Recording(
            identity=Identity(system="windows", release="10.0.22631", machine="AMD64"),
            environ={"CUDA_PATH": folder, "PATH": f"{folder}\\bin"},
            files={f"{folder}\\version.json": VERSION, f"{folder}\\bin\\nvcc.exe": ""},
        )
    )
    assert (CudaToolkit(version="12.8.1", path=folder),) == toolkits


def test_macos_is_not_asked() -> None:
    toolkits, readings = read(Recording(identity=Identity(system="macos", release="24.1.0", machine="arm64")))
    assert ((), ["not_asked"]) == (toolkits, [item.outcome for item in readings])


@pytest.mark.parametrize(
    ("names", "version"),
    [(["libcudart.so", "libcudart.so.13", "libcudart.so.13.0.88"], "13.0.88"), (["libcudart.so.13"], None), ([], None)],
)
def test_the_file_name_of_the_runtime(names: list[str], version: str | None) -> None:
    assert version == find_runtime(names)
