"""Messages about builds: their wordings, and what is none of them."""

from __future__ import annotations

import pytest

from mlenv.clues.builds import SIGNATURES
from tests.unit.clues.clue_cases_builds import found_in

CASES = [
    (
        "gpu-not-in-torch-build",
        "NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch installation.",
    ),
    (
        "gpu-not-in-torch-build",
        (
            "UserWarning: \nNVIDIA GB10 with CUDA capability sm_121 is not compatible with the current"
            " PyTorch installation."
        ),
    ),
    (
        "torch-build-capabilities",
        "The current PyTorch install supports CUDA capabilities sm_37 sm_50 sm_60 sm_70 sm_75 compute_75.",
    ),
    (
        "gpu-too-old-for-torch",
        (
            "Found GPU0 Quadro K2000 which is of cuda capability 3.0.\n    PyTorch no longer supports"
            " this GPU because it is too old."
        ),
    ),
    (
        "gpu-outside-torch-range",
        (
            "Found GPU0 Quadro P4000 which is of cuda capability 6.1.\n    Minimum and Maximum cuda"
            " capability supported by"
            " this version of PyTorch is\n    (7.5) - (12.0)"
        ),
    ),
    (
        "gpu-below-tensorflow-minimum",
        (
            "Ignoring visible gpu device (device: 0, name: Quadro K600, pci bus id: 0000:01:00.0,"
            " compute capability: 3.0)"
            " with Cuda compute capability 3.0. The minimum required Cuda capability is 3.5."
        ),
    ),
    ("no-kernel-image", "torch.AcceleratorError: CUDA error: no kernel image is available for execution on the device"),
    ("no-kernel-image", "CUDA_ERROR_NO_BINARY_FOR_GPU: no kernel image is available for execution on the device"),
    ("no-kernel-image", "cudaErrorNoKernelImageForDevice (209)"),
    ("no-kernel-image", "RuntimeError: CUDA error: device kernel image is invalid"),
    ("cuda-invalid-device-function", "RuntimeError: CUDA error: invalid device function"),
    ("hip-without-gpu-code", "RuntimeError: HIP error: invalid device function"),
    ("hip-without-gpu-code", '"hipErrorNoBinaryForGpu: Unable to find code object for all current devices!"'),
    (
        "hip-without-gpu-code",
        (
            "rocBLAS error: Cannot read /opt/rocm/lib/rocblas/library/TensileLibrary.dat: Illegal seek"
            " for GPU arch : gfx1103"
        ),
    ),
    ("ptxas-without-gpu", "ptxas fatal   : Value 'sm_121a' is not defined for option 'gpu-name'"),
    ("torch-without-cuda", "AssertionError: Torch not compiled with CUDA enabled"),
    ("torch-without-cuda", "AssertionError: PyTorch was not compiled with CUDA enabled"),
    ("torch-without-cuda", "AttributeError: module 'torch._C' has no attribute '_cuda_setDevice'"),
    ("torch-without-xpu", "AssertionError: Torch not compiled with XPU enabled"),
    (
        "detected-cuda-mismatch",
        "The detected CUDA version (13.0) mismatches the version that was used to compile\nPyTorch (12.8). Please make",
    ),
    (
        "cuda-major-mismatch-for-op",
        ">- DeepSpeed Op Builder: Installed CUDA version 11.5 does not match the version torch was compiled with 12.1",
    ),
    ("toolkit-without-gpu", "nvcc fatal   : Unsupported gpu architecture 'compute_120'"),
    ("nvcc-missing", "OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root."),
    ("nvcc-missing", "FileNotFoundError: [Errno 2] No such file or directory: '/usr/local/cuda/bin/nvcc'"),
    ("companion-operator-missing", "RuntimeError: operator torchvision::nms does not exist"),
    (
        "companion-operator-missing",
        "NotImplementedError: Could not run 'torchvision::nms' with arguments from the 'CUDA' backend.",
    ),
    (
        "companion-operator-missing",
        "AttributeError: partially initialized module 'torchvision' has no attribute 'extension' (most likely due to",
    ),
    ("companion-ops-not-loaded", "RuntimeError: Couldn't load custom C++ ops. This can happen if your PyTorch and"),
    (
        "companion-cuda-mismatch",
        (
            "Detected that PyTorch and torchvision were compiled with different CUDA major versions. PyTorch has CUDA"
            " Version=12.4 and torchvision has CUDA Version=11.8."
        ),
    ),
    (
        "companion-cuda-mismatch",
        (
            "Detected that PyTorch and TorchAudio were compiled with different CUDA versions. PyTorch"
            " has CUDA version 12.1"
            " whereas TorchAudio has CUDA version 11.8."
        ),
    ),
    (
        "companion-library-broken",
        (
            "OSError: /venv/lib/python3.11/site-packages/torchaudio/lib/libtorchaudio.so: undefined"
            " symbol: _ZN2at4_ops5zeros"
        ),
    ),
    ("xformers-built-for", "xFormers was built for:\n    PyTorch 2.4.0+cu121 with CUDA 1201 (you have 2.5.0+cu124)"),
    (
        "torch-symbol-undefined",
        (
            "ImportError: /v/flash_attn_2_cuda.cpython-311-x86_64-linux-gnu.so: undefined symbol:"
            " _ZN3c105ErrorC2ENS_14Source"
        ),
    ),
    ("torch-symbol-undefined", "Symbol not found: __ZN5torch3jit17parseSchemaOrNameERKNSt3__1"),
    ("torch-symbol-undefined", "a.so: undefined symbol: _ZNK3c1010TensorImpl27throw_data_ptr_access_errorEv"),
    ("cuda-extension-broken", "ModuleNotFoundError: No module named 'vllm._C'"),
    (
        "cuda-extension-broken",
        "ImportError: DLL load failed while importing flash_attn_2_cuda: The specified procedure could not be found.",
    ),
    ("extension-library-missing", "ImportError: libtorch_cuda_cpp.so: cannot open shared object file: No such file"),
    (
        "extension-cuda-mismatch",
        (
            "Detected that PyTorch and torch_scatter were compiled with different CUDA versions."
            " PyTorch has CUDA version"
            " 12.1 and torch_scatter has CUDA version 11.8."
        ),
    ),
    ("bitsandbytes-setup-failed", "RuntimeError: CUDA Setup failed despite CUDA being available. Please run the"),
    ("bitsandbytes-setup-failed", "AttributeError: 'NoneType' object has no attribute 'cquantize_blockwise_fp16_nf4'"),
    (
        "bitsandbytes-binary-missing",
        "RuntimeError: Configured CUDA binary not found at /v/bitsandbytes/libbitsandbytes_cuda130.so",
    ),
    (
        "detected-cuda-mismatch",
        (
            "RuntimeError: ('The detected CUDA version (%s) mismatches the version that was used to compile PyTorch "
            "(%s). "
            "Please make sure to use the same CUDA versions.', '11.2', '12.4')"
        ),
    ),
    ("cpu-wheel-named", "On this workstation pip always installs the cpu-only wheel of it"),
    ("companion-library-broken", "OSError: libtorchaudio.so: undefined symbol: _ZN3c105ErrorC2Ev"),
    ("torch-symbol-undefined", "ImportError: plugin.so: undefined symbol: THPVariableClass"),
    ("torch-symbol-undefined", "OSError: /e/ops.so: undefined symbol: torch_library_impl"),
]


