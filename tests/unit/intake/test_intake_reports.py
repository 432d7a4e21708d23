"""Reports as they are pasted: forms of many tools, alone, together, wrapped and cut."""

from __future__ import annotations

import json

import pytest

from mlenv.facts.machine import Machine
from mlenv.facts.size import GIB
from mlenv.facts.system import OperatingSystem
from mlenv.intake.forms.form import Form, Told
from mlenv.intake.forms.registry import FORMS, IN_ERRORS
from mlenv.intake.reported import Reported, _read_form, read_report
from mlenv.matrix.load import DataVersion
from mlenv.report.document import render_json
from mlenv.report.machine import make_document

TRANSFORMERS = """\
Copy-and-paste the text below in your GitHub issue and FILL OUT the two last points.

- `transformers` version: 4.46.2
- Platform: Linux-6.5.0-1022-azure-x86_64-with-glibc2.35
- Python version: 3.10.15
- Huggingface_hub version: 0.26.2
- Safetensors version: 0.4.5
- Accelerate version: not installed
- PyTorch version (GPU?): 2.5.1+cu121 (True)
- Tensorflow version (GPU?): not installed (NA)
- Using GPU in script?: <fill in>
- GPU type: NVIDIA A10
"""

ACCELERATE = """\
- `Accelerate` version: 1.1.0
- Platform: Windows-10-10.0.22631-SP0
- `accelerate` bash location: C:\\envs\\x\\Scripts\\accelerate.exe
- Python version: 3.11.9
- Numpy version: 1.26.4
- PyTorch version (GPU?): 2.4.1+cpu (False)
- System RAM: 31.71 GB
"""

LIGHTNING = """\
* CUDA:
\t- GPU:
\t\t- NVIDIA RTX A5000
\t\t- NVIDIA RTX A5000
\t- available:         True
\t- version:           11.8
* Lightning:
\t- lightning:         2.3.0
\t- torch:             2.3.1
* Packages:
\t- numpy:             1.26.4
\t- setuptools:        69.5.1
* System:
\t- OS:                Linux
\t- architecture:
\t\t- 64bit
\t\t- ELF
\t- processor:         x86_64
\t- python:            3.10.13
\t- release:           5.15.0-105-generic
"""

DEEPSPEED = """\
--------------------------------------------------
DeepSpeed general environment info:
torch install path ............... ['/opt/conda/lib/python3.10/site-packages/torch']
torch version .................... 2.1.2+cu121
deepspeed install path ........... ['/opt/conda/lib/python3.10/site-packages/deepspeed']
deepspeed info ................... 0.14.0, unknown, unknown
torch cuda version ............... 12.1
torch hip version ................ None
nvcc version ..................... 11.8
deepspeed wheel compiled w. ...... torch 2.1, cuda 12.1
shared memory (/dev/shm) size .... 64.00 MB
"""

XFORMERS = """\
WARNING[XFORMERS]: xFormers can't load C++/CUDA extensions. xFormers was built for:
    PyTorch 2.3.0+cu121 with CUDA 1201 (you have 2.2.0+cu118)
    Python  3.10.14 (you have 3.10.12)
xFormers 0.0.26.post1
memory_efficient_attention.cutlassF:               unavailable
pytorch.version:                                   2.2.0+cu118
pytorch.cuda:                                      available
gpu.compute_capability:                            7.5
gpu.name:                                          NVIDIA GeForce RTX 2070
build.torch_version:                               2.3.0+cu121
"""

BNB_OLD = """\
===================================BUG REPORT===================================
Welcome to bitsandbytes. For bug reports, please submit your error trace to: https://example.org/issues
================================================================================
CUDA SETUP: CUDA runtime path found: /usr/local/cuda/lib64/libcudart.so
CUDA SETUP: Highest compute capability among GPUs detected: 8.6
CUDA SETUP: Detected CUDA version 117
"""

BNB_NEW = """\
=================== bitsandbytes v0.46.0 ===================
Platform: Linux-6.8.0-40-generic-x86_64-with-glibc2.39
  libc: glibc-2.39
Python: 3.12.3
PyTorch: 2.7.0+cu126
  CUDA: 12.6
  HIP: N/A
  XPU: N/A
Related packages:
  accelerate: 1.7.0
PyTorch settings found: CUDA_VERSION=126, Highest Compute Capability: (8, 9).
"""

