"""Running the command line as a user does: a process of its own, in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def mlenv(tmp_path: Path) -> Run:
    """``mlenv(*arguments)`` in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()

    def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        names = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
        # Away from this user's pip and uv settings; the machine itself is the real one.
        names.update(HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path), PIP_CONFIG_FILE=os.devnull, **environ)
        names.pop("VIRTUAL_ENV", None)
        return subprocess.run(
            [sys.executable, "-m", "mlenv", *arguments],
            cwd=folder,
            env=names,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The folder that ``mlenv`` runs in."""
    return tmp_path / "here"