@pytest.mark.parametrize(("slug", "text"), CASES)
def test_a_wording_is_known(slug: str, text: str) -> None:
    assert slug in found_in(text, SIGNATURES)


@pytest.mark.parametrize(
    "text",
    [
        "PyTorch version: 2.9.0+cu128\nIs CUDA available: True\nCUDA used to build PyTorch: 12.8",
        "NVIDIA GeForce RTX 4090, compute capability 8.9, is compatible",
        "undefined symbol: my_own_function",
        "torchvision 0.23.0 and torchaudio 2.8.0 were installed",
        "bitsandbytes 0.48.2 is available",
        "nvcc: NVIDIA (R) Cuda compiler driver",
    ],
)
def test_other_words_state_nothing(text: str) -> None:
    assert found_in(text, SIGNATURES) == set()


def test_values_are_read() -> None:
    rows = found_values("gpu-outside-torch-range", CASES[4][1])
    assert rows == {"gpu": "Quadro P4000", "capability": "6.1", "lowest": "7.5", "highest": "12.0"}
    assert found_values(
        "detected-cuda-mismatch",
        "detected CUDA version (12.4) mismatches the version that was used to compile PyTorch (11.8)",
    ) == {"toolkit": "12.4", "build": "11.8"}


def found_values(slug: str, text: str) -> dict[str, str]:
    row = next(row for row in SIGNATURES if row.id == slug)
    match = row.pattern.search(text)
    return {name: value for name, value in match.groupdict().items() if value} if match else {}


def test_long_texts_take_no_long_time() -> None:
    # Linear work only: a pattern that tries every pair of places in these would not come back.
    text = ("torch " * 3000 + "\n" + "nvidia- cu " * 3000 + "_zn " + "a" * 40000) * 2
    assert found_in(text, SIGNATURES) == set()
