"""The words for devices, the same in every sentence."""

from __future__ import annotations

from mlenv.matrix.rows import Accelerator

WORDS: dict[Accelerator, str] = {
    "cpu": "the CPU",
    "cuda": "NVIDIA CUDA",
    "rocm": "AMD ROCm",
    "xpu": "Intel XPU",
    "mps": "Apple Metal",
    "tpu": "TPU",
}
