"""The real command with libraries of our own in place of NVIDIA's: well, broken, and hostile ones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

RECIPE = Path(__file__).parents[3] / "shared" / "recipes" / "fake_gpu"
needs_recipe = pytest.mark.skipif(not RECIPE.is_dir(), reason="the recipe for fake libraries is not here")
pytestmark = [
    pytest.mark.live,
    pytest.mark.compiler,
    pytest.mark.skipif(sys.platform != "linux" or shutil.which("gcc") is None, reason="needs Linux and gcc"),
]
# What a probe may take in all, and what the start of Python and a loaded machine add.
DEADLINE, START = 5.0, 3.0
MIB = 1024 * 1024

RTX = (
    "NVIDIA GeForce RTX 4090|GPU-11111111-2222-3333-4444-555555555555|00000000:01:00.0|24564|512|8.9|-1|-1|4|4|16|16|0"
)
A100 = "NVIDIA A100-SXM4-40GB|GPU-66666666-7777-8888-9999-000000000000|00000000:07:00.0|40960|0|8.0|1|1|1|4|8|16|0"
LOST = A100.removesuffix("0") + "15"

# Each hostile library is this source with one of its tricks; the rest of it works.
HOSTILE = r"""
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static volatile int *volatile nowhere;
static void trick(void) {
    switch (TRICK) {
    case 1: *nowhere = 1; break;
    case 2: for (;;) pause();
    case 3: for (int i = 0; i < 5 * 1024; i++) { char junk[1024]; memset(junk, 'x', 1024); write(1, junk, 1024); }
            printf("mlenv-nvml:{\n"); fflush(stdout); break;
    case 4: _exit(0);
    }
}
static int put(char *out, const char *text) { strcpy(out, text); return 0; }
#ifdef NVML
int nvmlInitWithFlags(unsigned flags) { if (!LATE) trick(); return 0; }
const char *nvmlErrorString(int code) { return "\xff\xfe"; }
int nvmlSystemGetDriverVersion(char *out, unsigned size) { return put(out, "580.95.05"); }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 1; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) { *device = (void *)8; return 0; }
int nvmlDeviceGetName(void *device, char *out, unsigned size) { return put(out, "NVIDIA \xff\xfe L4"); }
int nvmlDeviceGetUUID(void *device, char *out, unsigned size) { return put(out, "GPU-0a"); }
int nvmlDeviceGetVbiosVersion(void *device, char *out, unsigned size) { return 777; }
int nvmlDeviceGetMigMode(void *device, unsigned *now, unsigned *next) { if (LATE) trick(); return 3; }
#else
int cuInit(unsigned flags) { if (!LATE) trick(); return 0; }
int cuDriverGetVersion(int *version) { *version = 13000; return 0; }
int cuDeviceGetCount(int *count) { *count = 1; return 0; }
int cuDeviceGet(int *device, int index) { *device = 0; return 0; }
int cuDeviceGetName(char *out, int size, int device) { if (LATE) trick(); return put(out, "NVIDIA \xff\xfe L4"); }
int cuDeviceGetUuid(char *out, int device) { memset(out, 1, 16); return 0; }
#endif
"""
SEGFAULT, HANG, JUNK, EXIT = 1, 2, 3, 4


@pytest.fixture(scope="session", autouse=True)
def _registry() -> None:
    """No registry is asked here."""


def probe(folder: Path, machine: str = "") -> dict[str, Any]:
    """What ``mlenv probe`` says with the libraries and programs of a folder; it has to end well and in time."""
    (folder / "machine.txt").write_text(machine)
    environ = {
        **os.environ,
        "FAKE_NVIDIA": str(folder / "machine.txt"),
        "LD_LIBRARY_PATH": str(folder),
        "PATH": f"{folder}:{os.environ['PATH']}",
    }
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "mlenv", "probe", "--format", "json"],
        env=environ,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    assert time.monotonic() - begin < DEADLINE + START
    found: dict[str, Any] = json.loads(done.stdout)
    others = ("architecture", "cpu", "memory", "disks", "pythons", "managers")
    assert all(found[name] is not None for name in others)
    assert ("linux", True) == (found["os"]["family"], found["memory"]["total_bytes"] > 0)
    return found


def readings(machine: dict[str, Any], subject: str) -> list[tuple[str, str]]:
    return [(item["outcome"], item["detail"]) for item in machine["readings"] if item["id"] == subject]


def compile_library(folder: Path, name: str, source: Path, *options: str) -> None:
    command = ["gcc", "-w", "-O1", "-fPIC", "-shared", f"-Wl,-soname,{name}", "-o", str(folder / name), str(source)]
    subprocess.run([*command, *options], check=True)


def compile_hostile(folder: Path, name: str, trick: int, *, late: bool = False) -> None:
    source = folder / "hostile.c"
    source.write_text(HOSTILE)
    kind = ("-DNVML",) if "nvidia-ml" in name else ()
    compile_library(folder, name, source, f"-DTRICK={trick}", f"-DLATE={int(late)}", *kind)


def write_program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fake libraries that read their machine from a file."""
    folder = tmp_path_factory.mktemp("recipe")
    subprocess.run(["sh", str(RECIPE / "build.sh"), str(folder)], check=True)
    return folder


