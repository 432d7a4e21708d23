"""The forms of a plan, taken by their own tools against a real registry."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.live, pytest.mark.registry]
SERIES = f"{sys.version_info.major}.{sys.version_info.minor}"
ASKED = ("--with", "numpy", "--with", "pandas", "--with", "scikit-learn", "--python", SERIES)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The user's own settings, the interpreter of the tests on PATH, neither mlenv nor uv there."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in (f"python{SERIES}", "python3"):
        (tools / name).symlink_to(Path(sys.executable).resolve())
    kept = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return {**kept, "PATH": f"{tools}:/usr/bin:/bin"}


def run(*argv: str, cwd: Path, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=cwd, env=environ, capture_output=True, text=True, timeout=500, check=False)


def plan(folder: Path, *options: str) -> None:
    done = run(sys.executable, "-m", "mlenv", "plan", *ASKED, *options, cwd=folder)
    assert 0 == done.returncode, done.stderr


def test_pip_would_install_the_requirements(tmp_path: Path) -> None:
    pytest.importorskip("pip")
    plan(tmp_path, "--output", "requirements.txt")
    pip = (sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--only-binary", ":all:")
    done = run(*pip, "-r", "requirements.txt", cwd=tmp_path)
    assert 0 == done.returncode, done.stderr
    wanted = [
        line for line in (tmp_path / "requirements.txt").read_text().splitlines() if "==" in line and "#" not in line
    ]
    would = next(line for line in done.stdout.splitlines() if line.startswith("Would install"))
    assert [] == [text for text in wanted if text.replace("==", "-") not in would]


def test_uv_compiles_the_requirements(tmp_path: Path, uv: str) -> None:
    plan(tmp_path, "--output", "requirements.txt")
    strategy = ("--index-strategy", "unsafe-best-match")
    done = run(uv, "pip", "compile", *strategy, "--python", sys.executable, "requirements.txt", cwd=tmp_path)
    assert 0 == done.returncode, done.stderr


def test_uv_locks_the_project_file(tmp_path: Path, uv: str) -> None:
    plan(tmp_path, "--output", "pyproject.toml")
    done = run(uv, "sync", "--dry-run", "--python", SERIES, cwd=tmp_path)
    assert 0 == done.returncode, done.stderr
    assert "numpy==" in done.stderr


@pytest.mark.parametrize("manager", ["uv", "pip"])
@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_a_pasted_script_works_on_a_machine_without_uv_and_mlenv(
    manager: str, tmp_path: Path, environ: dict[str, str]
) -> None:
    plan(tmp_path, "--manager", manager, "--output", "setup.sh")
    done = run("bash", "setup.sh", cwd=tmp_path, environ=environ)
    assert 0 == done.returncode, done.stderr
    assert "bringing one for this script alone" in done.stderr
    check = "import numpy, sklearn; print(numpy.ones(3).sum())"
    assert "3.0\n" == run(str(tmp_path / ".venv/bin/python"), "-c", check, cwd=tmp_path).stdout
