"""The PyTorch payload against a fake torch: what it must not let pass."""

from __future__ import annotations

import os

import pytest

from mlenv.verify.result import DeviceKind, Target, Verification
from tests.unit.verify.verify_stubs import FAKE_TORCH, StubEnvironment, brief, make_environment

TORCH = Target(framework="torch", distribution="torch")
BEGINNING = [("import", "pass", ""), ("version", "pass", "")]


@pytest.fixture(scope="module")
def torch_stub(tmp_path_factory: pytest.TempPathFactory) -> StubEnvironment:
    """An environment whose torch is a fake that behaves as the variable FAKE_TORCH says."""
    environment = make_environment(tmp_path_factory.mktemp("torch") / "env")
    environment.add("torch", FAKE_TORCH.read_text(), version="2.15.0")
    return environment


def verify(environment: StubEnvironment, mode: str, device: DeviceKind) -> Verification:
    return environment.verify(TORCH, device=device, variables={"FAKE_TORCH": mode})


def test_a_cpu_build_computes_on_the_cpu(torch_stub: StubEnvironment) -> None:
    verification = verify(torch_stub, "cpu", "auto")
    assert brief(verification) == [*BEGINNING, ("device", "pass", ""), ("compute", "pass", "")]
    assert [result.device for result in verification.results] == [None, None, "cpu", "cpu"]
    assert verification.status == "ok"


@pytest.mark.parametrize("device", ["auto", "gpu"])
def test_every_gpu_is_proved(torch_stub: StubEnvironment, device: DeviceKind) -> None:
    verification = verify(torch_stub, "cuda", device)
    assert brief(verification) == [*BEGINNING, ("device", "pass", ""), *[("compute", "pass", "")] * 2]
    assert [result.device for result in verification.results[2:]] == ["cuda:0, cuda:1", "cuda:0", "cuda:1"]
    assert "0 Fake H200, 139 GiB, capability 9.0" in verification.results[2].detail
    assert "float32, float64, float16, bfloat16" in verification.results[3].detail


def test_a_gpu_machine_asked_for_the_cpu(torch_stub: StubEnvironment) -> None:
    assert [result.device for result in verify(torch_stub, "cuda", "cpu").results[2:]] == ["cpu", "cpu"]


def test_computing_silently_on_the_cpu_fails(torch_stub: StubEnvironment) -> None:
    verification = verify(torch_stub, "fallback", "cuda")
    assert brief(verification)[2:] == [("device", "fail", "cpu-fallback")]
    assert verification.results[2].detail == "silently computed on the CPU: cuda:0 was asked for"
    assert verification.status == "error"


def test_one_wrong_element_fails(torch_stub: StubEnvironment) -> None:
    verification = verify(torch_stub, "wrong", "cuda")
    assert brief(verification)[3:] == [("compute", "pass", ""), ("compute", "fail", "wrong-number")]
    assert "float32 on cuda:1: element [3, 17] is " in verification.results[4].detail
    assert "(1 of 24576 elements are wrong)" in verification.results[4].detail


@pytest.mark.parametrize(
    ("mode", "device", "words"),
    [
        ("cpu", "cuda", "cuda was asked for, and this PyTorch (CPU build) sees no such device"),
        ("cpu", "cuda", "Torch not compiled with CUDA enabled"),
        ("cpu", "gpu", "gpu was asked for"),
        ("cpu", "rocm", "rocm was asked for"),
        ("cuda", "rocm", "rocm was asked for, and this PyTorch (CUDA 13.0 build) sees no such device"),
        ("cpu", "mps", "mps was asked for"),
        ("cpu", "xpu", "xpu was asked for"),
        ("cpu", "tpu", "PyTorch does not reach by itself"),
        ("driver", "cuda", "The NVIDIA driver on your system is too old"),
    ],
)
def test_a_missing_device_fails_with_its_cause(
    torch_stub: StubEnvironment, mode: str, device: DeviceKind, words: str
) -> None:
    verification = verify(torch_stub, mode, device)
    assert brief(verification) == [*BEGINNING, ("device", "fail", "device-missing")]
    assert words in verification.results[2].detail


def test_a_driver_that_does_not_serve_is_a_warning_on_the_cpu(torch_stub: StubEnvironment) -> None:
    verification = verify(torch_stub, "driver", "auto")
    assert brief(verification)[2:] == [("device", "warn", "device-unusable"), ("compute", "pass", "")]
    assert "CUDA initialization: The NVIDIA driver on your system is too old" in verification.results[2].detail
    assert verification.status == "warning"


@pytest.mark.skipif(os.name == "nt", reason="signals are a matter of Unix")
def test_a_crash_while_computing_keeps_what_was_proved(torch_stub: StubEnvironment) -> None:
    verification = verify(torch_stub, "segv", "cuda")
    assert brief(verification) == [*BEGINNING, ("device", "pass", ""), ("compute", "fail", "crashed")]
    assert verification.results[3].signal == "SIGSEGV"
    assert "while computing with torch" in verification.results[3].detail
