"""``mlenv install`` proves before it touches anything."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder of wheels: ``lower`` needs another ``upper`` than the newest."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    make_wheel(folder, "lower", "1.0", ["upper<2"])
    make_wheel(folder, "upper", "1.0", [])
    make_wheel(folder, "upper", "2.0", [])
    return folder


def make_wheel(folder: Path, name: str, version: str, requires: Sequence[str]) -> None:
    info = f"{name}-{version}.dist-info"
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        *(f"Requires-Dist: {row}" for row in requires),
    ]
    tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{info}/METADATA", "\n".join(lines) + "\n")
        archive.writestr(f"{info}/WHEEL", tags)
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


def install(mlenv: Run, tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    done = mlenv("install", "--offline", *arguments, UV_CACHE_DIR=str(tmp_path / "cache"))
    return done.returncode, done.stdout, done.stderr


def test_a_conflict_of_the_users_own_is_status_3(mlenv: Run, here: Path, wheels: Path, tmp_path: Path) -> None:
    asked = ["--with", "lower", "--with", "upper>=2", "--find-links", str(wheels)]
    status, _, errors = install(mlenv, tmp_path, *asked)
    assert 3 == status, errors
    assert "lower" in errors
    assert "depend on upper<2" in errors
    assert "the request asks for" in errors
    assert [] == list(here.iterdir())


def test_what_the_cache_does_not_hold_is_status_5(mlenv: Run, here: Path, tmp_path: Path) -> None:
    status, _, errors = install(mlenv, tmp_path, "--with", "jax")
    assert 5 == status, errors
    assert "could not be proven, so nothing was installed" in errors
    assert [] == list(here.iterdir())


def test_a_dry_run_shows_a_proven_plan(mlenv: Run, here: Path, wheels: Path, tmp_path: Path) -> None:
    asked = ["--with", "lower", "--find-links", str(wheels), "--dry-run", "--format", "json"]
    status, text, errors = install(mlenv, tmp_path, *asked)
    assert 0 == status, errors
    assert "planned" == json.loads(text)["status"]
    assert [] == list(here.iterdir())