DETECTRON2 = """\
------------------------  ----------------------------------------------
sys.platform              linux
Python                    3.8.10 (default, Nov 26 2021, 20:14:08) [GCC 9.3.0]
numpy                     1.21.4
detectron2                0.6 @/usr/lib/python3.8/detectron2
PyTorch                   1.10.0+cu113 @/usr/lib/python3.8/torch
CUDA available            True
GPU 0,1                   Tesla P40 (arch=6.1)
CUDA_HOME                 /usr/local/cuda-11.3
------------------------  ----------------------------------------------
"""

MMCV = """\
sys.platform: linux
Python: 3.9.18 (main) [GCC 11.2.0]
CUDA available: True
GPU 0,1: NVIDIA RTX A6000
GPU 0,1 Compute Capability: 8.6
CUDA_HOME: /usr/local/cuda-12.1
NVCC: Cuda compilation tools, release 12.1, V12.1.105
CUDA Driver Version: 545.23.06
PyTorch: 2.1.0
TorchVision: 0.16.0
OpenCV: 4.8.1
"""

COMFYUI = """\
[INFO] Total VRAM 12288 MB, total RAM 32691 MB
[INFO] pytorch version: 2.7.1+cu128
[INFO] Device: cuda:0 NVIDIA GeForce RTX 3060 : cudaMallocAsync
"""

HEADINGS = """\
### TensorFlow version

tf 2.17

### OS platform and distribution

Linux Ubuntu 24.04

### Python version

3.11

### CUDA/cuDNN version

12.3/8.9.7

### GPU model and memory

RTX 4070 12GB

### Current behavior?

It says that Python version 2 is gone.
"""

BULLETS = """\
- **OS Platform and Distribution** (e.g., Linux Ubuntu 16.04): Windows 10 Home
- TensorFlow version (use command below): v2.9.0-18-gd8ce9f9c301 2.9.1
- Python version: 3.9.13
- Bazel version (if compiling from source): n/a
- CUDA/cuDNN version: CUDA 11.2, cuDNN 8.1
- GPU model and memory: NVIDIA GeForce GTX 1660 Ti, 6GB
"""

TABLE = """\
| What | Which |
|------|-------|
| Python | 3.13 |
| **PyTorch** | `2.6.0+cu126` |
| OS | Rocky Linux 9.4 |
| GPU | 4 x NVIDIA H100 80GB HBM3 |
| NVIDIA driver | 560.35.05 |
"""

ALL = {
    "transformers": TRANSFORMERS,
    "accelerate": ACCELERATE,
    "lightning": LIGHTNING,
    "deepspeed": DEEPSPEED,
    "xformers": XFORMERS,
    "bnb-old": BNB_OLD,
    "bnb-new": BNB_NEW,
    "detectron2": DETECTRON2,
    "mmcv": MMCV,
    "comfyui": COMFYUI,
    "headings": HEADINGS,
    "bullets": BULLETS,
    "table": TABLE,
}


def read(text: str) -> Reported:
    return read_report(text, origin="report")


def versions(found: Reported) -> dict[str, str]:
    return {row.name: row.version for row in found.environment.distributions} if found.environment else {}


def torch_of(found: Reported) -> tuple[str | None, str | None, bool | None]:
    view = found.report.view("torch")
    return (view.version, view.cuda, view.available) if view else (None, None, None)


def names_of(machine: Machine) -> list[str | None]:
    return [gpu.name for gpu in machine.gpus or ()]


def test_transformers() -> None:
    found = read(TRANSFORMERS)
    assert {"transformers": "4.46.2", "huggingface-hub": "0.26.2"}.items() <= versions(found).items()
    assert "accelerate" not in versions(found)
    assert ("2.5.1+cu121", "12.1", True) == torch_of(found)
    assert ["NVIDIA A10"] == names_of(found.machine)
    assert found.machine.os.kernel == "6.5.0-1022-azure"


def test_accelerate_on_windows() -> None:
    found = read(ACCELERATE)
    assert ("windows", "11") == (found.machine.os.family, found.machine.os.version)
    assert ("2.4.1+cpu", None, False) == torch_of(found)
    assert found.machine.memory.total_bytes == int(31.71 * GIB)


