"""PyTorch's collect_env, old and new, and vLLM's."""

from __future__ import annotations

import pytest

from mlenv.facts.drivers import Library
from mlenv.facts.system import Libc, OperatingSystem
from mlenv.intake.forms.collect_env import find_collect_env, read_collect_env
from mlenv.intake.reported import Reported, read_report

NEW = """\
Collecting environment information...
PyTorch version: 2.6.0+cu124
Is debug build: False
CUDA used to build PyTorch: 12.4
ROCM used to build PyTorch: N/A

OS: Ubuntu 22.04.5 LTS (x86_64)
GCC version: (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0
Clang version: Could not collect
CMake version: version 3.31.4
Libc version: glibc-2.35

Python version: 3.11.11 | packaged by conda-forge | (main, Dec  5 2024, 14:17:24) [GCC 13.3.0] (64-bit runtime)
Python platform: Linux-6.8.0-51-generic-x86_64-with-glibc2.35
Is CUDA available: True
CUDA runtime version: 12.6.85
CUDA_MODULE_LOADING set to: LAZY
GPU models and configuration:
GPU 0: NVIDIA L40S
GPU 1: NVIDIA L40S

Nvidia driver version: 550.144.03
cuDNN version: Probably one of the following:
/usr/lib/x86_64-linux-gnu/libcudnn.so.9.5.1
/usr/lib/x86_64-linux-gnu/libcudnn_adv.so.9.5.1
HIP runtime version: N/A
MIOpen runtime version: N/A
Is XNNPACK available: True

CPU:
Architecture:                         x86_64
CPU(s):                               64
Model name:                           AMD EPYC 9354 32-Core Processor
Thread(s) per core:                   2
Flags:                                fpu sse4_2 avx avx2 avx512f

Versions of relevant libraries:
[pip3] numpy==2.1.3
[pip3] nvidia-cudnn-cu12==9.1.0.70
[pip3] torch==2.6.0
[conda] numpy                     2.1.3                    pypi_0    pypi
[conda] libblas                   3.9.0           26_linux64_openblas    conda-forge
"""

OLD = """\
PyTorch version: 1.0.1.post2
Is debug build: No
CUDA used to build PyTorch: 9.0.176

OS: Mac OSX 10.14.6
Python version: 3.6
Is CUDA available: Yes
CUDA runtime version: 9.0.176
GPU models and configuration: GPU 0: GeForce GTX 980
Nvidia driver version: 390.116
cuDNN version: /usr/local/cuda/lib/libcudnn.7.dylib

Versions of relevant libraries:
[pip] numpy (1.16.2)
[pip3] torch (1.0.1.post2)
"""

VLLM = """\
==============================
        System Info
==============================
OS                           : Debian GNU/Linux 12 (bookworm) (x86_64)
Libc version                 : glibc-2.36

==============================
       PyTorch Info
==============================
PyTorch version              : 2.8.0+cu128
CUDA used to build PyTorch   : 12.8

==============================
       CUDA / GPU Info
==============================
Is CUDA available            : True
GPU models and configuration : GPU 0: NVIDIA H100 80GB HBM3
Nvidia driver version        : 570.86.15

==============================
         vLLM Info
==============================
vLLM Version                 : 0.10.2
vLLM Build Flags:
  CUDA Archs: Not Set; ROCm: Disabled

LD_LIBRARY_PATH=/usr/local/nvidia/lib64
VLLM_USE_V1=1
"""


def read(text: str) -> Reported:
    return read_report(text, origin="report")


def test_new_form() -> None:
    found = read(NEW)
    machine, environment = found.machine, found.environment
    assert environment is not None
    assert (
        OperatingSystem(
            family="linux",
            distribution="Ubuntu",
            version="22.04",
            kernel="6.8.0-51-generic",
            libc=Libc(family="glibc", version="2.35"),
        )
        == machine.os
    )
    assert machine.nvidia is not None
    assert ("550.144.03", "x86_64") == (machine.nvidia.driver, machine.architecture)
    assert ["NVIDIA L40S", "NVIDIA L40S"] == [gpu.name for gpu in machine.gpus or ()]
    assert [0, 1] == [gpu.index for gpu in machine.gpus or ()]
    assert machine.libraries is not None
    assert (
        Library(name="cudnn", path="/usr/lib/x86_64-linux-gnu/libcudnn.so.9.5.1", version="9.5.1") in machine.libraries
    )
    assert machine.cpu.model == "AMD EPYC 9354 32-Core Processor"
    assert "avx512f" in (machine.cpu.flags or ())
    assert ("conda", "3.11.11", 64) == (environment.kind, environment.python, environment.bits)


