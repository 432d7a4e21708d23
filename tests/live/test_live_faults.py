"""The fault table in its small form: a little of everything that may happen to an installation."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "faults.py"
pytestmark = [
    pytest.mark.live,
    pytest.mark.stand,
    pytest.mark.skipif(sys.platform != "linux", reason="disks, signals and system calls of Linux"),
]


@pytest.fixture(scope="session", autouse=True)
def _registry() -> None:
    """No registry is asked: the index stands on this machine."""


def test_whatever_happens_one_environment_is_whole_and_nothing_is_left_behind(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--small", "--jobs", "2", "--keep", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "(100 %)" in done.stdout
