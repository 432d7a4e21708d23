"""The TensorFlow payload against a fake: places, and normal numbers that it reads back."""

from __future__ import annotations

import contextlib
import importlib
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.verify.test_verify_arithmetic import Table, make_tables


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


tensorflow, standard, verdicts, common = (
    load(name) for name in ("tensorflow", "_tensorflow_standard", "_verdicts", "_common")
)


class Array(Table):
    def astype(self, name: str) -> Array:
        return self


def fake(product: Table, place: str = "GPU:0") -> SimpleNamespace:
    """A TensorFlow whose every product is the same."""
    tensor = SimpleNamespace(
        device=f"/job:localhost/replica:0/task:0/device:{place}", dtype="float32", numpy=lambda: Array(product.rows)
    )
    switch = {"on": True}
    return SimpleNamespace(
        device=lambda name: contextlib.nullcontext(),
        constant=lambda numbers, dtype=None: tensor,
        cast=lambda value, dtype: value,
        matmul=lambda left, right: tensor,
        float64="float64",
        switch=switch,
        config=SimpleNamespace(
            experimental=SimpleNamespace(
                tensor_float_32_execution_enabled=lambda: switch["on"],
                enable_tensor_float_32_execution=lambda on: switch.update(on=on),
            )
        ),
    )


@pytest.mark.parametrize(("norm", "name"), [(2.9e-7, "fp32"), (2.9e-4, "tf32")])
def test_the_arithmetic_of_a_product_is_named(norm: float, name: str) -> None:
    found, exact = make_tables(norm)
    reading = tensorflow.multiply_normal(fake(found), "/GPU:0", "cuda:0", "float32", (None, None, exact))
    assert reading.arithmetic == name


def test_a_product_that_lies_on_the_cpu_fails() -> None:
    found, exact = make_tables(2.9e-7)
    with pytest.raises(verdicts.Failure) as caught:
        tensorflow.multiply_normal(fake(found, "CPU:0"), "/GPU:0", "cuda:0", "float32", (None, None, exact))
    assert caught.value.reason == "cpu-fallback"


def test_another_gpu_than_asked_for_fails() -> None:
    found, exact = make_tables(2.9e-7)
    with pytest.raises(verdicts.Failure, match="computed on GPU:0 where cuda:1 was asked for"):
        tensorflow.multiply_normal(fake(found), "/GPU:1", "cuda:1", "float32", (None, None, exact))


def test_tf32_is_as_before_after_a_product_without_it() -> None:
    module = fake(make_tables(0.0)[0])

    def fail() -> None:
        with standard.without_tf32(module):
            assert module.switch == {"on": False}
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert module.switch == {"on": True}


def test_a_gpu_has_no_products_of_whole_numbers() -> None:
    assert "int32" in tensorflow.list_precisions("cpu")
    assert tensorflow.list_precisions("cuda:1") == ("float32", "float64", "float16", "bfloat16")
    assert tensorflow.list_precisions("mps:0") == ("float32", "float16")
