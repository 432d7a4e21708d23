"""Wordings of programs and logs about the GPU, its driver and its module, and near misses."""

from __future__ import annotations

import pytest

from mlenv.clues.find import find_clues

WORDINGS = [
    ("cuda-system-not-ready", "cuda driver library init failure: 802"),
    ("driver-too-old", "/usr/lib64/libcuda.so.440.33: undefined symbol: cuMemPoolCreate"),
    ("module-build-failed", "Compiler version check failed:\nThe major and minor number of the compiler"),
    ("module-build-failed", "*** Failed CC version check. Bailing out! ***"),
    (
        "module-build-failed",
        "the nvidia module was never rebuilt for the new kernel; not built for this kernel: nvidia",
    ),
    ("kernel-module-not-found", "==> ERROR: module not found: 'nvidia'"),
    ("kernel-module-not-found", "modprobe: ERROR: could not find module by name='nvidia'"),
    ("module-load-failed", "ERROR: Unable to load the kernel module 'nvidia.ko'."),
    ("kernel-lockdown", "/sys/kernel/security/lockdown: none [integrity] confidentiality"),
    ("cuda-unknown-error", "cuInit returned 999"),
    ("after-suspend", "CUDA is gone after the laptop resumed from suspend"),
    ("visible-devices-emptied", "CUDA_VISIBLE_DEVICES='' python train.py"),
    ("mig", "nvidia-smi says that MIG mode is on for GPU 0"),
]


@pytest.mark.parametrize(("slug", "text"), WORDINGS)
def test_wordings(slug: str, text: str) -> None:
    assert slug in [clue.id for clue in find_clues(text)]


NEAR = [
    (
        "libcuda-missing",
        "Unable to load cudart library /usr/lib/libcuda.so.570.1: cuda driver library init failure: 802",
    ),
    ("libcuda-missing", "Unable to load nvcuda library=/usr/lib32/libcuda.so.535.1 error: wrong ELF class: ELFCLASS32"),
    ("module-build-failed", "Warning: Compiler version check failed:"),
    ("after-suspend", "resume training from the last checkpoint"),
    ("mig", "| Fan  Temp  Perf  Pwr:Usage/Cap | GPU-Util  Compute M. |\n|               |               MIG M. |"),
    ("mig", "    MIG Mode\n        Current                           : N/A"),
    ("mig", "MIG mode: Disabled"),
]


@pytest.mark.parametrize(("slug", "text"), NEAR)
def test_near_misses(slug: str, text: str) -> None:
    assert slug not in [clue.id for clue in find_clues(text)]
