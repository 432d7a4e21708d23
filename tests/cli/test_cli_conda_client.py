"""Which installer conda packages get on this machine, and what is said where there is none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mlenv.cli.deciders import RequestDecider
from mlenv.cli.decision import decide_proven, demand_client
from mlenv.errors import NoVerdictError
from mlenv.facts.python import ManagerName, PackageManager
from mlenv.matrix.load import Matrix
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan
from mlenv.plan.proof import Proof
from mlenv.resolve.request import make_request
from mlenv.terminal import Terminal
from tests.unit.plan.conda_cases import NO_GPU, plan_for

CONDA = PackageManager(name="conda", path="/opt/forge/bin/conda", version="26.5.0")
WITH_CONDA = msgspec.structs.replace(NO_GPU, managers=(CONDA,))


@pytest.fixture
def no_rattler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rattler", None)


def test_a_manager_that_was_found_is_enough(no_rattler: None) -> None:
    demand_client("conda", WITH_CONDA)
    demand_client("uv", NO_GPU)


@pytest.mark.parametrize("manager", ["conda", "mamba", "micromamba"])
def test_without_a_client_both_remedies_are_named(manager: ManagerName, no_rattler: None) -> None:
    with pytest.raises(NoVerdictError, match=f"^{manager} is not on PATH, and py-rattler") as caught:
        demand_client(manager, NO_GPU)
    assert f"install {manager}" in caught.value.hint
    assert "pip install 'mlenv[conda]'" in caught.value.hint
    assert 5 == caught.value.exit_status


def test_py_rattler_takes_the_place_of_three_of_them() -> None:
    pytest.importorskip("rattler")
    demand_client("micromamba", NO_GPU)
    with pytest.raises(NoVerdictError, match=r"^pixi is not on PATH$"):
        demand_client("pixi", NO_GPU)


def test_it_takes_no_managers_place_without_a_lock() -> None:
    pytest.importorskip("rattler")
    silent = Proof(status="not_proven", detail="the channel conda-forge gives no answer (no network)")
    plan = msgspec.structs.replace(plan_for(NO_GPU, "numpy"), proof=silent)
    with pytest.raises(NoVerdictError, match=r"no lock to install: the channel conda-forge gives no answer"):
        demand_client("conda", NO_GPU, plan)
    demand_client("conda", WITH_CONDA, plan)
    demand_client("conda", NO_GPU, msgspec.structs.replace(plan, lock="@EXPLICIT\n"))


def test_a_conda_that_is_there_needs_no_extra(no_rattler: None, tmp_path: Path) -> None:
    matrix = Matrix()
    options = PlanOptions(manager="conda", environment=str(tmp_path / "env"))
    request = make_request(matrix, [], ["numpy"])
    plan = decide_proven(request, WITH_CONDA, matrix, options, Terminal(), here=True).plan
    assert isinstance(plan, Plan)
    assert plan.proof is not None
    assert ("not_proven", True) == (plan.proof.status, "conda finds the packages itself" in plan.proof.detail)
    assert ("/opt/forge/bin/conda", "/opt/forge/bin/conda") == (plan.steps[0].argv[0], plan.steps[1].argv[0])


def question(*wanted: str, **more: Any) -> str:
    """The digest of what an installation was asked for."""
    matrix = Matrix()
    options = PlanOptions(environment="env", **{"manager": "conda", **more})
    request = make_request(matrix, [], wanted)
    decider = RequestDecider(request=request, machine=WITH_CONDA, matrix=matrix, terminal=Terminal(), options=options)
    return decider.question()


@pytest.mark.parametrize("manager", ["conda", "micromamba", "pixi"])
def test_another_condition_is_another_question(manager: ManagerName) -> None:
    asked = [question(text, manager=manager) for text in ("numpy", "numpy>=2", "numpy>=1.26", "numpy>=2")]
    assert 3 == len(set(asked))
    assert asked[1] == asked[3]


def test_an_installation_offline_is_no_other_question() -> None:
    assert question("numpy") == question("numpy", offline=True)


def test_offline_the_hint_is_to_ask_once() -> None:
    pytest.importorskip("rattler")
    with pytest.raises(NoVerdictError) as caught:
        demand_client("conda", NO_GPU, plan_for(NO_GPU, "numpy"), offline=True)
    assert "without --offline" in caught.value.hint


def test_for_another_machine_the_extra_is_needed(no_rattler: None) -> None:
    matrix = Matrix()
    options = PlanOptions(manager="conda", environment="env")
    request = make_request(matrix, [], ["numpy"])
    with pytest.raises(NoVerdictError, match="py-rattler"):
        decide_proven(request, WITH_CONDA, matrix, options, Terminal(), here=False)
