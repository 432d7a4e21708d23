"""GPU libraries that come along although nothing uses them: told by a plan that uv has locked.

The wheels are toys in a folder; uv reads their metadata, and nothing is installed.
"""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from mlenv.cli.proof import prove_request
from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan
from mlenv.report.document import render_json
from mlenv.report.plan import plan_document, render_text
from mlenv.resolve.request import make_request
from mlenv.terminal import Terminal
from tests.stands.wheels import make_wheel

pytestmark = [pytest.mark.live, pytest.mark.stand]

MATRIX = Matrix()
TORCH, OLDER = (release.version for release in MATRIX.framework("torch").release[:2])
ACCELERATE = MATRIX.framework("accelerate").release[0].version
LINUX = "py3-none-manylinux_2_17_x86_64"
CPYTHON = "cp312-cp312-manylinux_2_28_x86_64"
SERVER = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.12.3"]\n[cpu]\nflags = ["avx", "avx2"]\n'
"""Without a GPU."""


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """What the default index has: PyTorch in its build for CUDA."""
    folder = tmp_path / "wheels"
    make_wheel(folder, "accelerate", ACCELERATE, requires=("torch>=2.0.0", "numpy>=1.17"))
    make_wheel(folder, "torch", TORCH, requires=("nvidia-cublas", "triton"), tag=CPYTHON)
    make_wheel(folder, "nvidia-cublas", "13.4", tag=LINUX)
    make_wheel(folder, "triton", "3.9.0", tag=LINUX)
    make_wheel(folder, "numpy", "2.5.5")
    return folder


def machine_with(wheels: Path) -> Machine:
    """A machine that takes packages from that folder; its default index has none."""
    empty = wheels.parent / "empty"
    empty.mkdir(exist_ok=True)
    packages = PackageConfiguration(
        find_links=(Setting(value=str(wheels), origin="test"),), index_url=Setting(value=empty.as_uri(), origin="test")
    )
    return msgspec.structs.replace(parse_description(SERVER, origin="test"), packages=packages)


def prove(wheels: Path, *names: str) -> tuple[Plan, Machine]:
    machine = machine_with(wheels)
    request = make_request(MATRIX, [], names)
    plan = prove_request(
        request, machine, MATRIX, PlanOptions(environment=".venv", offline=True), Terminal(quiet=True), here=False
    ).plan
    assert isinstance(plan, Plan)
    assert plan.proof is not None
    assert "proven" == plan.proof.status, plan.proof.detail
    return plan, machine


def test_the_plan_says_what_comes_along_in_text_and_json(wheels: Path) -> None:
    plan, machine = prove(wheels, "accelerate")
    warnings = [text for text in plan.warnings if "GPU libraries" in text]
    assert 1 == len(warnings)
    assert "nvidia-cublas, triton" in warnings[0]
    document = plan_document(plan, machine, MATRIX.data_version)
    assert warnings[0] in render_text(document)
    assert warnings[0] in json.loads(render_json(document))["warnings"]


def test_what_is_advised_helps_where_the_smaller_build_can_be_had(wheels: Path) -> None:
    make_wheel(wheels, "torch", f"{OLDER}+cpu", requires=("numpy",), tag=CPYTHON)
    plan, _ = prove(wheels, "accelerate", "torch")
    assert [] == [text for text in plan.warnings if "GPU libraries" in text]
    assert f"{OLDER}+cpu" in {package.version for package in plan.packages}
    assert "nvidia" not in (plan.lock or "")


def test_the_smaller_build_is_chosen_although_nobody_asked(wheels: Path) -> None:
    make_wheel(wheels, "torch", f"{OLDER}+cpu", requires=("numpy",), tag=CPYTHON)
    plan, _ = prove(wheels, "accelerate")
    assert [] == [text for text in plan.warnings if "GPU libraries" in text]
    assert {"accelerate": ACCELERATE, "torch": f"{OLDER}+cpu"} == {row.name: row.version for row in plan.packages}
    assert "nvidia" not in (plan.lock or "")
