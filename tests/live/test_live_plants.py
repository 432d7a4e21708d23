"""Every planted fault: `mlenv verify` tells each for what it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "faults_verify.py"
pytestmark = [
    pytest.mark.live,
    pytest.mark.stand,
    pytest.mark.skipif(sys.platform != "linux", reason="signals and the loader of Linux"),
]


@pytest.fixture(scope="session", autouse=True)
def _registry() -> None:
    """No registry is asked: the packages are made here."""


SOME = ("import", "crash", "number", "second GPU", "fallback", "policy broken")


def test_some_of_each_kind_are_told_for_what_they_are(tmp_path: Path) -> None:
    plant(tmp_path, *(word for name in SOME for word in ("--only", name)))


@pytest.mark.thorough
def test_every_planted_fault_is_told_for_what_it_is(tmp_path: Path) -> None:
    plant(tmp_path)


def plant(kept: Path, *words: str) -> None:
    """Plant faults; none of them may be missed."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--jobs", "2", "--keep", str(kept), *words],
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "(100 %)" in done.stdout
