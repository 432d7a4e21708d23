"""Tests that need a package registry are skipped where none answers."""

from __future__ import annotations

import functools
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def uv() -> str:
    """The path of uv."""
    import uv as package

    return str(package.find_uv_bin())


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Those with servers of their own (``stand``) need no registry."""
    if item.get_closest_marker("stand") is None and not _registry_answers():
        pytest.skip("no package registry answers here")


@functools.cache
def _registry_answers() -> bool:
    import uv as package

    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "one.in")
        wanted.write_text("iniconfig\n")
        done = subprocess.run(
            [package.find_uv_bin(), "pip", "compile", "-q", "--python", sys.executable, "--refresh", str(wanted)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    return not done.returncode


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
