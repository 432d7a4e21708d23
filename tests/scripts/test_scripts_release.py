"""The release: the same bytes twice, nothing of a developer's machine in them, interpreters chosen well."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


def run(name: str, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(SCRIPTS / name), *words]
    return subprocess.run(argv, env={**os.environ, **environ}, capture_output=True, text=True, check=False)


@pytest.mark.thorough
@pytest.mark.live
def test_the_same_bytes_twice(tmp_path: Path) -> None:
    done = run("build_release", "--twice", "--output", str(tmp_path), SOURCE_DATE_EPOCH="1700000000")
    assert 0 == done.returncode, done.stderr
    sums = dict(line.split("  ")[::-1] for line in (tmp_path / "SHA256SUMS").read_text().splitlines())
    assert sums == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in tmp_path.iterdir()
        if path.name != "SHA256SUMS"
    }
    (wheel,), (sdist,) = tmp_path.glob("*.whl"), tmp_path.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert {(2023, 11, 14)} == {info.date_time[:3] for info in archive.infolist()}
    assert "mlenv/compat_matrix/matrix.toml" in names
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests/")]
    with tarfile.open(sdist) as bundle:
        assert {("", 0)} == {(member.uname, member.uid) for member in bundle.getmembers()}


def test_a_tag_is_the_version() -> None:
    from mlenv import __version__

    assert 0 == run("build_release", "--check-tag", f"v{__version__}").returncode
    done = run("build_release", "--check-tag", "v99.0")
    assert (1, True) == (done.returncode, "v99.0" in done.stderr)


def test_what_is_no_python_is_refused(tmp_path: Path) -> None:
    done = run("test_pythons", str(tmp_path / "python3"), "--wheels", str(tmp_path))
    assert (1, True) == (done.returncode, "is no Python" in done.stderr)


def test_one_wheel_is_asked_for(tmp_path: Path) -> None:
    done = run("test_pythons", "--this", "--wheels", str(tmp_path))
    assert (1, True) == (done.returncode, "holds 0 wheels" in done.stderr)