def test_packages_and_view() -> None:
    found = read(NEW)
    assert found.environment is not None
    versions = {row.name: row.version for row in found.environment.distributions}
    assert {"torch": "2.6.0+cu124", "numpy": "2.1.3", "nvidia-cudnn-cu12": "9.1.0.70"}.items() <= versions.items()
    assert ["libblas"] == [row.name for row in found.environment.conda_packages or ()]
    view = found.report.view("torch")
    assert view is not None
    assert ("2.6.0+cu124", "cu124", "12.4", True) == (view.version, view.build, view.cuda, view.available)
    assert ("NVIDIA L40S", "NVIDIA L40S") == view.devices
    assert found.report.toolkit == "12.6.85"


def test_a_report_is_no_symptom() -> None:
    found = read(NEW)
    assert found.report.symptom == ""
    assert "collect_env" in found.report.forms
    assert "PyTorch version" in found.report.text


def test_old_form() -> None:
    found = read(OLD)
    view = found.report.view("torch")
    assert view is not None
    assert ("1.0.1.post2", "9.0", True) == (view.version, view.cuda, view.available)
    assert ["GeForce GTX 980"] == [gpu.name for gpu in found.machine.gpus or ()]
    assert ("macos", "10.14.6") == (found.machine.os.family, found.machine.os.version)
    assert found.environment is not None
    assert {"numpy", "torch"} == {row.name for row in found.environment.distributions}


def test_vllm_form() -> None:
    found = read(VLLM)
    assert found.environment is not None
    vllm, torch = found.environment.distribution("vllm"), found.environment.distribution("torch")
    assert vllm is not None
    assert torch is not None
    assert ("0.10.2", "2.8.0+cu128") == (vllm.version, torch.version)
    assert found.machine.os.distribution == "Debian GNU/Linux"
    assert {"LD_LIBRARY_PATH": "/usr/local/nvidia/lib64", "VLLM_USE_V1": "1"} == {
        row.name: row.value for row in found.machine.variables
    }


def test_rocm_build() -> None:
    text = (
        "PyTorch version: 2.5.1\nCUDA used to build PyTorch: N/A\nROCM used to build PyTorch: 6.2.41133-dd7f95766\n"
        "OS: Ubuntu 24.04 LTS (x86_64)\nIs CUDA available: True\n"
        "GPU models and configuration: AMD Instinct MI300X (gfx942:sramecc+:xnack-)\nHIP runtime version: 6.2.41133\n"
    )
    found = read(text)
    view, gpus = found.report.view("torch"), found.machine.gpus
    assert view is not None
    assert ("rocm6.2", "6.2", None) == (view.build, view.rocm, view.cuda)
    assert gpus is not None
    assert [("amd", "gfx942")] == [(gpu.vendor, gpu.gfx) for gpu in gpus]


def test_xpu_build_counts_as_available() -> None:
    text = (
        "PyTorch version: 2.7.0+xpu\nCUDA used to build PyTorch: None\nOS: Ubuntu 24.10 (x86_64)\n"
        "Is CUDA available: False\nIs XPU available: True\nXPU used to build PyTorch: 20250000\n"
        "Intel GPU models onboard:\n* Intel(R) Arc(TM) A750 Graphics\n"
        "Intel GPU models detected:\n* [0] _XpuDeviceProperties(name='Intel(R) Arc(TM) A750 Graphics', type='gpu', "
        "total_memory=7934MB, max_compute_units=448)\n"
    )
    found = read(text)
    view, gpus = found.report.view("torch"), found.machine.gpus
    assert view is not None
    assert ("xpu", True) == (view.build, view.available)
    assert gpus is not None
    assert [("intel", 7934 << 20, False)] == [(gpu.vendor, gpu.memory_bytes, gpu.integrated) for gpu in gpus]


