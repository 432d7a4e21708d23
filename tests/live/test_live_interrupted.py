"""An install that is stopped leaves the environment that worked before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.live,
    pytest.mark.registry,
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals"),
]
MOMENTS = ["Create the environment", "Find the exact version", "Import every framework"]
"""What mlenv says when the moment has come."""


def mlenv(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mlenv", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def proven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a verified environment."""
    folder = tmp_path_factory.mktemp("proven")
    done = mlenv(folder, "install", "-q", "--with", "numpy<2.5")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
def test_the_old_environment_still_verifies(proven: Path, moment: str, how: signal.Signals) -> None:
    before = os.readlink(proven / ".venv")
    child = subprocess.Popen(
        [sys.executable, "-m", "mlenv", "install", "--with", "numpy", "--with", "pandas"],
        cwd=proven,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert child.stderr is not None
    for line in child.stderr:
        if moment in line:
            break
    time.sleep(0.05)
    child.send_signal(how)
    status = child.wait(60)
    child.stderr.close()
    assert (130 if how is signal.SIGINT else -signal.SIGKILL) == status
    assert before == os.readlink(proven / ".venv")
    done = mlenv(proven, "verify")
    assert done.returncode == 0, done.stdout
    if how is signal.SIGINT:
        assert [".gitignore", "1", "lock"] == sorted(entry.name for entry in (proven / ".venv.generations").iterdir())


def test_the_next_install_clears_what_a_kill_left(proven: Path) -> None:
    done = mlenv(proven, "install", "-q", "--with", "numpy", "--with", "pandas")
    assert done.returncode == 0, done.stderr
    store = proven / ".venv.generations"
    assert all((folder / "mlenv-manifest.json").is_file() for folder in store.iterdir() if folder.is_dir())
