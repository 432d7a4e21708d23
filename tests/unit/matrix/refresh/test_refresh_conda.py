"""Conda routes as a channel lists them, and what no listing knows."""

from __future__ import annotations

from typing import Any

from mlenv.matrix.load import Matrix
from mlenv.matrix.refresh.conda import lay_route
from mlenv.matrix.rows import CondaRoute
from mlenv.matrix.sources.conda_build import CondaBuild
from mlenv.matrix.sources.conda_channel import CondaPackage, CondaRelease

MATRIX = Matrix()


def build(text: str, **facts: Any) -> CondaBuild:
    plain = {"number": 0, "platform": "linux-x86_64", "kind": "any", "accelerator": "cpu"}
    return CondaBuild(build=text, **{**plain, **facts})


def listed(name: str, *builds: CondaBuild) -> CondaRoute:
    """The route of a framework of the matrix after a listing with these builds of one release."""
    framework = MATRIX.framework(name)
    assert framework.conda is not None
    package = CondaPackage(
        channel="conda-forge",
        package=framework.conda.package,
        platforms=("linux-x86_64", "windows-x86_64"),
        releases=(CondaRelease(version="3.0", released=None, builds=builds),),
    )
    route = lay_route(framework, {package.package: package}).conda
    assert route is not None
    return route


CPU = build("cpu_py312_0", kind="cpu", pythons=("3.12", "3.14t"))
CUDA = build("cuda130_py313_0", kind="cuda130", accelerator="cuda", pythons=("3.13",), virtual_packages=("__cuda",))


def test_platforms_and_pythons_are_those_listed() -> None:
    route = listed("torch", CPU, CUDA)
    assert (("linux-x86_64",), ("3.12", "3.13")) == (route.platforms, route.pythons)


def test_metal_which_no_build_string_names_stays() -> None:
    assert {"cpu": "*cpu*", "cuda": "*cuda*", "mps": "*cpu*"} == listed("torch", CPU, CUDA).builds


def test_gpu_code_which_only_the_recipe_knows_stays() -> None:
    before = MATRIX.framework("torch").conda
    assert before is not None
    assert before.code == listed("torch", CPU, CUDA).code


def test_a_package_around_another_keeps_what_is_known_of_that_one() -> None:
    before, route = MATRIX.framework("jax").conda, listed("jax", build("pyh_0", platform="noarch", pythons=("3.14",)))
    assert before is not None
    assert (before.platforms, before.pythons, before.virtual) == (route.platforms, route.pythons, route.virtual)
