"""Output that cannot be written is one line on standard error, and closed streams hurt nobody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
COMMANDS = ["doctor --format json", "probe", "profiles"]


def shell(words: str, redirection: str, folder: Path) -> subprocess.CompletedProcess[str]:
    line = f'"{sys.executable}" -m mlenv {words} {redirection}'
    return subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("words", COMMANDS)
def test_a_full_disk(words: str, tmp_path: Path) -> None:
    done = shell(words, ">/dev/full", tmp_path)
    expected = "error: the output cannot be written (No space left on device)\n"
    assert (2, expected) == (done.returncode, done.stderr)


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("redirection", [">&-", ">/dev/null 2>&-"])
def test_closed_streams(words: str, redirection: str, tmp_path: Path) -> None:
    done = shell(words, redirection, tmp_path)
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("words", COMMANDS)
def test_a_reader_that_goes_away(words: str, tmp_path: Path) -> None:
    done = shell(words, "| head -n 1 >/dev/null", tmp_path)
    assert (0, "") == (done.returncode, done.stderr)
