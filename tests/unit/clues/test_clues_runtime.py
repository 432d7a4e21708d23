"""Messages about libraries and about how frameworks start."""

from __future__ import annotations

import pytest

from mlenv.clues.runtime import SIGNATURES
from tests.unit.clues.clue_cases_builds import found_in

CASES = [
    ("cuda-library-missing", "ImportError: libcudnn.so.9: cannot open shared object file: No such file or directory"),
    (
        "cuda-library-missing",
        "ImportError: libcublas.so.12: Kann die Shared-Object-Datei nicht öffnen: Datei nicht gefunden",
    ),
    ("cuda-library-missing", "OSError: libnccl.so.2: 无法打开共享对象文件: 没有那个文件或目录"),
    (
        "cuda-library-missing",
        "Could not load dynamic library 'libcudart.so.11.0'; dlerror: libcudart.so.11.0: cannot open",
    ),
    ("cuda-library-missing", "RuntimeError: Library cublas64_12.dll is not found or cannot be loaded"),
    ("cuda-library-missing", "Unable to load any of {libcudnn_ops.so.9.1.0, libcudnn_ops.so.9.1, libcudnn_ops.so}"),
    ("cuda-library-not-loaded", "RuntimeError: Unable to load cuDNN. Is it installed?"),
    (
        "nvjitlink-symbol-undefined",
        "/v/libcusparse.so.12: undefined symbol: __nvJitLinkAddData_12_1, version libnvJitLink",
    ),
    ("nccl-symbol-undefined", "ImportError: /v/torch/lib/libtorch_cuda.so: undefined symbol: ncclCommRegister"),
    ("cuda-symbol-undefined", "libcublas.so.11: undefined symbol: cublasLtGetStatusString, version libcublasLt.so.11"),
    ("cudnn-older-than-build", "Loaded runtime CuDNN library: 9.1.0 but source was compiled with: 9.3.0."),
    (
        "cudnn-older-than-build",
        "cuDNN version incompatibility: PyTorch was compiled  against (8, 9, 2) but found runtime version (8, 5, 0).",
    ),
    ("cudnn-not-initialized", "RuntimeError: cuDNN error: CUDNN_STATUS_NOT_INITIALIZED"),
    (
        "nvidia-pin-broken",
        (
            "torch 2.6.0 requires nvidia-cudnn-cu12==9.1.0.70, but you have nvidia-cudnn-cu12 9.3.0.75"
            " which is incompatible."
        ),
    ),
    ("tensorflow-libraries-not-found", "Cannot dlopen some GPU libraries. Please make sure the missing libraries"),
    ("tensorflow-sees-no-gpu", "Num GPUs Available:  0"),
    ("tensorflow-sees-no-gpu", "tf.config.list_physical_devices('GPU') returns []"),
    ("tensorflow-cuda-drivers-not-found", "Could not find cuda drivers on your machine, GPU will not be used."),
    ("tensorflow-metal-broken", "dlopen(/v/tensorflow-plugins/libmetal_plugin.dylib, 0x0006): Library not loaded"),
    ("jax-without-cuda", "An NVIDIA GPU may be present on this machine, but a CUDA-enabled jaxlib is not installed."),
    (
        "jax-backend-unknown",
        "RuntimeError: Unknown backend: 'cuda' requested, but no platforms that are instances of cuda",
    ),
    (
        "jax-versions-differ",
        "RuntimeError: jaxlib version 0.6.1 is newer than and incompatible with jax version 0.5.0. Please update",
    ),
    (
        "jax-versions-differ",
        "RuntimeError: jaxlib is version 0.4.30, but this version of jax requires version >= 0.4.33.",
    ),
    (
        "jax-versions-differ",
        "JAX plugin jax_cuda12_plugin version 0.5.1 is installed, but it is not compatible with the installed jaxlib",
    ),
    ("onnxruntime-provider-unavailable", "print(onnxruntime.get_available_providers()) -> ['CPUExecutionProvider']"),
    ("onnxruntime-provider-failed", "Failed to create CUDAExecutionProvider. Require cuDNN 9.* and CUDA 12.*."),
    ("c-compiler-missing", "RuntimeError: Failed to find C compiler. Please specify via CC environment variable"),
    ("c-compiler-missing", "torch._inductor.exc.InductorError: RuntimeError: Compiler: cl is not found."),
    ("python-header-missing", "main.c:5:10: fatal error: Python.h: Datei oder Verzeichnis nicht gefunden"),
    ("triton-missing", "RuntimeError: Cannot find a working triton installation. Either the package is not installed"),
    ("triton-missing", "ModuleNotFoundError: No module named 'triton'"),
    ("numpy-2-refused", "A module that was compiled using NumPy 1.x cannot be run in\nNumPy 2.1.3 as it may crash."),
    ("numpy-2-refused", "AttributeError: `np.float_` was removed in the NumPy 2.0 release. Use `np.float64` instead."),
    (
        "numpy-dtype-size-changed",
        "numpy.dtype size changed, may indicate binary incompatibility. Expected 96 from C header, got 88 from",
    ),
    ("numpy-not-usable", "RuntimeError: Numpy is not available"),
    ("numpy-alias-removed", "AttributeError: module 'numpy' has no attribute 'bool'."),
    ("protobuf-newer-than-generated", "TypeError: Descriptors cannot be created directly."),
    ("protobuf-older-than-generated", "ImportError: cannot import name 'builder' from 'google.protobuf.internal'"),
    (
        "mps-needs-newer-macos",
        "MPS not available because the current MacOS version is not 12.3+ and/or you do not have",
    ),
    ("accelerator-not-used", ">>> torch.cuda.is_available()\nFalse"),
    ("cuda-library-missing", "ValueError: libcublas.so.*[0-9] not found in ['/usr/lib', '/opt/app']"),
    ("cuda-library-not-loaded", "RuntimeError: cuSPARSE library was not found."),
    ("cuda-library-not-loaded", "Could not load library libcudnn_cnn.so.9. Error: x\nCannot load symbol cudnnCreate"),
    (
        "cudnn-older-than-build",
        (
            "RuntimeError: Outdated cuDNN installation found.\nVersion JAX was built against: 90800\n"
            "Minimum supported: 90800\nInstalled version: 90100"
        ),
    ),
    (
        "protobuf-older-than-generated",
        (
            "This program requires version 3.20.0 of the Protocol Buffer runtime library, but the installed version is"
            " 3.6.1."
        ),
    ),
    ("cuda-library-older-than-build", "RuntimeError: Outdated cuSPARSE installation found."),
    ("cuda-library-older-than-build", "Found cuBLAS version 120101, but JAX was built against version 120804"),
    ("library-path-searched", "  17: search path=/opt/cuda-11/lib64\t\t(LD_LIBRARY_PATH)"),
]


@pytest.mark.parametrize(("slug", "text"), CASES)
def test_a_wording_is_known(slug: str, text: str) -> None:
    assert slug in found_in(text, SIGNATURES)


@pytest.mark.parametrize(
    "text",
    [
        "A matching Triton is not available, some optimizations will not be enabled",
        "libcuda.so.1: cannot open shared object file: No such file or directory",
        "/usr/lib/x86_64-linux-gnu/libcudnn.so.8.9.7\n/usr/local/cuda/lib64/libcublas.so.12",
        "jaxlib: 0.5.0\njax: 0.5.0\n[CudaDevice(id=0)]",
        "Is CUDA available: True",
        "numpy==2.3.0 protobuf==6.31.1",
    ],
)
def test_other_words_state_nothing(text: str) -> None:
    assert found_in(text, SIGNATURES) == set()


def test_long_texts_take_no_long_time() -> None:
    text = ("libcudnn nvidia- depends on " * 3000 + "\n" + "gpu cuda " * 5000 + "triton mps ") * 2
    assert "cuda-library-missing" not in found_in(text, SIGNATURES)
