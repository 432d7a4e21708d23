"""What comes along from a framework's index is tied to it by name; the index supplies nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import tomli

from mlenv.facts.packages import PackageConfiguration
from mlenv.plan.build import PlanOptions, build_plan
from mlenv.plan.places import PROJECT_FILE
from mlenv.plan.plan import Plan
from mlenv.resolve.request import make_request
from mlenv.resolve.resolution import Resolution
from mlenv.resolve.solve import resolve
from tests.unit.plan.plan_cases import LINUX, MATRIX, WINDOWS, describe, plan_of, setting, sources_for

AMD = '\n[[gpu]]\nvendor = "amd"\nname = "AMD Instinct MI300X"\ngfx = "gfx942"\n'
INTEL = '\n[[gpu]]\nvendor = "intel"\nname = "Intel Arc B580"\n'


def uv_table(plan: Plan) -> dict[str, Any]:
    text = next(file.text for file in plan.files if file.path == PROJECT_FILE)
    table: dict[str, Any] = tomli.loads(text)
    return {"dependencies": table["project"]["dependencies"], **table["tool"]["uv"]}


def uv_of(
    *names: str, text: str = LINUX + AMD, packages: PackageConfiguration | None = None, **fields: Any
) -> dict[str, Any]:
    machine = describe(text, packages)
    request = make_request(MATRIX, [], names, **fields)
    answer = resolve(request, machine, MATRIX)
    assert isinstance(answer, Resolution)
    return uv_table(build_plan(answer, machine, MATRIX, None, PlanOptions(environment=".venv")))


@pytest.mark.parametrize(
    ("wanted", "text", "companion"),
    [
        ("torch==2.13.*", LINUX + AMD, "triton-rocm"),
        ("torch==2.9.*", LINUX + AMD, "pytorch-triton-rocm"),
        ("torch==2.13.*", LINUX + INTEL, "triton-xpu"),
        ("torch==2.9.*", LINUX + INTEL, "pytorch-triton-xpu"),
        ("torch==2.9.*", WINDOWS + INTEL, "pytorch-triton-xpu"),
    ],
)
def test_the_triton_of_a_build_comes_from_its_index_alone(wanted: str, text: str, companion: str) -> None:
    table = uv_of(wanted, text=text)
    (index,) = table["index"]
    assert index["explicit"] is True
    assert companion in table["dependencies"]
    assert {"torch": {"index": index["name"]}, companion: {"index": index["name"]}} == table["sources"]
    assert "index-strategy" not in table


@pytest.mark.parametrize(("text", "along"), [(LINUX, ["torch"]), (LINUX + AMD, ["torch", "triton-rocm"])])
def test_what_a_framework_requires_of_its_own_index_is_tied_too(text: str, along: list[str]) -> None:
    table = uv_of("torchvision", text=text)
    assert sorted([*along, "torchvision"]) == sorted(name.partition("==")[0] for name in table["dependencies"])
    assert sorted([*along, "torchvision"]) == sorted(table["sources"])


def test_what_the_user_asks_for_beside_it_is_tied_too() -> None:
    table = uv_of("torch==2.13.*", "pytorch-triton-rocm", "six")
    assert {"torch", "triton-rocm", "pytorch-triton-rocm"} == set(table["sources"])


def test_a_build_of_cuda_ties_nothing_more() -> None:
    table = uv_of("torch", text=LINUX, accelerator="cpu")
    assert ["torch"] == list(table["sources"])
    assert 1 == len(table["dependencies"])


def test_only_the_users_own_indexes_are_equals() -> None:
    packages = PackageConfiguration(extra_index_urls=(setting("https://more.example/simple"),))
    table = uv_of("torch==2.13.*", packages=packages)
    assert "unsafe-best-match" == table["index-strategy"]
    assert [True, None] == [row.get("explicit") for row in table["index"]]


def test_pip_gets_the_companions_by_address() -> None:
    sources = sources_for("pytorch-gpu", machine=describe(LINUX + AMD), manager="pip")
    assert {"torch", "torchvision", "torchaudio", "triton-rocm"} <= set(plan_of(sources).tied)
