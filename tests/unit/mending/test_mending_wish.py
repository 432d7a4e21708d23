"""What is asked for again, and how it changes."""

from __future__ import annotations

import msgspec
import pytest

from mlenv.facts.environment import Distribution
from mlenv.matrix.load import Matrix
from mlenv.mending.mending import Change, join_changes
from mlenv.mending.wish import Kept, Origin, Wish, apply_change, loosen, wish_of_environment, wish_of_plan
from mlenv.plan.plan import Plan, PlannedAccelerator, PlannedPackage
from mlenv.resolve.resolution import Reason
from tests.unit.checks.checks_cases import make_environment

ASKED = Origin(requested=True)
BROUGHT = Origin(required=True, mentioned=True)
BOTH = Origin(requested=True, required=True, mentioned=True)


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return Matrix()


def make_plan(*packages: tuple[str, str], profile: str = "", others: tuple[str, ...] = ()) -> Plan:
    return Plan(
        profile=profile,
        environment=".venv",
        python="3.12",
        accelerator=PlannedAccelerator(kind="cpu", variant="cpu"),
        manager="uv",
        packages=tuple(PlannedPackage(name=name, version=version) for name, version in packages),
        files=(),
        steps=(),
        verify=(),
        reasons=(Reason(about="torch", text="newest"),),
        rejected=(),
        warnings=(),
        others=others,
    )


def test_what_was_asked_for_and_what_nobody_asks_for(matrix: Matrix) -> None:
    environment = make_environment(
        *("torch==2.14.1+cpu", "sympy==1.13.3", "flask==3.0.0", "demo==1.0", "pip==25.0"),
        *("nvidia-cudnn-cu12==9.1", "numpy==2.2.6"),
    )
    origins = {"torch": ASKED, "sympy": BROUGHT, "flask": ASKED, "pip": ASKED, "numpy": BOTH}
    found = wish_of_environment(environment, {**origins, "nvidia-cudnn-cu12": ASKED}, matrix)
    assert ("torch==2.14.1", "flask==3.0.0", "demo==1.0", "numpy==2.2.6") == found.requirements
    assert ("3.12", "auto") == (found.python, found.accelerator)
    assert {"torch", "numpy"} == {row.name for row in found.kept if row.framework}
    assert ["numpy"] == [row.name for row in found.kept if row.implied]


def test_what_no_index_has_is_told(matrix: Matrix) -> None:
    mine = Distribution(name="mine", version="0.1", source="file:///home/me/mine", editable=True)
    environment = msgspec.structs.replace(make_environment(), distributions=(mine,))
    found = wish_of_environment(environment, {"mine": ASKED}, matrix)
    assert ((), (("mine", "file:///home/me/mine"),)) == (found.kept, found.lost)


def test_our_own_request_is_repeated(matrix: Matrix) -> None:
    plan = make_plan(("torch", "2.14.1+cpu"), ("onnxruntime", "1.23.2"), profile="pytorch-cpu", others=("flask>=2",))
    found = wish_of_plan(plan, matrix)
    assert ("pytorch-cpu",) == found.profiles
    assert ("torch==2.14.1", "onnxruntime==1.23.2", "flask>=2") == found.requirements
    assert ("cpu", "3.12") == (found.accelerator, found.python)
    assert ["torch"] == [row.name for row in found.kept if row.implied]
    assert ("onnxruntime", "flask>=2") == loosen(found)[-1].requirements


def test_a_profile_of_a_file_is_asked_for_by_its_packages(matrix: Matrix) -> None:
    found = wish_of_plan(make_plan(("torch", "2.14.1"), profile="the-users-own"), matrix)
    assert ((), ("torch==2.14.1",)) == (found.profiles, found.requirements)


WISH = Wish(
    kept=(
        Kept(name="tensorflow-cpu", version="2.20.0", framework=True),
        Kept(name="numpy", version="2.2.6", framework=True, implied=True),
        Kept(name="flask", version="3.0.0"),
    ),
    python="3.11",
)


def test_a_condition_takes_the_place_of_a_version(matrix: Matrix) -> None:
    found = apply_change(WISH, Change(required=("numpy<2",)), matrix)
    assert ("tensorflow-cpu==2.20.0", "flask==3.0.0", "numpy<2") == found.requirements


def test_a_bare_name_keeps_its_version(matrix: Matrix) -> None:
    found = apply_change(WISH, Change(required=("flask",), removed=("numpy",)), matrix)
    assert ("tensorflow-cpu==2.20.0", "flask==3.0.0") == found.requirements
    assert ("demo",) == apply_change(WISH, Change(required=("demo",)), matrix).required


def test_an_accelerator_frees_from_the_distribution_of_one_build(matrix: Matrix) -> None:
    found = apply_change(WISH, Change(accelerator="gpu"), matrix)
    assert ("gpu", "tensorflow") == (found.accelerator, found.kept[0].name)


def test_versions_and_python_are_let_go(matrix: Matrix) -> None:
    found = apply_change(WISH, Change(released=("numpy",), other_python=True, unset=("LD_LIBRARY_PATH",)), matrix)
    assert ("tensorflow-cpu==2.20.0", "numpy", "flask==3.0.0") == found.requirements
    assert (None, ("LD_LIBRARY_PATH",)) == (found.python, found.unset)


def test_it_is_asked_for_ever_less() -> None:
    wishes = [wish.requirements for wish in loosen(WISH)]
    assert [
        ("tensorflow-cpu==2.20.0", "numpy==2.2.6", "flask==3.0.0"),
        ("tensorflow-cpu", "flask==3.0.0"),
        ("tensorflow-cpu", "flask"),
    ] == wishes
    assert 1 == len(loosen(Wish(kept=(Kept(name="flask", condition=">=2"),))))


def test_changes_are_joined() -> None:
    joined = join_changes([Change(accelerator="gpu", removed=("a",)), Change(removed=("a", "b"), required=("c<2",))])
    assert Change(accelerator="gpu", removed=("a", "b"), required=("c<2",)) == joined
    assert Change() == join_changes([])
