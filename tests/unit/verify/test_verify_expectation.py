"""A GPU that lies idle is worth a warning."""

from __future__ import annotations

import pytest

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.system import OperatingSystem
from mlenv.matrix.load import Matrix
from mlenv.verify.expectation import compare_counts, warn_of_idle_gpus
from mlenv.verify.result import Result

MATRIX = Matrix()
CARD = Gpu(vendor="nvidia", name="NVIDIA A30")
BESIDE = Gpu(vendor="amd", name="Radeon 780M", integrated=True)


def make(framework: str, device: str, check: str = "compute") -> Result:
    return Result(
        framework=framework, version="1", device=device, check=check, status="pass", seconds=1.0, detail="exact"
    )


@pytest.mark.parametrize(
    ("framework", "device", "gpus", "expected"),
    [
        ("torch", "cpu", (CARD,), True),
        ("torch", "cuda:0", (CARD,), False),
        ("torch", "cpu", (), False),
        ("torch", "cpu", (BESIDE,), False),
        ("numpy", "cpu", (CARD,), False),
        ("jax", "cpu", (CARD,), True),
    ],
)
def test_idle_gpus(framework: str, device: str, gpus: tuple[Gpu, ...], expected: bool) -> None:
    machine = Machine(os=OperatingSystem(family="linux"), architecture="x86_64", gpus=gpus)
    found = warn_of_idle_gpus([make(framework, device)], machine, {framework: MATRIX.framework(framework)})
    assert expected is any(result.reason == "idle-gpu" and "NVIDIA A30" in result.detail for result in found)


@pytest.mark.parametrize(
    ("device", "visible", "words"),
    [
        ("cuda:0, cuda:1", ("GPU-a", "GPU-b"), None),
        ("cuda:0", ("GPU-a", "GPU-b"), "torch sees 1 of the 2 GPUs that the driver shows it"),
        ("cuda:0, cuda:1", ("GPU-a",), "torch sees 2 GPUs where the driver shows 1"),
        ("cuda:0", (), None),
        ("cpu", ("GPU-a",), None),
    ],
)
def test_the_number_of_gpus(device: str, visible: tuple[str, ...], words: str | None) -> None:
    found = compare_counts([make("torch", device, "device")], visible)[1:]
    assert [result.detail for result in found] == ([words] if words else [])
    assert all(result.status == "fail" for result in found)
