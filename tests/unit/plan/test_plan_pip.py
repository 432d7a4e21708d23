"""The plan for pip: uv's lock, installed by pip with every hash checked."""

from __future__ import annotations

import pytest

from mlenv.facts.packages import PackageConfiguration
from mlenv.plan.places import INDEXES_FILE, PROJECT_FILE
from mlenv.plan.plan import Plan, Step
from tests.unit.plan.plan_cases import describe, plan_of, setting, sources_for


def step(plan: Plan, kind: str) -> Step:
    return next(step for step in plan.steps if step.kind == kind)


def test_the_steps_are_those_of_uv_but_for_who_installs() -> None:
    plan = plan_of(sources_for("pytorch-cpu", manager="pip"))
    assert ["create", "lock", "install", "verify"] == [step.kind for step in plan.steps]
    assert step(plan_of(sources_for("pytorch-cpu")), "lock") == step(plan, "lock")


def test_every_hash_is_checked_and_nothing_is_resolved_anew() -> None:
    argv = step(plan_of(sources_for("pytorch-cpu", manager="pip")), "install").argv
    assert (".venv/bin/python", "-m", "pip", "install") == argv[:4]
    assert {"--require-hashes", "--no-deps", "--no-input"} <= set(argv)
    assert ("--requirement", ".venv/mlenv/requirements.txt") == argv[-2:]


def test_no_index_but_the_users_is_named_to_pip() -> None:
    packages = PackageConfiguration(
        index_url=setting("https://mirror.example/simple"),
        extra_index_urls=(setting("https://more.example/simple"),),
        find_links=(setting("/my wheels"),),
        trusted_hosts=(setting("mirror.example"),),
    )
    plan = plan_of(sources_for("pytorch-cpu", manager="pip", machine=describe(packages=packages)))
    assert [PROJECT_FILE, INDEXES_FILE] == [file.path for file in plan.files]
    assert [
        "--index-url https://mirror.example/simple",
        "--extra-index-url https://more.example/simple",
        "--find-links '/my wheels'",
        "--trusted-host mirror.example",
    ] == plan.files[1].text.splitlines()
    assert f".venv/{INDEXES_FILE}" in step(plan, "install").argv


def test_offline_asks_no_index() -> None:
    plan = plan_of(sources_for("starter", manager="pip", offline=True))
    assert "--no-index" in step(plan, "install").argv
    assert "--offline" in step(plan, "lock").argv


def test_an_installed_interpreter_makes_the_environment_itself() -> None:
    sources = sources_for("starter", manager="pip")
    assert sources.resolution.interpreter is not None
    assert ("python3.12", "-m", "venv", ".venv") == step(plan_of(sources), "create").argv


def test_an_interpreter_that_is_not_there_is_brought_by_uv_with_pip_in_it() -> None:
    machine = describe('os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = []\n')
    argv = step(plan_of(sources_for("starter", manager="pip", machine=machine)), "create").argv
    assert ("uv", "venv", "--no-project", "--seed") == argv[:4]


@pytest.mark.parametrize("manager", ["uv", "pip"])
def test_a_portable_plan_needs_no_work_of_mlenv_between_its_commands(manager: str) -> None:
    plan = plan_of(sources_for("pytorch-cpu", manager=manager, portable=True))
    written = step(plan, "lock").argv[step(plan, "lock").argv.index("--output-file") + 1]
    assert written == step(plan, "install").argv[-1]
    assert "reuse" not in [step.kind for step in plan.steps]
