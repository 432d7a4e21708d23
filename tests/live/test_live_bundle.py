"""A bundle of real packages, installed where there is no network at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SERIES = f"{sys.version_info.major}.{sys.version_info.minor}"


def run(*argv: str, cwd: Path, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=cwd, env=environ, capture_output=True, text=True, timeout=500, check=False)


def without_network() -> tuple[str, ...]:
    """The command in front that takes the network away; empty where this user may not."""
    unshare = shutil.which("unshare")
    for options in (("-n",), ("-rn",)):
        if unshare and run(unshare, *options, "true", cwd=Path("/")).returncode == 0:
            return (unshare, *options)
    return ()


CLOSED = without_network() if sys.platform == "linux" else ()
pytestmark = [
    pytest.mark.live,
    pytest.mark.registry,
    pytest.mark.skipif(not CLOSED, reason="needs a way to take the network away"),
]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive."""
    folder = tmp_path_factory.mktemp("open")
    asked = ("--with", "numpy", "--with", "scikit-learn", "--python", SERIES)
    done = run(sys.executable, "-m", "mlenv", "bundle", *asked, "--output", "packages.tar.gz", cwd=folder)
    assert 0 == done.returncode, done.stderr
    return folder / "packages.tar.gz"


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_the_script_alone_installs_without_network(bundle: Path, tmp_path: Path, uv: str, installer: str) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / f"python{SERIES}").symlink_to(Path(sys.executable).resolve())
    if installer == "uv":
        (tools / "uv").symlink_to(uv)
    closed = tmp_path / "the closed machine"
    closed.mkdir()
    assert 0 == run("tar", "-xf", str(bundle), "-C", str(closed), cwd=tmp_path).returncode
    environ = {"PATH": f"{tools}:/usr/bin:/bin", "HOME": str(closed), "UV_CACHE_DIR": str(tmp_path / "empty cache")}
    done = run(*CLOSED, "sh", str(closed / "packages/install.sh"), "my env", cwd=closed, environ=environ)
    assert 0 == done.returncode, done.stderr
    check = "import numpy, sklearn; print(numpy.ones(3).sum())"
    assert "3.0\n" == run(str(closed / "my env/bin/python"), "-I", "-c", check, cwd=closed).stdout


def test_without_network_nothing_can_be_gathered(tmp_path: Path) -> None:
    environ = {**os.environ, "UV_HTTP_RETRIES": "0", "UV_CACHE_DIR": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    command = (sys.executable, "-m", "mlenv", "bundle", "--with", "numpy", "--output", "out")
    (tmp_path / "here").mkdir()
    done = run(*CLOSED, *command, cwd=tmp_path / "here", environ=environ)
    assert 5 == done.returncode, done.stderr
    assert [] == list((tmp_path / "here").iterdir())
