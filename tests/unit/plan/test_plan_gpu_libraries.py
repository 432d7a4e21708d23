"""Which packages of a lock are libraries for NVIDIA's GPUs, and what they cost."""

from __future__ import annotations

import pytest

from mlenv.plan.gpu_libraries import LEAST_BYTES, GpuLibraries, describe_libraries, find_gpu_libraries
from mlenv.plan.lock import LockedFile, LockedPackage

LINUX = "py3-none-manylinux_2_27_x86_64.whl"
MB = 10**6


def package(name: str, size: int | None, ending: str = LINUX) -> LockedPackage:
    file = LockedFile(hashes={}, url=f"https://index.example/{name.replace('-', '_')}-1-{ending}", size=size)
    return LockedPackage(name=name, version="1", wheels=(file,))


def test_the_largest_stand_first() -> None:
    rows = [package("nvidia-nccl-cu13", 200 * MB), package("triton", 300 * MB), package("cuda-bindings", 8 * MB)]
    expected = GpuLibraries(names=("triton", "nvidia-nccl-cu13", "cuda-bindings"), bytes=508 * MB, complete=True)
    assert expected == find_gpu_libraries([*rows, package("numpy", 900 * MB)])


def test_a_wheel_for_any_platform_holds_no_library() -> None:
    assert find_gpu_libraries([package("nvidia-ml-py", 900 * MB, "py3-none-any.whl")]) is None


def test_little_is_not_worth_a_word() -> None:
    assert find_gpu_libraries([package("cuda-bindings", LEAST_BYTES - 1)]) is None
    assert find_gpu_libraries([package("cuda-bindings", LEAST_BYTES)]) is not None
    assert find_gpu_libraries([]) is None


def test_an_unknown_size_is_not_taken_for_little() -> None:
    found = find_gpu_libraries([package("nvidia-cublas", None), package("nvidia-nvtx", MB)])
    assert GpuLibraries(names=("nvidia-nvtx", "nvidia-cublas"), bytes=MB, complete=False) == found


def test_other_makers_and_other_names_are_none() -> None:
    rows = [package(name, 900 * MB) for name in ("triton-rocm", "tritonclient", "torch", "cudf-cu13")]
    assert find_gpu_libraries(rows) is None


@pytest.mark.parametrize(
    ("number", "size", "complete", "expected"),
    [
        (1, 0, False, "1 GPU library (lib-0)"),
        (2, 3000 * MB, False, "2 GPU libraries (at least 3.0 GB to download: lib-0, lib-1)"),
        (7, 500 * MB, True, "7 GPU libraries (500 MB to download: lib-0, lib-1, lib-2, lib-3, lib-4 and 2 more)"),
    ],
)
def test_words(number: int, size: int, complete: bool, expected: str) -> None:
    names = tuple(f"lib-{place}" for place in range(number))
    assert expected == describe_libraries(GpuLibraries(names=names, bytes=size, complete=complete))
