"""The PyTorch payload against a fake torch: what it must not let pass."""

from __future__ import annotations

import importlib
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
    assert verification.results[4].about == "GPU-00000001-1111-2222-3333-444444444444"


def test_a_number_that_is_none_fails(torch_stub: StubEnvironment) -> None:
    verification = verify(torch_stub, "nan", "cuda")
    assert brief(verification)[3:] == [("compute", "fail", "not-a-number")] * 2
    assert "float16 on cuda:0: element [3, 17] is nan and must be " in verification.results[3].detail


def test_the_arithmetic_of_float32_is_named(torch_stub: StubEnvironment) -> None:
    ieee, tf32 = (verify(torch_stub, mode, "cuda").results[3] for mode in ("cuda", "tf32"))
    assert (ieee.status, ieee.measured["arithmetic"]) == ("pass", "fp32")
    assert (tf32.status, tf32.measured["arithmetic"]) == ("pass", "tf32")
    assert tf32.measured["norm"] == pytest.approx(2.9e-4, rel=0.2)
    assert "; float32 ran as TF32 (relative error 2." in tf32.detail


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("rough", "float32 on cuda:0: the relative error is 5.0e-01, which no arithmetic explains"),
        ("outlier", "float32 on cuda:0: an element is wrong by 1.0e+00 where the mean error is"),
    ],
)
def test_wrong_normal_numbers_fail(torch_stub: StubEnvironment, mode: str, words: str) -> None:
    verification = verify(torch_stub, mode, "cuda")
    assert brief(verification)[3:] == [("compute", "fail", "wrong-number")] * 2
    assert words in verification.results[3].detail


def test_another_device_than_asked_for_fails(torch_stub: StubEnvironment) -> None:
    verification = verify(torch_stub, "elsewhere", "cuda")
    assert brief(verification)[2:] == [
        ("device", "warn", "device-unusable"),
        ("compute", "pass", ""),
        ("compute", "fail", "wrong-device"),
    ]
    assert verification.results[4].detail == "computed on cuda:0 where cuda:1 was asked for"


def test_a_dead_gpu_hides_no_other(torch_stub: StubEnvironment) -> None:
    verification = verify(torch_stub, "second", "auto")
    assert brief(verification)[2:] == [
        ("device", "warn", "device-unusable"),
        ("compute", "pass", ""),
        ("compute", "fail", "exception"),
    ]
    assert "; cuda:1 does not compute: RuntimeError: CUDA error: uncorrectable ECC" in verification.results[2].detail


def test_a_build_without_code_for_the_gpu_fails(torch_stub: StubEnvironment) -> None:
    verification = verify(torch_stub, "architecture", "auto")
    assert brief(verification)[2:] == [("device", "fail", "no-kernel-image")]
    expected = "this PyTorch has code for sm_75 sm_80 sm_90, and cuda:0 is sm_61: install a build"
    assert verification.results[2].detail.startswith(expected)


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("sm_80", [(8, 0), (8, 6), (8, 9)]),
        ("sm_86", [(8, 6), (8, 9)]),
        ("sm_90a", [(9, 0)]),
        ("sm_100f", [(10, 0), (10, 3)]),
        ("compute_89", [(8, 9), (9, 0), (10, 0), (10, 3), (12, 0)]),
        ("compute_100a", [(10, 0)]),
        ("sm_120", [(12, 0)]),
        ("gfx942", []),
    ],
)
def test_architectures_that_code_runs_on(name: str, covered: list[tuple[int, int]]) -> None:
    known = [(7, 5), (8, 0), (8, 6), (8, 9), (9, 0), (10, 0), (10, 3), (12, 0)]
    covers = importlib.import_module("mlenv.verify.payloads._torch.devices").covers
    assert [capability for capability in known if covers(name, capability)] == covered


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
