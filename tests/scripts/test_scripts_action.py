"""The action's script: inputs become words of an argument list, statuses and reports come out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".github" / "actions" / "mlenv" / "run.py"
RECORDER = """\
#!{python}
import json, os, sys
with open(os.environ["SAID"], "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
sys.exit(int(os.environ.get("ENDS", "0")) if sys.argv[1] != "sbom" else 0)
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")


class Runner:
    """A runner of GitHub with a stand-in for mlenv that writes down its words."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        program = folder / "bin" / "mlenv"
        program.write_text(RECORDER.format(python=sys.executable))
        program.chmod(0o755)

    def run(self, ends: int = 0, **inputs: str) -> subprocess.CompletedProcess[str]:
        given = {"COMMAND": "verify", "ENV": ".venv", "VERSION": "installed", **inputs}
        environ = {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.folder / "temp"),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "SAID": str(self.folder / "said"),
            "ENDS": str(ends),
            **{f"MLENV_ACTION_{name}": value for name, value in given.items()},
        }
        return subprocess.run(
            [sys.executable, str(SCRIPT)], cwd=self.folder, env=environ, capture_output=True, text=True, check=False
        )

    @property
    def calls(self) -> list[list[str]]:
        said = self.folder / "said"
        return [json.loads(line) for line in said.read_text().splitlines()] if said.exists() else []

    @property
    def outputs(self) -> dict[str, str]:
        lines = (self.folder / "output").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_verify_with_everything(runner: Runner) -> None:
    done = runner.run(
        ends=1, POLICY="team policy.toml", PROFILE="pytorch jax", LEVEL="standard", REQUIRE_GPU="true", SBOM="true"
    )
    reports = runner.folder / "temp" / "mlenv-reports"
    assert 1 == done.returncode, done.stderr
    assert [
        [
            "verify",
            "--env=.venv",
            "--policy=team policy.toml",
            "--level=standard",
            "--profile=pytorch",
            "--profile=jax",
            "--require-gpu",
            "--format=github",
            "--output=-",
            f"--output={reports}/mlenv.json",
            f"--output={reports}/mlenv.xml",
        ],
        ["sbom", "--env=.venv", f"--output={reports}/bom.json"],
    ] == runner.calls
    assert {"status": "1", "reports": str(reports)} == runner.outputs


def test_doctor_looks_into_an_environment_that_is_there(runner: Runner) -> None:
    assert 0 == runner.run(COMMAND="doctor", POLICY="ignored.toml").returncode
    (runner.folder / ".venv").mkdir()
    assert 0 == runner.run(COMMAND="doctor").returncode
    assert [["doctor", "--format=github"], ["doctor", "--env=.venv"]] == [call[:2] for call in runner.calls]


@pytest.mark.parametrize("status", [0, 2, 5])
def test_the_status_is_handed_on(runner: Runner, status: int) -> None:
    assert (status, str(status)) == (runner.run(ends=status).returncode, runner.outputs["status"])


@pytest.mark.parametrize(
    "inputs",
    [
        {"COMMAND": "shell"},
        {"COMMAND": "verify; touch harm"},
        {"LEVEL": "--fix"},
        {"VERSION": "1.0 --index-url https://example.org"},
        {"VERSION": "git+https://example.org/mlenv"},
        {"VERSION": "none.whl"},
        {"VERSION": "-r"},
        {"ENV": "x\n::add-path::/harm"},
        {"POLICY": "x\r::add-path::/harm"},
    ],
)
def test_what_is_refused(runner: Runner, inputs: dict[str, str]) -> None:
    done = runner.run(0, **inputs)
    assert (2, []) == (done.returncode, runner.calls)
    assert done.stdout.startswith("::error title=mlenv action::")


def test_no_value_becomes_an_option_or_a_command(runner: Runner) -> None:
    runner.run(ENV="--fix", POLICY="$(touch harm)", PROFILE="-x `touch harm`")
    (call,) = runner.calls
    assert ["--env=--fix", "--policy=$(touch harm)", "--profile=-x", "--profile=`touch", "--profile=harm`"] == call[1:6]
    assert not (runner.folder / "harm").exists()


def test_mlenv_is_not_there(runner: Runner) -> None:
    (runner.folder / "bin" / "mlenv").unlink()
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        cwd=runner.folder,
        env={
            "PATH": str(runner.folder / "bin"),
            "RUNNER_TEMP": str(runner.folder / "temp"),
            "MLENV_ACTION_COMMAND": "verify",
            "MLENV_ACTION_VERSION": "installed",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (5, True) == (done.returncode, "no mlenv on PATH" in done.stdout)
