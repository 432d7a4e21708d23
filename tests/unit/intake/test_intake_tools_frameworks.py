"""Reports of ROCm's programs, JAX and TensorFlow."""

from __future__ import annotations

import pytest

from mlenv.clues.text import normalise
from mlenv.facts.drivers import Jetson, Rocm
from mlenv.facts.environment import Distribution
from mlenv.facts.report import FrameworkView
from mlenv.facts.system import DeviceNode, KernelModule, OperatingSystem, Variable
from mlenv.intake.forms import boards, gpu_messages, jax_info, mac, python_session, rocm, tf_env
from mlenv.intake.forms.form import Form, Told

FORMS: tuple[Form, ...] = (
    *rocm.FORMS,
    *jax_info.FORMS,
    *tf_env.FORMS,
    *mac.FORMS,
    *boards.FORMS,
    *gpu_messages.FORMS,
    *python_session.FORMS,
)

ROCMINFO = """\
ROCk module version 6.8.5 is loaded
=====================
HSA System Attributes
=====================
Runtime Version:         1.14
==========
HSA Agents
==========
*******
Agent 1
*******
  Name:                    AMD EPYC 7313
  Device Type:             CPU
*******
Agent 2
*******
  Name:                    gfx1030
  Uuid:                    GPU-aa11
  Marketing Name:          AMD Radeon RX 6800
  Device Type:             GPU
  Chip ID:                 29631(0x73bf)
  Compute Unit:            60
"""
JAX = """\
>>> jax.print_environment_info()
jax:    0.4.35
jaxlib: 0.4.34
numpy:  2.0.1
python: 3.11.9 (main, Apr 15 2024, 18:24:23) [GCC 11.4.0]
device info: NVIDIA L4-2, 2 local devices"
process_count: 1
platform: uname_result(system='Linux', node='box', release='6.1.0-21-amd64', version='#1 SMP', machine='x86_64')
XLA_FLAGS=--xla_gpu_autotune_level=0

$ nvidia-smi
"""
COLLECTED = """\
== check python ===================================================
python version: 3.9.18
python branch:
== check os platform ===============================================
os: Linux
os kernel version: #1 SMP Debian
os release version: 5.10.0-28-amd64
== are we in docker =============================================
Yes
== check pips ===================================================
numpy                   1.24.3
tensorflow              2.13.1
protobuf                4.23.4
== tensorflow import ============================================
tf.version.VERSION = 2.13.1
tf.version.GIT_VERSION = v2.13.0
== env ==========================================================
LD_LIBRARY_PATH /opt/cuda/lib64
DYLD_LIBRARY_PATH is unset
== cuda libs  ===================================================
/opt/cuda/lib64/libcudart.so.11.8.89
"""


def tell(name: str, text: str) -> list[Told]:
    form = next(form for form in FORMS if form.name == name)
    return [form.read(part) for part in form.find(text if form.raw else normalise(text))]


@pytest.mark.parametrize("spoil", [str, normalise])
def test_rocminfo_tells_the_gpus_and_that_the_module_is_loaded(spoil: type[str]) -> None:
    (told,) = tell("rocminfo", spoil(f"root@box:/# rocminfo\n{ROCMINFO}\nroot@box:/# exit"))

    assert [(gpu.gfx, gpu.name, gpu.compute_units) for gpu in told.gpus or ()] == [
        ("gfx1030", "AMD Radeon RX 6800", 60)
    ]
    assert told.kernel_modules == (KernelModule(name="amdgpu"),)


@pytest.mark.parametrize("end", range(0, len(ROCMINFO), 61))
def test_rocminfo_may_be_cut_anywhere(end: int) -> None:
    told = tell("rocminfo", ROCMINFO[:end])

    assert all(gpu.vendor == "amd" for row in told for gpu in row.gpus or ())
    assert len(told) <= 1


def test_a_refused_device_is_known() -> None:
    text = "ROCk module is loaded\nUnable to open /dev/kfd read-write: Permission denied\nFailed to get user name\n"

    (told,) = tell("rocminfo", text)

    assert told.device_nodes == (DeviceNode(path="/dev/kfd", readable=False, writable=False),)
    assert told.gpus is None


def test_a_missing_device_and_a_module_that_is_not_loaded() -> None:
    text = (
        "ROCk module is NOT loaded, possibly no GPU devices\n"
        "Unable to open /dev/kfd read-write: No such file or directory"
    )

    (told,) = tell("rocminfo", text)

    assert (told.kernel_modules, told.missing_nodes) == (None, ("/dev/kfd",))