@pytest.mark.parametrize(
    ("system", "build"), [("Microsoft Windows 11 Home", "cpu"), ("macOS 15.1 (arm64)", None), ("Fedora 41", "cpu")]
)
def test_none_is_the_cpu_build_but_not_on_a_mac(system: str, build: str | None) -> None:
    found = read(f"PyTorch version: 2.5.0\nCUDA used to build PyTorch: None\nOS: {system}\nIs CUDA available: False\n")
    view = found.report.view("torch")
    assert view is not None
    assert build == view.build


def test_not_available_is_unknown() -> None:
    found = read("PyTorch version: N/A\nCUDA used to build PyTorch: N/A\nOS: Ubuntu 24.04\nIs CUDA available: N/A\n")
    assert found.report.view("torch") is None
    assert found.machine.nvidia is None
    assert found.machine.gpus is None


def test_mig_devices_belong_to_their_gpu() -> None:
    told = read_collect_env(
        "PyTorch version: 2.4.0\nGPU models and configuration:\nGPU 0: NVIDIA A100-SXM4-40GB\n"
        "  MIG 1g.5gb      Device  0: \n  MIG 2g.10gb     Device  1: \n\nNvidia driver version: 535.54.03\n"
    )
    assert told.gpus is not None
    assert ["1g.5gb", "2g.10gb"] == [part.profile for part in told.gpus[0].mig_instances or ()]


def test_two_runs_the_first_wins() -> None:
    both = (
        NEW + "\nand on the other machine:\n" + NEW.replace("550.144.03", "470.57.02").replace("2.6.0+cu124", "1.9.0")
    )
    assert len(find_collect_env(both)) == 2
    found = read(both)
    assert found.machine.nvidia is not None
    assert found.machine.nvidia.driver == "550.144.03"


def test_other_texts_are_none() -> None:
    assert [] == find_collect_env("OS: Linux\nCPU: fast\nthe gpu is slow\n")


def test_apple_silicon_with_an_intel_python() -> None:
    found = read(
        "PyTorch version: 2.2.2\nOS: macOS 14.5 (x86_64)\nPython version: 3.11.5 (64-bit runtime)\n"
        "Python platform: macOS-10.16-x86_64-i386-64bit\nIs CUDA available: False\n\nCPU:\nApple M2 Pro\n"
    )
    assert (True, "arm64", "macos-arm64") == (
        found.machine.os.rosetta,
        found.machine.architecture,
        found.machine.platform,
    )
    assert found.machine.pythons is not None
    assert ["x86_64"] == [python.architecture for python in found.machine.pythons]


@pytest.mark.parametrize("text", [NEW, OLD, VLLM])
@pytest.mark.parametrize("wrap", ["plain", "quoted", "windows", "coloured", "details", "table"])
def test_wrappings_change_nothing(text: str, wrap: str) -> None:
    wrapped = {
        "plain": text,
        "quoted": "\n".join(f"> {line}" for line in text.split("\n")),
        "windows": text.replace("\n", "\r\n"),
        "coloured": "\n".join(f"\x1b[32m{line}\x1b[0m" for line in text.split("\n")),
        "details": f"Hi!\n<details><summary>env</summary>\n\n```text\n{text}\n```\n\n</details>\nThanks &amp; bye",
        "table": text.replace("Is CUDA", "  Is CUDA"),
    }[wrap]
    expected, found = read(text), read(wrapped)
    assert expected.machine.gpus == found.machine.gpus
    assert expected.machine.os == found.machine.os
    assert expected.report.views == found.report.views
    assert expected.environment == found.environment


@pytest.mark.parametrize("text", [NEW, OLD, VLLM])
def test_cut_anywhere(text: str) -> None:
    for cut in range(0, len(text), 97):
        for part in (text[:cut], text[cut:]):
            assert read(part).report.text is not None