def describe(*gpus: str, driver: str = "580.65.06", cuda: int = 13000, init: int = 0, cuinit: int = 0) -> str:
    lines = [f"driver {driver}", f"cuda {cuda}", f"init {init}", f"cuinit {cuinit}", *(f"gpu {gpu}" for gpu in gpus)]
    return "\n".join(lines) + "\n"


@needs_recipe
def test_two_gpus(recipe: Path) -> None:
    machine = probe(recipe, describe(RTX, A100))
    nvidia, gpus = machine["nvidia"], machine["gpus"]
    assert ("580.65.06", "13.0", "ok", "ok") == tuple(nvidia[name] for name in ("driver", "cuda", "nvml", "cuda_init"))
    assert [("NVIDIA GeForce RTX 4090", "8.9", 24564 * MIB, 24052 * MIB), ("NVIDIA A100-SXM4-40GB", "8.0")] == [
        (gpus[0]["name"], gpus[0]["compute_capability"], gpus[0]["memory_bytes"], gpus[0]["memory_free_bytes"]),
        (gpus[1]["name"], gpus[1]["compute_capability"]),
    ]
    assert ["0000:01:00.0", "0000:07:00.0"] == [gpu["pci_address"] for gpu in gpus]
    assert {"generation": 1, "largest_generation": 4, "width": 8, "largest_width": 16} == gpus[1]["link"]
    assert (None, True, True) == (gpus[0]["mig"], gpus[1]["mig"], gpus[1]["mig_pending"])
    assert (None, True) == (gpus[0]["ecc"], gpus[1]["ecc"]["enabled"])
    assert "version 13.580.65.06" == readings(machine, "nvidia.nvml")[0][1]


@needs_recipe
@pytest.mark.parametrize(
    ("code", "name"), [(9, "DriverNotLoaded"), (18, "LibRmVersionMismatch"), (4, "NoPermission"), (999, "Unknown")]
)
def test_nvml_does_not_start(recipe: Path, code: int, name: str) -> None:
    machine = probe(recipe, describe(RTX, init=code, cuinit=100))
    assert (name, "CUDA_ERROR_NO_DEVICE") == (machine["nvidia"]["nvml"], machine["nvidia"]["cuda_init"])
    assert ["unreadable"] == [outcome for outcome, _ in readings(machine, "nvidia.nvml")]
    assert f"{name} ({code})" in readings(machine, "nvidia.nvml")[0][1]
    assert ["unreadable"] == [outcome for outcome, _ in readings(machine, "nvidia.smi")]


@needs_recipe
def test_libcuda_answers_where_nvml_does_not(recipe: Path) -> None:
    machine = probe(recipe, describe(RTX, init=18))
    assert [("NVIDIA GeForce RTX 4090", "8.9")] == [(gpu["name"], gpu["compute_capability"]) for gpu in machine["gpus"]]


