"""Scripts and files of a plan, run for real: tiny wheels in a folder, without any network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import Run

SERIES = f"{sys.version_info.major}.{sys.version_info.minor}"
pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")


def make_wheel(folder: Path, name: str, requires: str = "") -> None:
    """A wheel with one module."""
    info = f"{name}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    files = {
        f"{name}.py": "value = 1\n",
        f"{info}/METADATA": metadata + (f"Requires-Dist: {requires}\n" if requires else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(path, text)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "my wheels ü $x 100% 'a'"
    folder.mkdir()
    make_wheel(folder, "tiny", "tinier>=1; python_version >= '3.8'")
    make_wheel(folder, "tinier")
    return folder


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """uv and the interpreter of the tests on PATH, mlenv not."""
    tools = tmp_path / "tools"
    tools.mkdir()
    from uv import find_uv_bin

    (tools / "uv").symlink_to(find_uv_bin())
    (tools / f"python{SERIES}").symlink_to(Path(sys.executable).resolve())
    path = f"{tools}:/usr/bin:/bin"
    return {"PATH": path, "HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull, "UV_CACHE_DIR": str(tmp_path / "c")}


def call(*argv: str | Path, cwd: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=cwd, env=environ, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("manager", ["uv", "pip"])
def test_a_script_makes_the_environment_elsewhere(
    manager: str, mlenv: Run, here: Path, tmp_path: Path, wheels: Path, environ: dict[str, str]
) -> None:
    planned = mlenv(
        *("plan", "--with", "tiny", "--manager", manager, "--python", SERIES, "--offline", "--env", "my 'env' $y"),
        *("--find-links", str(wheels), "--format", "shell"),
    )
    assert 0 == planned.returncode, planned.stderr
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "setup.sh").write_text(planned.stdout)
    done = call("bash", "setup.sh", cwd=elsewhere, environ=environ)
    assert 0 == done.returncode, done.stderr
    python = elsewhere / "my 'env' $y" / "bin" / "python"
    assert (
        "2\n"
        == call(
            python, "-c", "import tiny, tinier; print(tiny.value + tinier.value)", cwd=elsewhere, environ=environ
        ).stdout
    )


def test_pip_takes_the_requirements(mlenv: Run, here: Path, wheels: Path, environ: dict[str, str]) -> None:
    pytest.importorskip("pip")
    done = mlenv(
        *("plan", "--with", "tiny>=1", "--python", SERIES, "--offline", "--find-links", str(wheels)),
        *("--output", "requirements.txt"),
    )
    assert 0 == done.returncode, done.stderr
    pip = (sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--target", "t")
    taken = call(*pip, "-r", "requirements.txt", cwd=here, environ=environ)
    assert 0 == taken.returncode, taken.stderr
    assert "Would install tinier-1.0 tiny-1.0" in taken.stdout


def test_uv_takes_the_project_file(mlenv: Run, here: Path, wheels: Path, environ: dict[str, str]) -> None:
    done = mlenv(
        *("plan", "--with", "tiny>=1", "--python", SERIES, "--offline", "--find-links", str(wheels)),
        *("--output", "pyproject.toml"),
    )
    assert 0 == done.returncode, done.stderr
    synced = call("uv", "sync", "--python", SERIES, cwd=here, environ=environ)
    assert 0 == synced.returncode, synced.stderr
    assert (
        "1\n"
        == call(here / ".venv/bin/python", "-c", "import tiny; print(tiny.value)", cwd=here, environ=environ).stdout
    )
