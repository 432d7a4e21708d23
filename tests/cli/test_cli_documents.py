"""Every JSON document keeps to the schema that `mlenv schema` prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.conftest import Run

MACHINE = """
os = "linux"
arch = "x86_64"
libc = "glibc 2.35"
python = ["3.12.4"]
ram_gib = 32
disk_free_gib = 100
wsl = false
container = false
[cpu]
flags = ["avx", "avx2"]
[nvidia]
driver = "470.57.02"
[[gpu]]
vendor = "nvidia"
name = "NVIDIA GeForce RTX 4090"
"""


def document(mlenv: Run, name: str, *arguments: str, status: int = 0) -> dict[str, Any]:
    done = mlenv(*arguments, "--format", "json")
    assert status == done.returncode, done.stderr
    value: dict[str, Any] = json.loads(done.stdout)
    schema = json.loads(mlenv("schema", name).stdout)
    jsonschema.Draft202012Validator(schema).validate(value)
    assert value["mlenv_version"]
    assert value["matrix_version"]
    return value


@pytest.fixture
def machine(here: Path, mlenv: Run) -> str:
    (here / "machine.toml").write_text(MACHINE)
    return "machine.toml"


def test_machine(mlenv: Run) -> None:
    assert "mlenv.machine/1" == document(mlenv, "machine", "probe")["schema"]


def test_doctor(mlenv: Run, machine: str) -> None:
    report = document(mlenv, "doctor", "doctor", "--machine", machine, status=1)
    assert ("mlenv.doctor/1", "error") == (report["schema"], report["status"])
    finding = report["findings"][0]
    assert ("nvidia-driver-too-old", "error") == (finding["id"], finding["severity"])
    stated = {"id", "severity", "title", "cause", "evidence", "fix", "applies_to"}
    assert stated | {"grade", "explains", "consequences"} == set(finding)
    assert {"ran", "skipped", "unknown"} >= {check["outcome"] for check in report["checks"]}


def test_plan(mlenv: Run, machine: str) -> None:
    plan = document(mlenv, "plan", "plan", "--profile", "pytorch", "--machine", machine)
    assert ("mlenv.plan/1", {"kind": "cpu", "variant": "cpu"}) == (plan["schema"], plan["accelerator"])
    assert all({"purpose", "argv"} <= set(step) for step in plan["steps"])
    assert any("470.57.02" in row["text"] for row in plan["rejected"])


def test_no_plan(mlenv: Run, machine: str) -> None:
    plan = document(mlenv, "plan", "plan", "--profile", "pytorch-gpu", "--machine", machine, status=3)
    assert ("impossible", []) == (plan["status"], plan["packages"])
    assert any("update the NVIDIA driver" in remedy for remedy in plan["remedies"])


def test_the_same_state_gives_the_same_status_in_every_form(mlenv: Run, machine: str) -> None:
    assert 1 == mlenv("doctor", "--machine", machine).returncode
    assert 3 == mlenv("plan", "--profile", "pytorch-gpu", "--machine", machine).returncode


def test_a_snapshot_gives_the_same_plan_as_its_machine(mlenv: Run, machine: str, here: Path) -> None:
    (here / "report.json").write_text(mlenv("doctor", "--machine", machine, "--format", "json").stdout)
    arguments = ("plan", "--profile", "tensorflow", "--format", "json", "--machine")
    first, second = (json.loads(mlenv(*arguments, path).stdout) for path in (machine, "report.json"))
    assert first["packages"] == second["packages"]
    assert first["reasons"] == second["reasons"]


def test_reports_go_to_files_by_their_ending(mlenv: Run, machine: str, here: Path) -> None:
    done = mlenv("doctor", "--machine", machine, "--output", "a.json", "--output", "b.txt")
    assert (1, "") == (done.returncode, done.stdout)
    assert "mlenv.doctor/1" == json.loads((here / "a.json").read_text())["schema"]
    assert "[✗] GPU" in (here / "b.txt").read_text()


def test_version(mlenv: Run) -> None:
    from mlenv import __version__

    assert f"mlenv {__version__}\n" == mlenv("--version").stdout


def test_bare_mlenv_shows_the_way(mlenv: Run) -> None:
    done = mlenv()
    assert 0 == done.returncode
    assert "  mlenv setup  " in done.stdout