def test_lightning() -> None:
    found = read(LIGHTNING)
    assert ("2.3.1", "11.8", True) == torch_of(found)
    assert ["NVIDIA RTX A5000"] * 2 == names_of(found.machine)
    assert {"lightning": "2.3.0", "numpy": "1.26.4"}.items() <= versions(found).items()
    assert ("5.15.0-105-generic", "x86_64") == (found.machine.os.kernel, found.machine.architecture)


def test_lightning_that_saw_no_gpu() -> None:
    found = read("* CUDA:\n\t- GPU:               None\n\t- available:         False\n\t- version:           12.1\n")
    assert (None, "12.1", False) == torch_of(found)
    assert found.machine.gpus is None


def test_deepspeed() -> None:
    found = read(DEEPSPEED)
    assert {"torch": "2.1.2+cu121", "deepspeed": "0.14.0"} == versions(found)
    assert found.report.toolkit == "11.8"
    assert [64 << 20] == [disk.total_bytes for disk in found.machine.disks]


def test_xformers() -> None:
    found = read(XFORMERS)
    assert {"torch": "2.2.0+cu118", "xformers": "0.0.26.post1"} == versions(found)
    assert found.report.remarks["xformers built for"] == "torch 2.3.0+cu121"
    assert [("NVIDIA GeForce RTX 2070", "7.5")] == [
        (gpu.name, gpu.compute_capability) for gpu in found.machine.gpus or ()
    ]
    assert ["3.10.12"] == [python.version for python in found.machine.pythons or ()]


def test_bitsandbytes_old() -> None:
    found = read(BNB_OLD)
    assert ["8.6"] == [gpu.compute_capability for gpu in found.machine.gpus or ()]
    assert found.report.remarks["bitsandbytes.cuda"] == "11.7"


def test_bitsandbytes_new() -> None:
    found = read(BNB_NEW)
    assert {"bitsandbytes": "0.46.0", "torch": "2.7.0+cu126", "accelerate": "1.7.0"} == versions(found)
    assert ("2.7.0+cu126", "12.6", None) == torch_of(found)
    assert found.report.toolkit is None
    assert ["8.9"] == [gpu.compute_capability for gpu in found.machine.gpus or ()]


def test_detectron2() -> None:
    found = read(DETECTRON2)
    assert ("1.10.0+cu113", "11.3", True) == torch_of(found)
    assert 2 == len(found.machine.gpus or ())
    assert found.machine.os.family == "linux"


def test_mmcv() -> None:
    found = read(MMCV)
    assert [("NVIDIA RTX A6000", "8.6")] * 2 == [(gpu.name, gpu.compute_capability) for gpu in found.machine.gpus or ()]
    assert found.report.toolkit == "12.1"
    assert found.machine.nvidia is not None
    assert found.machine.nvidia.driver == "545.23.06"
    assert [("12.1", "/usr/local/cuda-12.1")] == [(row.version, row.path) for row in found.machine.cuda_toolkits]


def test_comfyui() -> None:
    found = read(COMFYUI)
    assert [("NVIDIA GeForce RTX 3060", 12 * GIB)] == [(gpu.name, gpu.memory_bytes) for gpu in found.machine.gpus or ()]
    view = found.report.view("torch")
    assert view is not None
    assert view.available is True


def test_headings() -> None:
    found = read(HEADINGS)
    assert {"tensorflow": "2.17"} == versions(found)
    assert ("Ubuntu", "24.04") == (found.machine.os.distribution, found.machine.os.version)
    assert found.report.toolkit == "12.3"
    assert ["8.9.7"] == [row.version for row in found.machine.libraries or ()]
    assert ["RTX 4070"] == names_of(found.machine)
    assert ["3.11"] == [python.version for python in found.machine.pythons or ()]


def test_bullets() -> None:
    found = read(BULLETS)
    assert ("windows", "10") == (found.machine.os.family, found.machine.os.version)
    assert found.report.toolkit == "11.2"
    assert ["8.1"] == [row.version for row in found.machine.libraries or ()]
    assert ["NVIDIA GeForce GTX 1660 Ti"] == names_of(found.machine)


def test_table() -> None:
    found = read(TABLE)
    assert ("2.6.0+cu126", "12.6", None) == torch_of(found)
    assert ["NVIDIA H100 80GB HBM3"] * 4 == names_of(found.machine)
    assert found.machine.nvidia is not None
    assert found.machine.nvidia.driver == "560.35.05"


