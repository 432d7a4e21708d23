"""Which targets an environment has, and what a level adds."""

from __future__ import annotations

from mlenv.facts.environment import Distribution, Environment
from mlenv.matrix.load import Matrix, data_folder
from mlenv.verify.result import Target
from mlenv.verify.targets import OTHERS, find_frameworks, make_target, widen

MATRIX = Matrix(data_folder())


def make_environment(*names: str) -> Environment:
    return Environment(path="/env", distributions=tuple(Distribution(name=name, version="1.0") for name in names))


FULL = make_environment("jax", "keras", "numpy", "scikit-learn", "six", "tensorflow", "torch", "wheel")


def make_targets(environment: Environment) -> list[Target]:
    return [make_target(MATRIX, name) for name in find_frameworks(environment, MATRIX, (), ())]


def test_all_frameworks_that_are_there() -> None:
    names = ["jax", "keras", "numpy", "scikit-learn", "tensorflow", "torch"]
    assert find_frameworks(FULL, MATRIX, (), ()) == names


def test_only_those_of_a_profile_and_those_that_miss() -> None:
    assert find_frameworks(FULL, MATRIX, ("torch", "xgboost"), ()) == ["torch", "xgboost"]


def test_what_the_environment_was_made_for() -> None:
    assert find_frameworks(make_environment("torch"), MATRIX, (), ("torch", "six")) == ["torch", "six"]


def test_any_other_distribution_is_a_target_without_a_row() -> None:
    assert make_target(MATRIX, "six", "1.17.0") == Target(framework="six", distribution="six", version="1.17.0")
    assert make_target(MATRIX, "scikit-learn").imports == ("sklearn",)


def test_quick_adds_nothing() -> None:
    targets = make_targets(FULL)
    assert widen(targets, FULL, "quick") == targets


def test_a_joint_proof_of_what_was_made_for_a_gpu() -> None:
    assert widen(make_targets(FULL), FULL, "quick", joint=True)[-1].partners == (
        "torch",
        "tensorflow",
        "jax",
        "scikit-learn",
    )
    alone = make_environment("torch", "scikit-learn")
    assert widen(make_targets(alone), alone, "quick", joint=True) == make_targets(alone)


def test_standard_has_each_backend_the_joint_proof_and_all_the_rest() -> None:
    found = widen(make_targets(FULL), FULL, "standard")
    assert [target.backend for target in found if target.framework == "keras"] == ["tensorflow", "torch", "jax"]
    assert [target.payload for target in found[-2:]] == ["joint", "others"]
    assert found[-1] == Target(framework=OTHERS, distribution="", payload="others", partners=("six", "wheel"))
