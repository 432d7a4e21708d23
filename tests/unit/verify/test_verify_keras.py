"""The Keras payload: which backend runs, where it computes, and whether it learns."""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mlenv.verify.result import Target
from tests.unit.verify.verify_stubs import brief, make_environment


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


keras, standard, verdicts, common = (load(name) for name in ("keras", "_keras_standard", "_verdicts", "_common"))

# A Keras that is deaf to the variable, or that says which backend it was given.
FAKE = """
import os
from types import SimpleNamespace

USED = os.environ.get("DEAF", os.environ["KERAS_BACKEND"])
backend = SimpleNamespace(backend=lambda: USED)
"""


def test_another_backend_than_asked_for_fails(tmp_path: Path) -> None:
    environment = make_environment(tmp_path / "env")
    environment.add("keras", FAKE, version="3.15.1")
    target = Target(framework="keras", distribution="keras", backend="jax")
    variables = {"DEAF": "tensorflow", "KERAS_BACKEND": "torch"}
    verification = environment.verify(target, variables=variables)
    assert brief(verification)[2:] == [("device", "fail", "wrong-backend")]
    detail = "Keras runs on the tensorflow backend though KERAS_BACKEND is jax"
    assert verification.results[2].detail == detail
    idle = environment.verify(
        Target(framework="keras", distribution="keras", backend="openvino"), variables=variables | {"DEAF": "openvino"}
    )
    assert "numpy" in idle.results[2].detail  # The backend was the right one, and there is no NumPy to compute with.


def test_openvino_computes_on_the_cpu_alone() -> None:
    module = SimpleNamespace(backend=SimpleNamespace(backend=lambda: "openvino"))
    with pytest.raises(verdicts.Skipped, match="on the CPU alone"):
        keras.find_place(module, "cuda", "openvino")

    class OpenVINOKerasTensor:
        """As Keras's own, it does not say where it lies."""

    assert keras.locate(OpenVINOKerasTensor()) == "cpu"


@pytest.mark.parametrize(
    ("losses", "reason"),
    [([9.0, 7.0, 5.0], ""), ([9.0, 7.0, 7.0], "does-not-learn"), ([9.0, math.inf, 5.0], "not-a-number")],
)
def test_every_epoch_lowers_the_loss(losses: list[float], reason: str) -> None:
    note = common.Note("cpu", [])
    if not reason:
        standard.judge_losses(losses, note)
        assert note.detail == "the loss of a linear fit falls: 9, 7, 5"
        return
    with pytest.raises(verdicts.Failure) as caught:
        standard.judge_losses(losses, note)
    assert caught.value.reason == reason


def test_the_tensor_of_a_variable_of_keras_3_and_2() -> None:
    new = SimpleNamespace(value="tensor")
    old = SimpleNamespace(value=lambda: "copy")
    assert standard.read_value(new) == "tensor"
    assert standard.read_value(old) is old
