"""Tests that need a package registry: skipped where none answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def uv() -> str:
    """The path of uv."""
    import uv as package

    return str(package.find_uv_bin())


@pytest.fixture(scope="session", autouse=True)
def _registry(uv: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("registry")
    (folder / "one.in").write_text("iniconfig\n")
    done = subprocess.run(
        [uv, "pip", "compile", "-q", "--python", sys.executable, "--refresh", str(folder / "one.in")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        pytest.skip("no package registry answers here")


@pytest.fixture(scope="session")
def built_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    root = Path(__file__).parents[2]
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=root,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel
