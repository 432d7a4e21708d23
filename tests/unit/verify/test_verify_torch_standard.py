"""PyTorch at the level standard: its switches, its kernels, its comparisons."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


numbers, layers, training, devices, verdicts = (
    load(name) for name in ("_torch.numbers", "_torch.layers", "_torch.training", "_torch.devices", "_verdicts")
)
CPU, GPU = devices.Device("cpu", "cpu"), devices.Device("cuda:0", "cuda:0")


@pytest.mark.parametrize(
    ("switch", "during"),
    [({"fp32_precision": "none"}, {"fp32_precision": "tf32"}), ({"allow_tf32": False}, {"allow_tf32": True})],
)
def test_the_switch_of_tf32_by_its_two_names(switch: dict[str, Any], during: dict[str, Any]) -> None:
    matmul = SimpleNamespace(**switch)
    torch = SimpleNamespace(backends=SimpleNamespace(cuda=SimpleNamespace(matmul=matmul)))

    def compute() -> None:
        with numbers.float32_mode(torch, "tf32"):
            assert vars(matmul) == during
            raise RuntimeError

    with pytest.raises(RuntimeError):
        compute()
    assert vars(matmul) == switch


@pytest.mark.parametrize(
    ("device", "capability", "has"), [(GPU, (8, 9), True), (GPU, (9, 0), True), (GPU, (8, 6), False), (CPU, (), False)]
)
def test_float8_needs_a_newer_gpu(device: Any, capability: tuple[int, ...], has: bool) -> None:
    cuda = SimpleNamespace(get_device_capability=lambda name: capability)
    torch = SimpleNamespace(cuda=cuda, float8_e4m3fn="float8_e4m3fn", _scaled_mm=print)
    assert numbers.has_float8(torch, device) is has
    assert numbers.has_float8(SimpleNamespace(cuda=cuda), device) is False


class Bytes(list[int]):
    """A tensor of one dimension."""

    def __ne__(self, other: object) -> Any:
        assert isinstance(other, list)
        return Bytes(int(a != b) for a, b in zip(self, other, strict=True))

    def sum(self) -> int:
        return sum(self)

    def numel(self) -> int:
        return len(self)


def test_bytes_that_changed_on_the_way_fail() -> None:
    torch = SimpleNamespace(equal=lambda a, b: list(a) == list(b))
    training.compare_bytes(torch, GPU, Bytes([1, 2, 3]), Bytes([1, 2, 3]), "pinned")
    with pytest.raises(verdicts.Failure, match=r"1 of 3 bytes differ after the way to cuda:0 and back \(pinned"):
        training.compare_bytes(torch, GPU, Bytes([1, 2, 3]), Bytes([1, 0, 3]), "pinned")


def test_memory_that_cannot_be_pinned_is_told() -> None:
    def refuse() -> None:
        raise RuntimeError("CUDA error: out of memory")

    with pytest.raises(verdicts.Failure, match="ulimit -l") as caught:
        training.send_pinned(SimpleNamespace(), GPU, SimpleNamespace(pin_memory=refuse))
    assert caught.value.reason == "no-pinned-memory"


def test_kernels_of_attention_that_this_device_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    attention: Any = ModuleType("torch.nn.attention")
    attention.SDPBackend = SimpleNamespace(MATH="math", FLASH_ATTENTION="flash", EFFICIENT_ATTENTION="efficient")
    for name, module in (("torch", ModuleType("torch")), ("torch.nn", ModuleType("torch.nn"))):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "torch.nn.attention", attention)
    ran = layers.list_kernels(lambda chosen: chosen != "flash")
    assert list(ran) == ["MATH", "EFFICIENT_ATTENTION"]


def test_a_kernel_that_fails_otherwise_is_a_failure() -> None:
    with pytest.raises(RuntimeError, match="illegal memory access"):
        layers.runs(lambda: fail("CUDA error: an illegal memory access was encountered"))
    assert layers.runs(lambda: fail("No available kernel. Aborting execution.")) is False
    assert layers.runs(lambda: None) is True


def fail(text: str) -> None:
    raise RuntimeError(text)
