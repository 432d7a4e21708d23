"""`mlenv probe --env` reads an environment from its files, and a snapshot carries it to other computers."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlenv.cli.group import group


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A virtual environment of a few files."""
    folder = tmp_path / "env"
    packages = folder / "lib" / "python3.12" / "site-packages"
    for name in ("torch-2.9.1+cu126", "numpy-2.3.5"):
        (packages / f"{name}.dist-info").mkdir(parents=True)
        (packages / f"{name}.dist-info" / "INSTALLER").write_text("uv\n")
    (folder / "bin").mkdir()
    os.symlink(sys.executable, folder / "bin" / "python")
    (folder / "pyvenv.cfg").write_text("home = /usr/bin\nversion_info = 3.12.4\n")
    return folder


def run(*words: str) -> str:
    done = CliRunner().invoke(group, words, standalone_mode=False, catch_exceptions=False)
    return done.stdout


def probe(*words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("probe", "--format", "json", *words))
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="the environment is laid out as on Linux")
def test_the_environment_that_was_named(environment: Path) -> None:
    found = probe("--no-redact", "--env", str(environment))["environment"]
    assert (str(environment), "3.12.4", "venv") == (found["path"], found["python"], found["kind"])
    assert [("numpy", "2.3.5"), ("torch", "2.9.1+cu126")] == [
        (dist["name"], dist["version"]) for dist in found["distributions"]
    ]


def test_without_a_name_there_is_none() -> None:
    assert "environment" not in probe()


def test_in_text(environment: Path) -> None:
    text = run("probe", "--env", str(environment))
    assert f"Environment:  venv at {environment}, Python 3.12.4, 2 distributions\n" in text


def test_a_snapshot_carries_it_to_doctor(environment: Path, tmp_path: Path) -> None:
    snapshot = tmp_path / "machine.json"
    run("probe", "--env", str(environment), "--output", str(snapshot))
    document = json.loads(run("doctor", "--machine", str(snapshot), "--format", "json"))
    assert ["numpy", "torch"] == [dist["name"] for dist in document["environment"]["distributions"]]
