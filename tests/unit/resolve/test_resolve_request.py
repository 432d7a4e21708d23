"""What the user asks for: groups of alternatives, variables, and builds that are named."""

from __future__ import annotations

import pytest

from mlenv.errors import UsageError
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Profile
from mlenv.resolve.request import make_request
from mlenv.resolve.resolution import Impossible, Resolution
from mlenv.resolve.solve import resolve
from tests.unit.resolve.test_resolve_machines import chosen, describe, nvidia

MATRIX = Matrix()
EITHER = Profile(
    name="either",
    title="one of two",
    frameworks=("keras",),
    first_of=(("tensorflow", "torch"),),
    environment={"A": "1"},
    environment_with={"tensorflow": {"BACKEND": "tensorflow"}, "torch": {"BACKEND": "torch"}},
)
BLACKWELL = nvidia("NVIDIA GeForce RTX 5090", "580.95.05", "12.0")


def answer(machine: object, *extras: str) -> Resolution:
    found = resolve(make_request(MATRIX, [EITHER], extras), machine, MATRIX)  # type: ignore[arg-type]
    assert isinstance(found, Resolution)
    return found


def test_of_alternatives_the_preferred_one_is_taken() -> None:
    found = answer(describe())
    assert {"keras", "tensorflow"} == set(chosen(found))
    assert {"A": "1", "BACKEND": "tensorflow"} == found.variables


def test_an_alternative_that_uses_the_device_goes_before_one_that_does_not() -> None:
    """TensorFlow has no code for this GPU, PyTorch has."""
    found = answer(BLACKWELL)
    assert ({"keras", "torch"}, "torch") == (set(chosen(found)), found.variables["BACKEND"])
    assert any("instead of tensorflow" in reason.text for reason in found.reasons)


def test_what_is_asked_for_settles_its_group() -> None:
    found = answer(describe(), "torch")
    assert ({"keras", "torch"}, "torch") == (set(chosen(found)), found.variables["BACKEND"])


def test_two_members_that_are_asked_for_live_together_and_the_preferred_one_decides() -> None:
    found = answer(describe(), "torch", "tensorflow")
    assert {"keras", "tensorflow", "torch"} == set(chosen(found))
    assert "tensorflow" == found.variables["BACKEND"]


def test_a_build_that_nothing_is_called_by_is_a_mistake_of_writing() -> None:
    with pytest.raises(UsageError, match="cu999: no build is called so") as caught:
        make_request(MATRIX, [], ["torch"], accelerator="cu999")
    assert "cu132" in (caught.value.hint or "")


def test_a_build_that_only_others_have_is_for_the_search_to_refuse() -> None:
    assert "cu126" == make_request(MATRIX, [], ["numpy"], accelerator="cu126").variant


# ---------------------------------------------------------------- packages and extras that tell builds apart

VOLTA = nvidia("Tesla V100-PCIE-16GB", "580.95.05", "7.0")
ADA = nvidia("NVIDIA L4", "580.95.05", "8.9")


def ask(machine: object, *extras: str) -> Resolution | Impossible:
    return resolve(make_request(MATRIX, [], extras), machine, MATRIX)  # type: ignore[arg-type]


def test_an_extra_that_brings_a_devices_libraries_pins_the_build() -> None:
    taken, refused = ask(ADA, "jax[cuda12]"), ask(VOLTA, "jax[cuda13]")
    assert isinstance(taken, Resolution)
    assert "0.12.0.1 cuda12" == chosen(taken)["jax"]
    assert isinstance(refused, Impossible)
    assert "jax[cuda13] (--with)" in refused.clash
    assert any(text.startswith("drop the condition jax[cuda13]: then jax 0.12.0.1 cuda12") for text in refused.remedies)


def test_another_extra_pins_nothing() -> None:
    taken = ask(ADA, "jax[k8s]")
    assert isinstance(taken, Resolution)
    assert chosen(taken)["jax"].endswith("cuda13")


def test_a_package_of_a_framework_is_that_framework_in_that_package() -> None:
    taken = ask(ADA, "xgboost-cpu>=3")
    assert isinstance(taken, Resolution)
    assert [("xgboost", "xgboost-cpu")] == [(pick.framework, pick.distribution) for pick in taken.picks]


def test_two_packages_of_one_framework_cannot_both_be_asked_for() -> None:
    with pytest.raises(UsageError, match="onnxruntime-gpu and onnxruntime-rocm are two packages of one framework"):
        make_request(MATRIX, [], ["onnxruntime-gpu", "onnxruntime-rocm"])
