"""The checker sees what is wrong with a plan."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from packaging.version import Version

from mlenv.matrix.load import data_folder
from tests.property.generated_plans import Judge
from tests.property.independent.computer import read_computer
from tests.property.independent.question import Asked, read_question
from tests.property.independent.search import Search
from tests.property.independent.verdict import judge

JUDGE = Judge(data_folder())
DATA = JUDGE.data
MACHINE = """\
os = "linux"
arch = "x86_64"
libc = "glibc 2.35"
python = ["3.13.3", "3.12.9"]

[cpu]
flags = ["avx", "avx2"]

[[gpu]]
vendor = "nvidia"
name = "NVIDIA GeForce RTX 4090"

[nvidia]
driver = "580.65.06"
"""


def spoil_version(document: dict[str, Any]) -> None:
    row = torch_of(document)
    version, _, variant = row["version"].partition("+")
    older = (one.version for one in DATA.projects["torch"].offers if one.build["variant"] == variant)
    row["version"] = f"{max(one for one in older if one < Version(version))}+{variant}"


def spoil_number(document: dict[str, Any]) -> None:
    torch_of(document)["version"] = "99.0+cu130"


def spoil_variant(document: dict[str, Any]) -> None:
    rewrite(document, "cu118")


def spoil_index(document: dict[str, Any]) -> None:
    torch_of(document)["index"] = None


def spoil_python(document: dict[str, Any]) -> None:
    document["python"] = "3.12"


def spoil_python_beyond(document: dict[str, Any]) -> None:
    document["python"] = "3.6"


def spoil_packages(document: dict[str, Any]) -> None:
    document["packages"] = [row for row in document["packages"] if row["name"] != "xgboost"]


def spoil_unasked(document: dict[str, Any]) -> None:
    document["packages"].append({"name": "jax", "version": "0.12.0", "index": None})


def spoil_device(document: dict[str, Any]) -> None:
    document["accelerator"] = {"kind": "rocm", "variant": "rocm7.2"}


def spoil_name(document: dict[str, Any]) -> None:
    document["accelerator"]["variant"] = "cu999"


def spoil_to_cpu(document: dict[str, Any]) -> None:
    document["accelerator"] = {"kind": "cpu", "variant": "cpu"}
    rewrite(document, "cpu")


def spoil_by_refusing(document: dict[str, Any]) -> None:
    document["status"] = "impossible"


def torch_of(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in document["packages"] if row["name"] == "torch")
    return found


def rewrite(document: dict[str, Any], variant: str) -> None:
    """Another build of the same release."""
    row = torch_of(document)
    old = row["version"].partition("+")[2]
    row["version"] = row["version"].replace(f"+{old}", f"+{variant}")
    row["index"] = row["index"].replace(f"/{old}", f"/{variant}")


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda document: None, "best"),
        (spoil_version, "worse than the best"),
        (spoil_number, "broke a rule"),
        (spoil_variant, "broke a rule"),
        (spoil_index, "broke a rule"),
        (spoil_python, "worse than the best"),
        (spoil_python_beyond, "broke a rule"),
        (spoil_packages, "broke a rule"),
        (spoil_unasked, "broke a rule"),
        (spoil_device, "broke a rule"),
        (spoil_name, "broke a rule"),
        (spoil_to_cpu, "worse than the best"),
        (spoil_by_refusing, "wrongly refused"),
    ],
)
def test_a_spoiled_plan_is_seen(spoil: Callable[[dict[str, Any]], None], expected: str) -> None:
    asked = Asked(extras=("torch<2.14", "xgboost"))
    (case,) = JUDGE.cases(MACHINE, [asked])
    document = copy.deepcopy(case.document)
    spoil(document)
    search = Search(DATA, read_computer(MACHINE, DATA), JUDGE.clashes)
    assert expected == judge(search, read_question(asked, DATA), document).outcome


def test_a_plan_that_cannot_be_is_seen() -> None:
    asked = Asked(extras=("jax",), accelerator="tpu")
    search = Search(DATA, read_computer(MACHINE, DATA), JUDGE.clashes)
    question = read_question(asked, DATA)
    assert judge(search, question, {"status": "impossible"}).outcome == "rightly refused"
    (case,) = JUDGE.cases(MACHINE, [Asked(extras=("jax",))])
    assert judge(search, question, case.document).outcome == "broke a rule"
