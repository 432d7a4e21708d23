"""Workflows, the action and the recipes: read as YAML, and held to rules that keep them safe."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
ACTION = GITHUB / "actions" / "mlenv" / "action.yml"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
RECIPES = ROOT / "docs" / "recipes"
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
NAMED = re.compile(r"uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
CONDA_NAMES = {"cachecontrol": "cachecontrol-with-filecache", "msgspec": "msgspec-python"}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def steps(document: Any) -> Iterator[dict[str, Any]]:
    """The steps of a workflow or an action."""
    if "runs" in document:
        yield from document["runs"]["steps"]
    for job in document.get("jobs", {}).values():
        yield from job["steps"]


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        *(("github-workflows", path) for path in WORKFLOWS),
        ("github-actions", ACTION),
        ("gitlab-ci", RECIPES / "gitlab-ci.yml"),
    ],
)
def test_the_schema_of_those_who_run_them(kind: str, path: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{kind}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
def test_steps(path: Path) -> None:
    found = list(steps(load(path)))
    assert found
    for step in found:
        assert ("uses" in step) != ("run" in step)
        if "uses" in step:
            assert PINNED.fullmatch(step["uses"]), step["uses"]
        else:
            # Whatever is put into a command's text can become a command: values travel as variables.
            assert "${{" not in step["run"], step["run"]


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
def test_each_pin_says_which_release_it_is(path: Path) -> None:
    lines = [line.strip() for line in path.read_text().splitlines() if "uses: " in line]
    assert [] == [line for line in lines if not NAMED.search(line)]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows(path: Path) -> None:
    document = load(path)
    assert {"contents": "read"} == document["permissions"]
    for job in document["jobs"].values():
        assert job["timeout-minutes"]
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_only_who_signs_or_publishes_may_write() -> None:
    jobs = load(GITHUB / "workflows" / "release.yml")["jobs"]
    writing = {name: job["permissions"] for name, job in jobs.items() if "permissions" in job}
    assert {
        "attest": {"contents": "read", "id-token": "write", "attestations": "write"},
        "publish": {"id-token": "write"},
    } == writing
    assert "secrets." not in (GITHUB / "workflows" / "release.yml").read_text()
    assert ["build", "test", "attest"] == [jobs[name]["needs"] for name in ("test", "attest", "publish")]


def test_the_release_is_tried_on_every_system_and_python() -> None:
    jobs = load(GITHUB / "workflows" / "release.yml")["jobs"]
    matrix = jobs["test"]["strategy"]["matrix"]
    classifiers = tomli.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    promised = {row.rpartition(" ")[2] for row in classifiers if "Python :: 3." in row}
    assert promised == set(matrix["python"])
    assert {"ubuntu", "macos", "windows"} == {name.partition("-")[0] for name in matrix["os"]}


def test_the_scripts_that_workflows_call_are_there() -> None:
    for path in WORKFLOWS:
        for step in steps(load(path)):
            for name in re.findall(r"scripts/\w+", step.get("run", "")):
                assert (ROOT / name).is_file(), name


def test_the_action_hands_every_input_on() -> None:
    document = load(ACTION)
    text = ACTION.read_text()
    script = (ACTION.parent / "run.py").read_text()
    for name, given in document["inputs"].items():
        assert given["description"]
        assert f"inputs.{name}" in text
    (run,) = (step for step in document["runs"]["steps"] if step.get("id") == "run")
    for variable in run["env"]:
        assert f'"{variable.removeprefix("MLENV_ACTION_")}"' in script, variable
    for row in document["outputs"].values():
        assert f'"{row["value"].split(".")[-1].removesuffix(" }}")}"' in script


def test_the_gitlab_recipe() -> None:
    document = load(RECIPES / "gitlab-ci.yml")
    job = document["prove"]
    reports = job["artifacts"]["reports"]
    said = "\n".join([*job["before_script"], *job["script"], *job["after_script"]])
    assert all(path in said for path in reports.values())
    assert "--policy" in said
    assert "allow_failure" not in job


def test_the_conda_recipe_asks_for_what_the_wheel_asks_for() -> None:
    recipe = load(RECIPES / "conda" / "recipe.yaml")
    project = tomli.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = set()
    for requirement in map(Requirement, project["dependencies"]):
        wanted.add(f"{CONDA_NAMES.get(requirement.name, requirement.name)} {requirement.specifier}")
    run = {row for row in recipe["requirements"]["run"] if not row.startswith("python ")}
    assert wanted == run
    assert [f"mlenv = {project['scripts']['mlenv']}"] == recipe["build"]["python"]["entry_points"]
    assert project["requires-python"] == f">={recipe['context']['python_min']}"
    version = re.search(r'__version__ = "(.+)"', (ROOT / "mlenv" / "__init__.py").read_text())
    assert version
    assert version[1] == recipe["context"]["version"]
    assert (RECIPES / "conda" / recipe["source"]["path"]).resolve() == ROOT
