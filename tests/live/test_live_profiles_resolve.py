"""Every profile on every Python of the day: uv locks what the plan asks for, from the index's metadata.

The plan is one for Linux x86_64 without a GPU.  PyTorch's own index is left out: the same release
is taken from the default index, which brings more libraries and asks the same of the neighbours.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tomli
import tomli_w

from mlenv.matrix.load import Matrix

pytestmark = [pytest.mark.live, pytest.mark.registry, pytest.mark.drift]

MATRIX = Matrix()
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
PROFILES = [name for name in MATRIX.profile_names if MATRIX.profile(name).accelerator in ("auto", "cpu")]
LACKING = {("tensorflow", "3.14"), ("tensorflow-cpu", "3.14"), ("causal", "3.14")}
"""A profile and a Python for which its main framework has no release."""
MACHINE = """
os = "linux"
arch = "x86_64"
libc = "glibc 2.35"
python = ["{python}.1"]
cpu = {{ flags = ["sse4_2", "avx", "avx2", "fma"] }}
"""


def plan(profile: str, python: str, folder: Path) -> subprocess.CompletedProcess[str]:
    machine = folder / "machine.toml"
    machine.write_text(MACHINE.format(python=python), encoding="utf-8")
    command = [sys.executable, "-m", "mlenv", "plan", "--offline", "--profile", profile, "--python", python]
    return subprocess.run(
        [*command, "--machine", str(machine), "--format", "json"], capture_output=True, text=True, check=False
    )


def with_default_index_alone(project: dict[str, Any]) -> dict[str, Any]:
    """A plan's project without its indexes, and without the local part of versions that only those have."""
    uv = {key: value for key, value in project["tool"]["uv"].items() if key not in ("index", "sources")}
    requirements = [re.sub(r"\+[\w.]+$", "", text) for text in project["project"]["dependencies"]]
    return {"project": {**project["project"], "dependencies": requirements}, "tool": {"uv": uv}}


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("profile", PROFILES)
def test_the_lock_of_a_profile_resolves(profile: str, python: str, uv: str, tmp_path: Path) -> None:
    planned = plan(profile, python, tmp_path)
    if (profile, python) in LACKING:
        assert (3, True) == (planned.returncode, bool(json.loads(planned.stdout)["reasons"]))
        return
    assert (0, "") == (planned.returncode, planned.stderr)
    files = json.loads(planned.stdout)["files"]
    (text,) = [file["text"] for file in files if file["path"].endswith("pyproject.toml")]
    (tmp_path / "pyproject.toml").write_text(tomli_w.dumps(with_default_index_alone(tomli.loads(text))))
    lock = tmp_path / "pylock.toml"
    where = ["--python-version", python, "--python-platform", "x86_64-manylinux_2_28", "--no-python-downloads"]
    done = subprocess.run(
        [
            uv,
            "pip",
            "compile",
            "-q",
            *where,
            "--project",
            str(tmp_path),
            "-o",
            str(lock),
            str(tmp_path / "pyproject.toml"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    locked = {package["name"] for package in tomli.loads(lock.read_text(encoding="utf-8"))["packages"]}
    assert {package["name"] for package in json.loads(planned.stdout)["packages"]} <= locked