@needs_recipe
@pytest.mark.parametrize(
    ("code", "name"),
    [(803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"), (100, "CUDA_ERROR_NO_DEVICE"), (999, "CUDA_ERROR_UNKNOWN")],
)
def test_cuinit_fails(recipe: Path, code: int, name: str) -> None:
    machine = probe(recipe, describe(RTX, cuinit=code))
    assert ("ok", name) == (machine["nvidia"]["nvml"], machine["nvidia"]["cuda_init"])
    assert [("unreadable", f"{name} ({code})")] == readings(machine, "nvidia.cuda_init")
    assert ["NVIDIA GeForce RTX 4090"] == [gpu["name"] for gpu in machine["gpus"]]


@needs_recipe
def test_lost_gpu(recipe: Path) -> None:
    machine = probe(recipe, describe(RTX, LOST))
    assert ["NVIDIA GeForce RTX 4090", None] == [gpu["name"] for gpu in machine["gpus"]]
    assert [("unreadable", "GpuIsLost (15): GPU is lost (pci, compute_capability, name, uuid)")] == readings(
        machine, "gpu.1"
    )


@needs_recipe
def test_old_driver_lacks_calls(tmp_path: Path) -> None:
    lacking = (
        "nvmlSystemGetCudaDriverVersion_v2",
        "nvmlDeviceGetMemoryInfo_v2",
        "nvmlDeviceGetMigMode",
        "nvmlDeviceGetCudaComputeCapability",
        "nvmlDeviceGetEccMode",
    )
    renamed = [f"-D{name}=not_{name}" for name in lacking]
    compile_library(tmp_path, "libnvidia-ml.so.1", RECIPE / "fake_nvidia.c", "-DNVML", *renamed)
    machine = probe(tmp_path, describe(RTX, driver="390.157", cuda=9010))
    assert ("390.157", "9.1", "ok") == tuple(machine["nvidia"][name] for name in ("driver", "cuda", "nvml"))
    (gpu,) = machine["gpus"]
    assert ("NVIDIA GeForce RTX 4090", None, None) == (gpu["name"], gpu["compute_capability"], gpu["mig"])
    assert ["absent"] == [outcome for outcome, _ in readings(machine, "nvidia.nvml.functions")]
    assert [] == readings(machine, "gpu.0")


NVML, CUDA = "libnvidia-ml.so.1", "libcuda.so.1"
SUBJECTS = {NVML: "nvidia.nvml", CUDA: "nvidia.cuda_init"}
STATES = {NVML: "nvml", CUDA: "cuda_init"}


@pytest.mark.parametrize("library", [NVML, CUDA])
@pytest.mark.parametrize(
    ("trick", "state", "words"),
    [
        (SEGFAULT, "SIGSEGV", "ended by SIGSEGV"),
        (HANG, "timeout", "no answer before the deadline"),
        (EXIT, "no answer", ""),
    ],
)
def test_library_that_does_not_come_back(tmp_path: Path, library: str, trick: int, state: str, words: str) -> None:
    compile_hostile(tmp_path, library, trick)
    machine = probe(tmp_path)
    assert state == machine["nvidia"][STATES[library]]
    found = readings(machine, SUBJECTS[library])
    assert ["unreadable"] == [outcome for outcome, _ in found]
    assert found[0][1].startswith(words)


@pytest.mark.parametrize("library", [NVML, CUDA])
@pytest.mark.parametrize("trick", [SEGFAULT, HANG, EXIT])
def test_library_that_fails_later(tmp_path: Path, library: str, trick: int) -> None:
    compile_hostile(tmp_path, library, trick, late=True)
    machine = probe(tmp_path)
    assert "ok" == machine["nvidia"][STATES[library]]
    outcomes = [outcome for outcome, _ in readings(machine, SUBJECTS[library])]
    assert {"found", "unreadable"} == set(outcomes)
    if library == NVML:
        assert "580.95.05" == machine["nvidia"]["driver"]
        assert ["NVIDIA \ufffd\ufffd L4"] == [gpu["name"] for gpu in machine["gpus"]]
    else:
        assert "13.0" == machine["nvidia"]["cuda"]


@pytest.mark.parametrize("library", [NVML, CUDA])
def test_library_that_prints(tmp_path: Path, library: str) -> None:
    compile_hostile(tmp_path, library, JUNK)
    machine = probe(tmp_path)
    assert "ok" == machine["nvidia"][STATES[library]]
    assert ["NVIDIA \ufffd\ufffd L4"] == [gpu["name"] for gpu in machine["gpus"]]
    (noise,) = readings(machine, f"{SUBJECTS[library]}.output")
    assert noise[1].startswith("the library printed ")


@pytest.mark.parametrize("library", [NVML, CUDA])
def test_library_whose_texts_are_none(tmp_path: Path, library: str) -> None:
    compile_hostile(tmp_path, library, 0)
    machine = probe(tmp_path)
    assert ["NVIDIA \ufffd\ufffd L4"] == [gpu["name"] for gpu in machine["gpus"]]
    if library == NVML:
        details = [detail for _, detail in readings(machine, "gpu.0")]
        assert "the library's text is not UTF-8 (name)" in details
        assert "NVMLError (777): no description (vbios)" in details


XML = """<?xml version="1.0" ?>
<nvidia_smi_log>
  <driver_version>580.95.05</driver_version>
  <gpu id="00000000:01:00.0"><product_name>NVIDIA L4</product_name><uuid>GPU-0a</uuid></gpu>
</nvidia_smi_log>"""


def test_nvidia_smi_answers_where_nvml_hangs(tmp_path: Path) -> None:
    compile_hostile(tmp_path, NVML, HANG)
    query = "*query-gpu=uuid,compute_cap*) echo 'GPU-0a, 8.9' ;;"
    write_program(tmp_path, "nvidia-smi", f"case \"$*\" in '-q -x') cat <<'E'\n{XML}\nE\n;; {query} *) exit 2 ;; esac")
    machine = probe(tmp_path)
    assert ("timeout", "580.95.05") == (machine["nvidia"]["nvml"], machine["nvidia"]["driver"])
    assert [("NVIDIA L4", "8.9")] == [(gpu["name"], gpu["compute_capability"]) for gpu in machine["gpus"]]


def test_everything_hangs(tmp_path: Path) -> None:
    for library in (NVML, CUDA):
        compile_hostile(tmp_path, library, HANG)
    write_program(tmp_path, "nvidia-smi", "exec sleep 600")
    machine = probe(tmp_path)
    assert ("timeout", "timeout") == (machine["nvidia"]["nvml"], machine["nvidia"]["cuda_init"])
    assert machine["gpus"] is None
    for subject in ("nvidia.nvml", "nvidia.smi", "nvidia.cuda_init"):
        ((outcome, detail),) = readings(machine, subject)
        assert ("unreadable", "no answer before the deadline") == (outcome, detail.partition(",")[0])
