"""The built wheel in a clean environment: every command works there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.live, pytest.mark.registry]


@pytest.fixture(scope="module")
def installed(uv: str, built_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``mlenv`` of a clean environment that holds nothing but the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("clean") / "env"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(folder)], check=True)
    subprocess.run([uv, "pip", "install", "-q", "--python", str(folder), str(built_wheel)], check=True)
    return folder / ("Scripts" if sys.platform == "win32" else "bin") / "mlenv"


def run(mlenv: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(mlenv), *arguments], cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["probe"],
        ["doctor", "--format", "json"],
        ["plan", "--profile", "pytorch"],
        ["profiles"],
        ["schema"],
    ],
)
def test_commands(installed: Path, tmp_path: Path, arguments: list[str]) -> None:
    done = run(installed, tmp_path, *arguments)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout


def test_starter_is_installed_and_proven(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "install", "--profile", "starter", "--format", "json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    computed = {result["framework"] for result in report["results"] if result["check"] == "compute"}
    assert ("ok", {"numpy", "pandas", "matplotlib", "seaborn", "jupyter", "scikit-learn"}) == (
        report["status"],
        computed,
    )
    again = run(installed, tmp_path, "verify")
    assert again.returncode == 0, again.stderr
    used = run(installed, tmp_path, "run", "--", "python", "-c", "import sklearn; print(6 * 7)")
    assert "42\n" == used.stdout
    distributions = {path.name.split("-")[0] for path in (tmp_path / ".venv").rglob("*.dist-info")}
    assert not distributions & {"mlenv", "click", "msgspec", "uv"}