def test_rocm_smi_and_hip() -> None:
    smi = (
        "======= ROCm System Management Interface =======\n"
        "GPU[0]\t\t: Card Series: \t\tAMD Radeon RX 6800\nGPU[0]\t\t: GFX Version: \t\tgfx1030\n$ ls\n"
    )

    (told,) = tell("rocm_smi", smi)

    assert [(gpu.name, gpu.gfx) for gpu in told.gpus or ()] == [("AMD Radeon RX 6800", "gfx1030")]
    assert tell("hip_version", "HIP version: 6.2.41133-dd7f95766")[0].rocm == Rocm(version="6.2")
    assert tell("hip_version", "$ cat /opt/rocm/.info/version\n6.2.1-112\n")[0].rocm == Rocm(version="6.2.1")


def test_jax_s_report() -> None:
    (told,) = tell("jax_info", JAX)

    assert told.views == (
        FrameworkView(framework="jax", version="0.4.35", available=True, devices=("NVIDIA L4", "NVIDIA L4")),
    )
    assert {dist.name: dist.version for dist in told.distributions} == {
        "jax": "0.4.35",
        "jaxlib": "0.4.34",
        "numpy": "2.0.1",
    }
    assert told.variables == (Variable(name="XLA_FLAGS", value="--xla_gpu_autotune_level=0"),)
    assert told.os is not None
    assert told.os.kernel == "6.1.0-21-amd64"
    assert [gpu.name for gpu in told.gpus or ()] == ["NVIDIA L4", "NVIDIA L4"]


@pytest.mark.parametrize(
    ("devices", "available"),
    [
        ("jax.devices (1 total, 1 local): [CpuDevice(id=0)]", False),
        ("jax.devices (8 total, 8 local): [cuda(id=0) cuda(id=1) ... cuda(id=7)]", True),
        ("device info: cpu-1, 1 local devices", False),
        ("process_count: 1", None),
    ],
)
def test_what_jax_found(devices: str, available: bool | None) -> None:
    (told,) = tell("jax_info", f"jax:    0.4.30\njaxlib: 0.4.30\n{devices}\n")

    assert told.views == (
        FrameworkView(framework="jax", version="0.4.30", available=available, devices=told.views[0].devices),
    )


def test_devices_that_jax_listed_alone() -> None:
    (told,) = tell("jax_devices", ">>> jax.devices()\n[CpuDevice(id=0)]\n>>> jax.devices()\n[CudaDevice(id=0)]\n")

    assert told.views == (FrameworkView(framework="jax", available=True),)


def test_tensorflow_s_collection() -> None:
    (told,) = tell("tf_env", f"Here it is:\n```\n{COLLECTED}```\n")

    assert told.os == OperatingSystem(family="linux", kernel="5.10.0-28-amd64", container="docker")
    assert told.python is not None
    assert told.python.version == "3.9.18"
    assert told.distributions[1] == Distribution(name="tensorflow", version="2.13.1")
    assert told.variables == (Variable(name="LD_LIBRARY_PATH", value="/opt/cuda/lib64"),)
    assert told.views == (FrameworkView(framework="tensorflow", version="2.13.1"),)


@pytest.mark.parametrize("end", range(0, len(COLLECTED), 53))
def test_the_collection_may_be_cut_anywhere(end: int) -> None:
    told = tell("tf_env", COLLECTED[:end])

    assert {view.version for row in told for view in row.views} <= {"2.13.1", "2.13.", "2.13", "2.1", "2.", "2"}


def test_what_tensorflow_was_built_with() -> None:
    text = (
        "OrderedDict([('cuda_version', '12.3'), ('cudnn_version', '8'), ('is_cuda_build', "
        "True), ('is_rocm_build', False)])"
    )

    (told,) = tell("tf_build_info", text)

    assert told.views == (FrameworkView(framework="tensorflow", cuda="12.3"),)
    assert tell("tf_build_info", "{'is_cuda_build': False, 'is_rocm_build': False}")[0].views == (
        FrameworkView(framework="tensorflow", build="cpu"),
    )


@pytest.mark.parametrize(
    ("text", "available"),
    [
        ("Num GPUs Available:  0", False),
        ("Num GPUs Available: 2", True),
        ("[PhysicalDevice(name='/physical_device:GPU:0', device_type='GPU')]", True),
        (">>> tf.config.list_physical_devices('GPU')\n[]\n>>> ", False),
    ],
)
def test_devices_that_tensorflow_listed(text: str, available: bool) -> None:
    (told,) = tell("tf_devices", text)

    assert told.views == (FrameworkView(framework="tensorflow", available=available),)


