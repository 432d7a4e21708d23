"""A line that learns under Accelerate: exact numbers, their device, and what the process keeps."""

from __future__ import annotations

import pytest

from mlenv.verify.result import DeviceKind, Target, Verification
from tests.unit.verify.verify_stubs import FAKE_TORCH, StubEnvironment, brief, make_environment

ACCELERATE = Target(framework="accelerate", distribution="accelerate")
BEGINNING = [("import", "pass", ""), ("version", "pass", ""), ("companions", "pass", "")]

FAKE_ACCELERATE = """
import types
import torch

HELD = []


class Accelerator:
    def __init__(self, cpu=False):
        if HELD:
            raise ValueError("an accelerator is there already: its state was not reset")
        HELD.append(self)
        self.device = "cpu" if cpu or not torch.cuda.is_available() else torch.cuda.current

    def prepare(self, model):
        return model.to(self.device)

    def backward(self, loss):
        loss.backward()


state = types.SimpleNamespace(
    AcceleratorState=types.SimpleNamespace(_reset_state=lambda everything: HELD.clear()),
    GradientState=types.SimpleNamespace(_reset_state=lambda: None),
)
"""


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> StubEnvironment:
    environment = make_environment(tmp_path_factory.mktemp("line") / "env")
    environment.add("torch", FAKE_TORCH.with_name("torch_line_stub.txt").read_text(), version="2.15.0")
    environment.add("accelerate", FAKE_ACCELERATE)
    return environment


def verify(environment: StubEnvironment, mode: str, device: DeviceKind = "auto") -> Verification:
    return environment.verify(ACCELERATE, device=device, variables={"FAKE_TORCH": mode})


def test_a_prepared_model_learns_one_exact_step(stubs: StubEnvironment) -> None:
    verification = verify(stubs, "good")
    assert brief(verification) == [*BEGINNING, ("device", "pass", ""), ("compute", "pass", "")]
    assert verification.results[4].detail == "a prepared model learns one exact step"


def test_every_gpu_learns_and_leaves_nothing_behind(stubs: StubEnvironment) -> None:
    results = verify(stubs, "cuda").results[4:]
    assert [(result.device, result.status) for result in results] == [("cuda:0", "pass"), ("cuda:1", "pass")]


def test_a_wrong_gradient_fails(stubs: StubEnvironment) -> None:
    verification = verify(stubs, "wrong")
    assert brief(verification)[4:] == [("compute", "fail", "wrong-number")]
    text = "the weights after one step gave [[-0.5, 1.25]] and must give [[0.25, 0.125]]"
    assert verification.results[4].detail == text


def test_learning_silently_on_the_cpu_fails(stubs: StubEnvironment) -> None:
    assert brief(verify(stubs, "fallback", "cuda"))[3:] == [("device", "fail", "cpu-fallback")]
