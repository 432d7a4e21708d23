"""Checks of builds and libraries on reports: what fires them, and what comes near and does not."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mlenv.checks.registry import Case, all_checks, diagnose
from mlenv.facts.environment import CondaPackage, Environment
from mlenv.facts.gpu import Gpu
from mlenv.facts.report import FrameworkView
from tests.unit.checks.build_reports import BUILTIN, LINUX, WINDOWS, judge, mac, report_on, with_gpu, with_variable

NO_CUDA = "AssertionError: Torch not compiled with CUDA enabled"
NO_IMAGE = "RuntimeError: CUDA error: no kernel image is available for execution on the device"
HIP = "RuntimeError: HIP error: invalid device function"
FLASH = "ImportError: flash_attn_2_cuda.cpython-312-x86_64-linux-gnu.so: undefined symbol: _ZN3c104cuda9SetDeviceEa"
NMS = "RuntimeError: operator torchvision::nms does not exist"
PROVIDER = "Specified provider 'CUDAExecutionProvider' is not in available provider names."
DLOPEN = "Cannot dlopen some GPU libraries. Skipping registering GPU devices..."
JITLINK = "libcusparse.so.12: undefined symbol: __nvJitLinkAddData_12_1, version libnvJitLink.so.12"
CUSPARSE = "RuntimeError: Unable to load cuSPARSE. Is it installed?"
HOPPER = FrameworkView(framework="torch", version="2.5.1", cuda="12.4", architectures=("sm_80", "sm_86", "sm_90"))
ROCM = FrameworkView(framework="torch", version="2.9.0", rocm="6.4", architectures=("gfx90a", "gfx1100"))
SEEN = FrameworkView(framework="torch", version="2.6.0", cuda="12.4", available=True)
MANY = tuple(f"package-{number}==1.0" for number in range(30))

FIRES = [
    ("cpu-build-on-gpu-machine", report_on(NO_CUDA, WINDOWS, "torch==2.6.0+cpu")),
    ("cpu-build-on-gpu-machine", report_on(NO_CUDA)),
    ("cpu-build-on-gpu-machine", report_on("Torch not compiled with XPU enabled", with_gpu("Intel Arc B580", "intel"))),
    ("cpu-build-on-gpu-machine", report_on(PROVIDER, LINUX, "onnxruntime==1.23.2")),
    ("gpu-arch-not-in-build", report_on(NO_IMAGE, with_gpu("NVIDIA GeForce RTX 5080"), view=HOPPER)),
    ("gpu-arch-not-in-build", report_on(NO_IMAGE, with_gpu("RTX 5080", compute_capability="12.0"))),
    ("gpu-arch-dropped-by-build", report_on(NO_IMAGE, with_gpu("Tesla P40", compute_capability="6.1"), view=HOPPER)),
    ("gpu-arch-dropped-by-build", report_on(NO_IMAGE, with_gpu("Tesla P40", compute_capability="6.1"))),
    ("gpu-arch-dropped-by-build", report_on("", with_gpu("GTX 1070", compute_capability="6.1"), "torch==2.9.0+cu130")),
    ("rocm-gfx-not-in-build", report_on(HIP)),
    ("rocm-gfx-not-in-build", report_on("", with_gpu("RX 6600", "amd", gfx="gfx1032"), view=ROCM)),
    (
        "wrong-rocm-index",
        report_on(
            "torch.cuda.is_available() is False", with_gpu("RX 7900", "amd", gfx="gfx1100"), "torch==2.8.0+cu128"
        ),
    ),
    ("jax-cuda-plugin-missing", report_on("Unknown backend: 'cuda' requested", LINUX, "jax==0.5.0", "jaxlib==0.5.0")),
    (
        "jax-jaxlib-version-mismatch",
        report_on("jaxlib version 0.5.1 is newer than and incompatible with jax version 0.4.3."),
    ),
    ("jax-jaxlib-version-mismatch", report_on("it fails", LINUX, "jax==0.4.30", "jaxlib==0.4.34")),
    ("torchvision-torch-mismatch", report_on(NMS)),
    ("torchvision-torch-mismatch", report_on("", LINUX, "torch==2.8.0+cu128", "torchvision==0.22.1+cu128")),
    ("torchvision-torch-mismatch", report_on("", LINUX, "torch==2.8.0+cu128", "torchvision==0.23.0+cpu")),
    (
        "torchaudio-torch-mismatch",
        report_on("OSError: /v/torchaudio/lib/libtorchaudio.so: undefined symbol: _ZNK5torch8autograd4Node4nameEv"),
    ),
    ("extension-built-for-other-torch", report_on(FLASH, LINUX, "torch==2.7.0+cu126", "flash-attn==2.7.4")),
    (
        "extension-built-for-other-torch",
        report_on(
            "import flash_attn_2_cuda: ImportError: libcudart.so.11.0: cannot open shared object file: No such file",
            LINUX,
            "torch==2.7.0+cu126",
        ),
    ),
    (
        "bnb-no-binary-for-cuda",
        report_on("CUDA Setup failed despite GPU being available.", LINUX, "torch==2.9.0+cu130"),
    ),
    ("ld-library-path-shadows-pip-libs", report_on(JITLINK)),
    (
        "ld-library-path-shadows-pip-libs",
        report_on(CUSPARSE, with_variable("LD_LIBRARY_PATH", "/usr/local/cuda/lib64")),
    ),
    (
        "cudnn-loaded-older-than-build",
        report_on("Loaded runtime CuDNN library: 9.1.0 but source was compiled with: 9.8.0."),
    ),
    ("nvidia-pip-libs-missing", report_on("ImportError: libcudnn.so.9: cannot open shared object file: No such file")),
    ("nvidia-pip-libs-missing", report_on(CUSPARSE, LINUX, "jax==0.5.0", *MANY)),
    (
        "nvidia-pip-pin-conflict",
        report_on("torch 2.6.0 requires nvidia-nccl-cu12==2.21.5, but you have nvidia-nccl-cu12 2.23.4 which is"),
    ),
    ("nvidia-pip-pin-conflict", report_on(JITLINK, LINUX, "torch==2.4.0", "nvidia-nvjitlink-cu12==12.0.140")),
    ("tf-pip-cuda-libs-not-found", report_on(DLOPEN, LINUX, "tensorflow==2.16.1", "nvidia-cudnn-cu12==8.9.7.29")),
    ("tensorflow-without-cuda-extra", report_on(DLOPEN, LINUX, "tensorflow==2.18.0", *MANY)),
    ("tensorflow-cuda-libraries-missing", report_on(DLOPEN, LINUX, "tensorflow==2.6.0")),
    ("tf-windows-native-gpu-unsupported", report_on("Num GPUs Available:  0", WINDOWS, "tensorflow==2.17.0")),
    ("tf-metal-incompatible-tf", report_on("dlopen(tensorflow-plugins/libmetal_plugin.dylib, 6): no", mac("15.2"))),
    ("onnxruntime-cpu-and-gpu-installed", report_on("", LINUX, "onnxruntime==1.20.0", "onnxruntime-gpu==1.20.0")),
    ("onnxruntime-cpu-and-gpu-installed", report_on(PROVIDER, wanted="onnxruntime-gpu")),
    (
        "onnxruntime-gpu-cuda-mismatch",
        report_on("Failed to create CUDAExecutionProvider. Require cuDNN 9.* and CUDA 12.*"),
    ),
    ("cuda-toolkit-mismatch-for-build", report_on("nvcc fatal : Unsupported gpu architecture 'compute_89'")),
    ("nvcc-missing-for-build", report_on("OSError: CUDA_HOME environment variable is not set.")),
    ("triton-missing-c-compiler", report_on("RuntimeError: Failed to find C compiler.")),
    ("triton-missing-python-headers", report_on("cuda_utils.c:6:10: fatal error: Python.h: No such file or directory")),
    ("triton-ptxas-too-old-for-gpu", report_on("ptxas fatal : Value 'sm_120' is not defined for option 'gpu-name'")),
    ("triton-missing", report_on("ModuleNotFoundError: No module named 'triton'", WINDOWS)),
    ("numpy2-abi-break", report_on("RuntimeError: Numpy is not available", LINUX, "torch==2.1.0", "numpy==2.0.1")),
    (
        "numpy2-abi-break",
        report_on(
            "numpy.dtype size changed, may indicate binary incompatibility."
            " Expected 96 from C header, got 88 from PyObject",
            LINUX,
            "numpy==1.26.4",
        ),
    ),
    ("numpy-not-installed", report_on("RuntimeError: Numpy is not available", LINUX, "torch==2.5.0", *MANY)),
    ("numpy-abi-mismatch", report_on("module compiled against API version 0x10 but this version of numpy is 0xf")),
    ("numpy-alias-removed", report_on("AttributeError: module 'numpy' has no attribute 'float'.")),
    ("protobuf-too-new", report_on("TypeError: Descriptors cannot not be created directly.")),
    ("protobuf-too-old", report_on("ImportError: cannot import name 'runtime_version' from 'google.protobuf'")),
    ("mps-macos-too-old", report_on("torch.backends.mps.is_available() False", mac("12.1"), "torch==1.13.1")),
    ("cuda-asked-on-mac", report_on(NO_CUDA, mac("15.1"))),
    ("rival-distributions-installed", report_on("", LINUX, "opencv-python==4.10.0", "opencv-python-headless==4.10.0")),
    (
        "keras-tensorflow-mismatch",
        report_on("No module named 'keras.engine'", LINUX, "keras==3.5.0", "tensorflow==2.17.0"),
    ),
    ("transformers-version-clash", report_on("cannot import name 'cached_download' from 'huggingface_hub'")),
    ("mkl-too-new-for-torch", report_on("libtorch_cpu.so: undefined symbol: iJIT_NotifyEvent")),
]

SILENT = [
    # On a Mac CUDA is never there; a build that sees a device is not for the CPU.
    ("cpu-build-on-gpu-machine", report_on(NO_CUDA, mac("15.1"))),
    ("cpu-build-on-gpu-machine", report_on("", LINUX, "torch==2.6.0+cpu")),
    ("cpu-build-on-gpu-machine", report_on(PROVIDER, LINUX, "onnxruntime-gpu==1.23.2")),
    # Code for 8.6 runs on 8.9, and 9.0 is listed.
    ("gpu-arch-not-in-build", report_on("", with_gpu("RTX 4090", compute_capability="8.9"), view=HOPPER)),
    ("gpu-arch-dropped-by-build", report_on("", with_gpu("H100", compute_capability="9.0"), view=HOPPER)),
    # What a report says of its own CUDA stands before what the default index has.
    (
        "gpu-arch-dropped-by-build",
        report_on(
            "",
            with_gpu("GTX 1070", compute_capability="6.1"),
            "torch==2.9.0",
            view=FrameworkView(framework="torch", version="2.9.0", cuda="12.6"),
        ),
    ),
    ("gpu-arch-not-in-build", report_on(HIP.replace("invalid device function", "no kernel image is available"))),
    ("rocm-gfx-not-in-build", report_on("", with_gpu("RX 7900", "amd", gfx="gfx1100"), view=ROCM)),
    ("wrong-rocm-index", report_on("", with_gpu("RX 7900", "amd", gfx="gfx1100"), view=ROCM)),
    ("driver-too-old-for-build", report_on("", with_gpu("RTX 4090", compute_capability="8.9"), view=SEEN)),
    ("jax-cuda-plugin-missing", report_on("", with_gpu("RTX 4090", compute_capability="8.9"), "jax==0.5.0")),
    ("jax-jaxlib-version-mismatch", report_on("", LINUX, "jax==0.5.0", "jaxlib==0.5.0", "jax-cuda12-plugin==0.5.0")),
    ("torchvision-torch-mismatch", report_on("", LINUX, "torch==2.8.0+cu128", "torchvision==0.23.0+cu128")),
    ("torchvision-torch-mismatch", report_on("", LINUX, "torch==2.9.0.dev20250801", "torchvision==0.23.0")),
    ("torchaudio-torch-mismatch", report_on(NMS)),
    ("extension-built-for-other-torch", report_on(NMS)),
    ("bnb-no-binary-for-cuda", report_on("CUDA Setup failed despite GPU being available.", LINUX, "torch==2.5.0+cpu")),
    ("ld-library-path-shadows-pip-libs", report_on("", with_variable("LD_LIBRARY_PATH", "/usr/local/cuda/lib64"))),
    ("cudnn-loaded-older-than-build", report_on("", text="cuDNN version: /usr/lib/libcudnn.so.8.2.1")),
    ("nvidia-pip-libs-missing", report_on("libcuda.so.1: cannot open shared object file: No such file or directory")),
    ("tf-pip-cuda-libs-not-found", report_on(DLOPEN, WINDOWS, "tensorflow==2.16.1")),
    ("tf-windows-native-gpu-unsupported", report_on("Num GPUs Available:  0", WINDOWS, "tensorflow==2.10.1")),
    ("tf-windows-native-gpu-unsupported", report_on("Num GPUs Available:  0", LINUX, "tensorflow==2.17.0")),
    ("onnxruntime-cpu-and-gpu-installed", report_on("", LINUX, "onnxruntime-gpu==1.20.0")),
    (
        "cuda-toolkit-mismatch-for-build",
        report_on("", LINUX, "torch==2.6.0+cu124", text="nvcc: release 11.8, V11.8.89"),
    ),
    ("triton-missing", report_on("", WINDOWS, text="A matching Triton is not available, some optimizations are off")),
    (
        "triton-missing-python-headers",
        report_on("fatal error: Python.h: No such file or directory", text="Building wheel for psutil (setup.py)"),
    ),
    ("numpy2-abi-break", report_on("", LINUX, "torch==2.5.0", "numpy==2.1.0")),
    ("numpy2-abi-break", report_on("RuntimeError: Numpy is not available", LINUX, "torch==2.5.0", "numpy==1.26.4")),
    ("numpy-not-installed", report_on("RuntimeError: Numpy is not available", LINUX, "torch==2.5.0")),
    ("mps-macos-too-old", report_on("torch.backends.mps.is_available() False", mac("15.1"), "torch==2.6.0")),
    ("rival-distributions-installed", report_on("", LINUX, "tensorflow==2.15.0", "tensorflow-intel==2.15.0")),
]


@pytest.mark.parametrize(("slug", "case"), FIRES)
def test_fires(slug: str, case: Case) -> None:
    assert [finding.id for finding in judge(slug, case)][:1] == [slug]


@pytest.mark.parametrize(("slug", "case"), SILENT)
def test_keeps_silent(slug: str, case: Case) -> None:
    assert judge(slug, case) == ()


@pytest.mark.parametrize(("slug", "case"), [row for row in FIRES if row[1].clues])
def test_is_the_first_cause_of_all(slug: str, case: Case) -> None:
    findings = diagnose(case, BUILTIN, all_checks()).findings
    assert findings[0].id == slug
    assert findings[0].severity == "error"


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_gpus_the_one_that_builds_leave_out_is_meant(turned: bool) -> None:
    gpus = (
        Gpu(vendor="nvidia", name="NVIDIA GeForce RTX 4090", compute_capability="8.9"),
        Gpu(vendor="nvidia", name="NVIDIA GeForce GTX 1080 Ti", compute_capability="6.1"),
    )
    machine = replace(LINUX, gpus=gpus[::-1] if turned else gpus)
    case = report_on("CUDA error: no kernel image is available for execution on the device", machine=machine)
    (finding,) = judge("gpu-arch-dropped-by-build", case)
    assert finding.title == "the installed build has no code for NVIDIA GeForce GTX 1080 Ti"
    assert judge("gpu-arch-not-in-build", case) == ()


def test_a_build_string_of_conda_tells_the_build() -> None:
    packages = (CondaPackage(name="pytorch", version="2.3.0", build="py3.11_cpu_0", channel="pytorch"),)
    environment = Environment(path="/c", conda_packages=packages)
    view = FrameworkView(framework="torch", version="2.3.0")
    case = report_on("torch.cuda.is_available() is False", with_gpu("RTX 4090", compute_capability="8.9"), view=view)
    case = Case(machine=case.machine, environment=environment, report=case.report, clues=case.clues)
    assert [finding.severity for finding in judge("cpu-build-on-gpu-machine", case)] == ["error"]


def test_the_fix_of_a_companion_names_the_release_that_belongs_to_it() -> None:
    case = report_on(NMS, LINUX, "torch==2.8.0+cu128", "torchvision==0.22.1+cu128")
    command = judge("torchvision-torch-mismatch", case)[0].fix[0].command or ""
    assert "torchvision==0.23.0 --index-url" in command
    assert command.endswith("/cu128")


def test_a_library_is_brought_by_its_package() -> None:
    case = report_on(
        "ImportError: libcusparseLt.so.0: cannot open shared object file: No such file", LINUX, "torch==2.6.0+cu126"
    )
    command = judge("nvidia-pip-libs-missing", case)[0].fix[0].command
    assert command == "python -m pip install --force-reinstall nvidia-cusparselt-cu12"


def test_every_error_of_these_quotes_its_message() -> None:
    for slug, case in FIRES:
        finding = judge(slug, case)[0]
        assert finding.fix, slug
        if case.clues and finding.explains and slug != "wrong-rocm-index":
            assert any(line.startswith("message: ") for line in finding.evidence) or finding.grade != "named", slug
