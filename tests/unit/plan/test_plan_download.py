"""What a lock costs to download."""

from __future__ import annotations

import pytest

from mlenv.plan.download import download_bytes, taken_file
from mlenv.plan.lock import Lock, LockedFile, LockedPackage

HOST = "https://index.example/files/"


def file(name: str, size: int | None = 1, address: str = HOST) -> LockedFile:
    return LockedFile(hashes={}, url=f"{address}{name}", size=size)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a-1-py3-none-any.whl", "a-1-cp312-cp312-manylinux_2_17_x86_64.whl"], 1),
        (["a-1-cp37-abi3-manylinux_2_17_x86_64.whl", "a-1-py3-none-any.whl"], 0),
        (["a-1-cp310-abi3-manylinux_2_17_x86_64.whl", "a-1-cp312-cp312-manylinux_2_17_x86_64.whl"], 1),
        (["a-1-cp312-cp312-manylinux2014_x86_64.whl", "a-1-cp312-cp312-manylinux_2_28_x86_64.whl"], 1),
        (["a-1-cp312-cp312-macosx_11_0_arm64.whl", "a-1-cp312-cp312-macosx_10_9_universal2.whl"], 0),
        (["no wheel.whl", "a-1-py3-none-any.whl"], 1),
    ],
)
def test_the_closest_wheel_is_taken(names: list[str], expected: int) -> None:
    wheels = tuple(file(name) for name in names)
    assert wheels[expected] == taken_file(LockedPackage(name="a", version="1", wheels=wheels))


def test_sizes_are_added_up() -> None:
    one = LockedPackage(name="a", wheels=(file("a-1-py3-none-any.whl", 5), file("a-1-cp312-cp312-win_amd64.whl", 7)))
    two = LockedPackage(name="b", sdist=file("b-1.tar.gz", 100), wheels=())
    local = LockedPackage(name="c", wheels=(file("c-1-py3-none-any.whl", None, "file:///wheels/"),))
    assert 107 == download_bytes(Lock(packages=(one, two, local)))


def test_an_unknown_size_makes_the_sum_unknown() -> None:
    assert (
        download_bytes(Lock(packages=(LockedPackage(name="a", wheels=(file("a-1-py3-none-any.whl", None),)),))) is None
    )
    assert 0 == download_bytes(Lock())


def test_the_name_of_a_file() -> None:
    assert "torch-2.13.0+cpu-py3-none-any.whl" == file("torch-2.13.0%2Bcpu-py3-none-any.whl#sha256=00").name
