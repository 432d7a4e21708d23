"""Who may write to what mlenv makes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlenv.system.rights import take_back

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")
CALL = "import os, sys; os.umask({umask}); from mlenv.system.rights import close_to_others; close_to_others(); "
MAKE = "open(sys.argv[1], 'w').close(); os.mkdir(sys.argv[1] + '.d')"


@pytest.mark.parametrize(
    ("umask", "file", "folder"),
    [
        (0o000, 0o644, 0o755),
        (0o020, 0o644, 0o755),
        (0o022, 0o644, 0o755),
        (0o002, 0o664, 0o775),
        (0o007, 0o660, 0o770),
        (0o077, 0o600, 0o700),
    ],
)
def test_nothing_is_open_to_everybody(tmp_path: Path, umask: int, file: int, folder: int) -> None:
    path = tmp_path / "file"
    subprocess.run([sys.executable, "-c", CALL.format(umask=umask) + MAKE, str(path)], check=True)
    assert (file, folder) == (path.stat().st_mode & 0o777, Path(f"{path}.d").stat().st_mode & 0o777)


@pytest.mark.parametrize(("before", "after"), [(0o666, 0o644), (0o777, 0o755), (0o664, 0o664), (0o600, 0o600)])
def test_a_file_for_everybody_becomes_one_for_its_owner(tmp_path: Path, before: int, after: int) -> None:
    path = tmp_path / ".lock"
    path.touch()
    path.chmod(before)
    take_back(path)
    assert after == path.stat().st_mode & 0o777


def test_what_a_link_leads_to_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.touch()
    target.chmod(0o666)
    (tmp_path / ".lock").symlink_to(target)
    take_back(tmp_path / ".lock")
    take_back(tmp_path / "none")
    assert 0o666 == os.stat(target).st_mode & 0o777
