"""A GPU that lies idle is worth a warning."""

from __future__ import annotations

import pytest

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.system import OperatingSystem
from mlenv.matrix.load import Matrix
from mlenv.verify.expectation import warn_of_idle_gpus
from mlenv.verify.result import Result, Verification

MATRIX = Matrix()
CARD = Gpu(vendor="nvidia", name="NVIDIA A30")
BESIDE = Gpu(vendor="amd", name="Radeon 780M", integrated=True)


def judge(framework: str, device: str, *gpus: Gpu) -> Verification:
    machine = Machine(os=OperatingSystem(family="linux"), architecture="x86_64", gpus=gpus)
    result = Result(
        framework=framework, version="1", device=device, check="compute", status="pass", seconds=1.0, detail="exact"
    )
    done = Verification(environment="env", status="ok", results=(result,))
    return warn_of_idle_gpus(done, machine, {framework: MATRIX.framework(framework)})


@pytest.mark.parametrize(
    ("framework", "device", "gpus", "expected"),
    [
        ("torch", "cpu", (CARD,), "warning"),
        ("torch", "cuda:0", (CARD,), "ok"),
        ("torch", "cpu", (), "ok"),
        ("torch", "cpu", (BESIDE,), "ok"),
        ("numpy", "cpu", (CARD,), "ok"),
        ("jax", "cpu", (CARD,), "warning"),
    ],
)
def test_idle_gpus(framework: str, device: str, gpus: tuple[Gpu, ...], expected: str) -> None:
    done = judge(framework, device, *gpus)
    assert expected == done.status
    assert (expected == "warning") is any("NVIDIA A30" in result.detail for result in done.results)