def test_devices_that_tensorflow_created() -> None:
    text = (
        "2024-01-01 I tensorflow/core/common_runtime/gpu/gpu_device.cc:1929] Created device "
        "/job:localhost/replica:0/task:0/device:GPU:0 with 6000 MB memory:  -> device: 0, "
        "name: NVIDIA T1000 8GB, pci bus id: 0000:03:00.0, compute capability: 7.5"
    )

    (told,) = tell("tf_devices", text)

    (gpu,) = told.gpus or ()
    assert (gpu.name, gpu.pci_address, gpu.compute_capability) == ("NVIDIA T1000 8GB", "0000:03:00.0", "7.5")
    assert told.views[0].available is True


PROFILE = """\
Hardware:

    Hardware Overview:

      Model Name: MacBook Air
      Model Identifier: Mac14,2
      Chip: Apple M2
      Total Number of Cores: 8 (4 performance and 4 efficiency)
      Memory: 16 GB

Software:

    System Software Overview:

      System Version: macOS 13.6.1 (22G313)
      Kernel Version: Darwin 22.6.0
"""


@pytest.mark.parametrize("spoil", [str, normalise])
def test_a_mac_s_profile_is_read_even_without_its_indentation(spoil: type[str]) -> None:
    told = tell("system_profiler", spoil(f"some words\n\n{PROFILE}"))

    assert {row.architecture for row in told} - {None} == {"arm64"}
    assert {row.model for row in told} - {None} == {"Mac14,2"}
    assert {row.os.version for row in told if row.os} - {None} == {"13.6.1"}


def test_rosetta_and_boards() -> None:
    assert tell("proc_translated", "sysctl.proc_translated: 1")[0].os == OperatingSystem(family="macos", rosetta=True)
    assert tell("nv_tegra_release", "# R36 (release), REVISION: 4.3, GCID: 1, BOARD: generic")[0].jetson == Jetson(
        l4t="36.4.3"
    )


@pytest.mark.parametrize(
    ("text", "version", "available", "cuda"),
    [
        (
            (">>> import torch\n>>> torch.__version__\n'2.3.1+cu118'\n>>> torch.cuda.is_available()\nTrue\n"),
            "2.3.1+cu118",
            True,
            None,
        ),
        (
            (
                '$ python -c "import torch; print(torch.__version__, torch.version.cuda, torch.cuda.is_available())"\n'
                "/x.py:1: UserWarning: CUDA initialization\n2.4.0 12.1 False\n"
            ),
            "2.4.0",
            False,
            "12.1",
        ),
        ("`torch.cuda.is_available()` returns `False`", None, False, None),
        ("torch.version.cuda: 11.7 and torch.cuda.is_available() = True", None, True, "11.7"),
    ],
)
def test_what_somebody_asked_python(text: str, version: str | None, available: bool, cuda: str | None) -> None:
    (told,) = tell("python_session", text)

    assert told.views == (FrameworkView(framework="torch", version=version, available=available, cuda=cuda),)


def test_a_question_that_failed_has_no_answer() -> None:
    assert tell("python_session", ">>> torch.cuda.is_available()\nTraceback (most recent call last):\n>>> ") == []


@pytest.mark.parametrize(
    ("text", "name", "capability"),
    [
        (
            ("NVIDIA RTX 5000 with CUDA capability sm_120 is not compatible with the current PyTorch"),
            "NVIDIA RTX 5000",
            "12.0",
        ),
        ("    Found GPU0 Tesla K40m which is of cuda capability 3.5.", "Tesla K40m", "3.5"),
        ("ValueError: Bfloat16 is only supported ... Your Tesla T4 GPU has compute capability 7.5.", "Tesla T4", "7.5"),
        ("ROCm device detected: AMD Radeon RX 6700 XT", "AMD Radeon RX 6700 XT", None),
    ],
)
def test_gpus_in_messages(text: str, name: str, capability: str | None) -> None:
    (told,) = tell("gpu_messages", text)

    assert [(gpu.name, gpu.compute_capability) for gpu in told.gpus or ()] == [(name, capability)]


def test_what_a_build_has_code_for() -> None:
    (told,) = tell("gpu_messages", "The current PyTorch install supports CUDA capabilities sm_70 sm_80 compute_80.")

    assert told.views == (FrameworkView(framework="torch", architectures=("sm_70", "sm_80")),)


@pytest.mark.parametrize("text", ["", "jax is nice", "rocminfo says nothing", "We use TensorFlow == 2.13 on GPUs."])
def test_other_text_tells_nothing(text: str) -> None:
    assert {form.name for form in FORMS for part in form.find(text) if form.read(part) != Told()} == set()
