"""The parts of the payloads around PyTorch: versions, llama.cpp's tensors and devices, known numbers."""

from __future__ import annotations

import ctypes
import importlib
import struct
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


companions, family, line, llama, ggml, verdicts = (
    load(name)
    for name in ("_torch.companions", "_torch.family", "_torch.line", "llama_cpp_python", "_ggml", "_verdicts")
)


@pytest.mark.parametrize(
    ("version", "versions", "is_it"),
    [
        ("2.13.0+cpu", "==2.13.0", True),
        ("2.13.0+cpu", "==2.13.0+cu130", False),
        ("2.13.1", "==2.13.0", False),
        ("2.13.1", "==2.13.*", True),
        ("2.14.0", "!=2.14.0", False),
        ("0.14.3", "<0.15.0,>=0.14.3", True),
        ("0.15.3", "<0.15.0,>=0.14.3", False),
        ("2.9", "~=2.4.1", False),
        ("2.4.9", "~=2.4.1", True),
        ("2.15.0.dev20261101+cu130", ">=2.15", True),
        ("2.10", ">2.9.1", True),
        ("2.10", "<=2.9.1", False),
        ("2.10", "", True),
    ],
)
def test_versions_that_a_package_asks_for(version: str, versions: str, is_it: bool) -> None:
    assert companions.satisfies(version, versions) is is_it


def test_requirements_of_extras_are_left_out() -> None:
    assert companions.applies("")
    assert not companions.applies('extra == "torch"')
    assert not companions.applies('python_version < "3.9"')


def test_a_file_that_is_no_library_is_told_without_its_folder(tmp_path: Any) -> None:
    path = tmp_path / "_C.so"
    path.write_bytes(b"no library at all")
    said = companions.try_loading(str(path))
    assert said
    assert str(tmp_path) not in said


def test_the_line_is_right_in_whole_numbers() -> None:
    weights, losses = line.START[0], []
    for expected in line.WEIGHTS:
        errors = [
            sum(a * b for a, b in zip(row, weights, strict=True)) - target[0]
            for row, target in zip(line.INPUTS, line.TARGETS, strict=True)
        ]
        losses.append(sum(error * error for error in errors) / 2)
        slopes = [sum(e * row[j] for e, row in zip(errors, line.INPUTS, strict=True)) for j in range(2)]
        weights = [weight - line.RATE * slope for weight, slope in zip(weights, slopes, strict=True)]
        assert [weights] == expected
    assert losses == line.LOSSES


def test_words_of_a_library_are_not_pytorchs() -> None:
    heard = ["WARNING[XFORMERS]: no CUDA extensions", "CUDA initialization: no driver"]
    family.drop_words(heard, "xformers")
    assert heard == ["CUDA initialization: no driver"]


def test_an_addition_of_low_rank_in_whole_numbers() -> None:
    plain, tuned = load("peft").find_expected()
    assert (plain, tuned) == ([[-1, 3, 6], [3, 5, 8]], [[-3, -3, 12], [17, 31, 14]])


@pytest.mark.parametrize(
    ("name", "label"),
    [(b"CUDA0", "cuda:0"), (b"ROCm1", "rocm:1"), (b"Metal", "mps:0"), (b"Vulkan0", "vulkan:0"), (b"CPU", "cpu")],
)
def test_the_devices_of_llama_cpp(name: bytes, label: str) -> None:
    assert llama.label_of(name) == label


def choose(asked: str, *labels: str, gpu: bool) -> list[str]:
    devices = [llama.Device(index, label, "") for index, label in enumerate(labels)]
    chosen = llama.choose_devices(SimpleNamespace(llama_supports_gpu_offload=lambda: gpu), devices, asked)
    return [device.label for device in chosen]


def test_llama_cpp_computes_where_it_was_asked_to() -> None:
    assert choose("auto", "cpu", gpu=False) == ["cpu"]
    assert choose("auto", "cuda:0", "cpu", gpu=True) == ["cuda:0"]
    assert choose("cpu", "cuda:0", "cpu", gpu=True) == ["cpu"]
    assert choose("gpu", "vulkan:0", "cpu", gpu=True) == ["vulkan:0"]


@pytest.mark.parametrize(("gpu", "words"), [(False, "compiled without any GPU"), (True, "sees only cpu")])
def test_llama_cpp_without_the_device(gpu: bool, words: str) -> None:
    with pytest.raises(verdicts.Failure, match=words) as caught:
        choose("cuda", "cpu", gpu=gpu)
    assert caught.value.reason == "device-missing"


def quantise(scale: float) -> Callable[..., int]:
    """ggml's blocks of 8 bits as they are defined: the scale in float16, then 32 numbers."""

    def work(kind: int, numbers: Any, room: Any, *_: Any) -> int:
        biggest = max(abs(number) for number in numbers)
        packed = struct.pack("<e32b", scale * biggest / 127, *(round(number * 127 / biggest) for number in numbers))
        ctypes.memmove(room, packed, len(packed))
        return len(packed)

    return work


def test_a_block_of_8_bits_to_the_byte() -> None:
    assert "right to the byte" in llama.prove_block(SimpleNamespace(quantize_chunk=quantise(1.0)))
    with pytest.raises(verdicts.Failure, match="a block of 8-bit numbers"):
        llama.prove_block(SimpleNamespace(quantize_chunk=quantise(2.0)))


class FakeGgml:
    """As much of ggml as a product needs; tensors are numbers of a table."""

    def __init__(self, status: int = 0, opened: int = 7) -> None:
        self.tables: list[Any] = [None]
        self.freed: list[str] = []
        self.status, self.opened = status, opened

    def __getattr__(self, name: str) -> Any:
        if name.endswith("free"):
            return lambda handle: self.freed.append(name)
        return lambda *_: {"backend_dev_init": self.opened, "backend_graph_compute": self.status}.get(name, 1)

    def new_tensor_2d(self, context: int, kind: int, width: int, height: int) -> int:
        self.tables.append((width, height, []))
        return len(self.tables) - 1

    def mul_mat(self, context: int, first: int, second: int) -> int:
        self.tables.append((first, second))
        return len(self.tables) - 1

    def backend_tensor_set(self, tensor: int, data: Any, offset: int, size: int) -> None:
        self.tables[tensor][2].extend(data)

    def rows(self, tensor: int) -> list[list[float]]:
        width, height, data = self.tables[tensor]
        return [data[i * width : (i + 1) * width] for i in range(height)]

    def backend_tensor_get(self, tensor: int, room: Any, offset: int, size: int) -> None:
        first, second = (self.rows(part) for part in self.tables[tensor])
        products = [sum(a * b for a, b in zip(x, y, strict=True)) for y in second for x in first]
        room[:] = products


def test_a_product_in_llama_cpps_tensors() -> None:
    fake = FakeGgml()
    assert ggml.multiply(fake, 1, [[1, 2], [3, 4], [0, 1]], [[5, 6], [7, 8]]) == [[19, 22], [43, 50], [7, 8]]
    assert fake.freed == ["backend_buffer_free", "free", "backend_free"]


@pytest.mark.parametrize(
    ("fake", "words"), [(FakeGgml(status=-1), "status -1"), (FakeGgml(opened=0), "could not open the device")]
)
def test_a_product_that_llama_cpp_refuses(fake: FakeGgml, words: str) -> None:
    with pytest.raises(verdicts.Failure, match=words):
        ggml.multiply(fake, 1, [[1]], [[1]])


def test_a_function_that_no_library_has() -> None:
    with pytest.raises(verdicts.Failure, match="ggml_init"):
        ggml.Ggml([SimpleNamespace()])