def test_several_forms_in_one_text() -> None:
    found = read(f"My setup:\n\n{BULLETS}\n```\n{DEEPSPEED}\n```\n\n{XFORMERS}")
    assert {"deepspeed", "torch", "tensorflow", "xformers"} <= versions(found).keys()
    assert {"ds_report", "xformers.info", "issue_fields"} <= set(found.report.forms)


def test_an_error_alone_is_the_symptom() -> None:
    text = 'Traceback (most recent call last):\n  File "a.py", line 1\nRuntimeError: CUDA error: unknown error'
    report = read(text).report
    assert "unknown error" in report.symptom
    assert report.text == ""


def test_an_installers_error_is_the_symptom_too() -> None:
    report = read("$ pip install torch==9.9\nERROR: No matching distribution found for torch==9.9\n").report
    assert "No matching distribution" in report.symptom


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("ImportError: DLL load failed while importing _C: The specified module could not be found.", "windows"),
        ('File "C:\\Users\\me\\x.py"', "windows"),
        ("dlopen(/opt/homebrew/lib/libomp.dylib): no such file", "macos"),
        ("libcudart.so.12: cannot open shared object file", "linux"),
        ("it does not work", "linux"),
    ],
)
def test_the_system_from_its_signs(text: str, family: str) -> None:
    assert family == read(text).machine.os.family


def test_python_and_place_from_a_traceback() -> None:
    found = read('  File "/home/me/miniconda3/envs/lab/lib/python3.11/site-packages/torch/__init__.py", line 2')
    assert found.environment is not None
    assert ("/home/me/miniconda3/envs/lab", "conda", "3.11") == (
        found.environment.path,
        found.environment.kind,
        found.environment.python,
    )


def test_snapshot() -> None:
    machine = Machine(os=OperatingSystem(family="linux", distribution="Ubuntu", version="24.04"), architecture="x86_64")
    text = render_json(make_document(machine, DataVersion(version="2026.1.1", digest="sha256:0")))
    found = read(text)
    assert machine.os == found.machine.os
    assert ("mlenv",) == found.report.forms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}",
        "[]",
        "null",
        '{"schema": "mlenv.machine/1"}',
        '{"schema": "mlenv.machine/9", "machine": 3}',
        '{"symptom": 3}',
        '{"observed": null, "env_dump": {"a": 1}}',
        '{"a":' * 5000,
        "\x00\x01\x1b[",
        "\ufeff" + json.dumps({"symptom": "x"}),
        "| | |\n" * 50,
        "### \n### \n",
        ": :\n=\n",
        "\ud800",
    ],
)
def test_odd_texts(text: str) -> None:
    assert isinstance(read(text), Reported)


@pytest.mark.parametrize("name", ALL)
def test_cut_anywhere(name: str) -> None:
    text = ALL[name]
    for cut in range(0, len(text), 97):
        assert isinstance(read(text[:cut]), Reported)
        assert isinstance(read(text[cut:]), Reported)


@pytest.mark.parametrize("name", ALL)
def test_quoted_and_with_windows_lines(name: str) -> None:
    plain = read(ALL[name])
    wrapped = read("\r\n".join(f"> {line}" for line in ALL[name].split("\n")))
    assert plain.machine.gpus == wrapped.machine.gpus
    assert versions(plain) == versions(wrapped)


def test_every_form_has_a_name_of_its_own() -> None:
    names = [form.name for form in FORMS]
    assert len(set(names)) == len(names)
    assert set(names) >= IN_ERRORS


def test_a_reader_that_stumbles_ends_nothing() -> None:
    def stumble(_: str) -> Told:
        raise ValueError("odd")

    form = Form(name="bad", find=lambda text: [text], read=stumble)
    assert [] == _read_form(form, "anything")


def test_facts_name_their_source() -> None:
    readings = {row.id: row for row in read(TABLE).machine.readings}
    assert ("found", "report: issue_fields") == (readings["nvidia"].outcome, readings["nvidia"].source)
    assert readings["dkms"].outcome == "not_asked"


def test_a_long_line_is_bounded() -> None:
    report = read("x" * 3_000_000 + "\nRuntimeError: the end").report
    assert len(report.symptom) < 20_000
    assert "the end" in report.symptom
