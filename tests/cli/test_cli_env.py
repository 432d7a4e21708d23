"""Environments over time: installed, found unchanged, rolled back, compared, taken over, removed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.stands.wheels import make_wheel

Do = Callable[..., tuple[int, str, str]]


@pytest.fixture
def do(mlenv: Run, tmp_path: Path) -> Do:
    """``mlenv`` with a folder of wheels and a cache of its own."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for version in ("1.0", "2.0"):
        make_wheel(wheels, "lower", version, modules={"lower.py": f"__version__ = '{version}'\n"})
    make_wheel(wheels, "other", "1.0")

    def run(*arguments: str, **environ: str) -> tuple[int, str, str]:
        names = {"UV_CACHE_DIR": str(tmp_path / "cache"), "XDG_DATA_HOME": str(tmp_path / "data"), **environ}
        names["XDG_STATE_HOME"] = str(tmp_path / "state")
        done = mlenv(*arguments, **names)
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def install(do: Do, tmp_path: Path) -> Do:
    """``mlenv install`` of what is in the folder."""

    def run(*requirements: str, more: tuple[str, ...] = ()) -> tuple[int, str, str]:
        asked = [word for text in requirements for word in ("--with", text)]
        return do("install", "--offline", "--find-links", str(tmp_path / "wheels"), *asked, *more)

    return run


def version_in(do: Do) -> str:
    status, text, errors = do("run", "--", "python", "-c", "import lower; print(lower.__version__)")
    assert 0 == status, errors
    return text.strip()


def test_a_life_of_an_environment(install: Do, do: Do, here: Path) -> None:
    status, text, errors = install("lower==1.0")
    assert 0 == status, errors
    assert "lower 1.0" in text
    status, text, _ = install("lower==1.0")
    assert (0, True) == (status, ".venv is as it was asked for: nothing to change" in text)
    assert ["1"] == [path.name for path in (here / ".venv.generations").iterdir() if path.is_dir()]

    status, text, errors = install("lower==2.0", "other")
    assert (0, "2.0") == (status, version_in(do)), errors
    assert "env rollback" in text

    status, text, _ = do("env", "diff")
    assert 1 == status
    assert "lower" in text
    assert "other" in text
    document = json.loads(do("env", "diff", "--format", "json")[1])
    assert ("mlenv.environment-diff/1", "differs", "1", "2") == (
        document["schema"],
        document["status"],
        document["before"]["number"],
        document["after"]["number"],
    )

    assert 0 == do("env", "rollback")[0]
    assert "1.0" == version_in(do)
    assert 0 == do("verify")[0]
    status, _, errors = do("env", "rollback")
    assert (2, True) == (status, "there is no generation before 1" in errors)
    assert 0 == do("env", "rollback", "--to", "2")[0]
    assert "2.0" == version_in(do)

    (row,) = json.loads(do("env", "list", "--format", "json")[1])["environments"]
    assert (str(here / ".venv"), "ready", "2", ["2", "1"]) == (
        row["path"],
        row["state"],
        row["current"],
        [generation["number"] for generation in row["generations"]],
    )
    shown = json.loads(do("env", "show", "1", "--format", "json")[1])
    assert ["lower"] == [package["name"] for package in shown["packages"]]

    assert 2 == do("env", "remove", "--generation", "2", "--yes")[0]
    assert 2 == do("env", "remove")[0]
    assert 0 == do("env", "remove", "--yes")[0]
    assert [] == list(here.iterdir())
    assert [] == json.loads(do("env", "list", "--format", "json")[1])["environments"]


def test_what_was_harmed_is_made_anew(install: Do, do: Do, here: Path) -> None:
    install("lower==1.0")
    (info,) = (here / ".venv").rglob("lower-1.0.dist-info")
    for path in info.iterdir():
        path.unlink()
    info.rmdir()
    status, text, errors = install("lower==1.0")
    assert 0 == status, errors
    assert "not as locked, so it is made anew: lower" in errors
    assert "is ready" in text


def test_what_another_hand_added_is_left_there(install: Do, here: Path) -> None:
    install("lower==1.0")
    (site,) = (here / ".venv").rglob("site-packages")
    (site / "extra-1.0.dist-info").mkdir()
    (site / "extra-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: extra\nVersion: 1.0\n")
    status, text, errors = install("lower==1.0")
    assert 0 == status
    assert "added by another hand, and left there: extra" in errors
    assert "nothing to change" in text


def test_an_upgrade_asks_anew(install: Do, here: Path, tmp_path: Path) -> None:
    install("lower")
    make_wheel(tmp_path / "wheels", "lower", "2.5")
    assert "nothing to change" in install("lower")[1]
    status, text, errors = install("lower", more=("--upgrade",))
    assert (0, True) == (status, "lower 2.5" in text), errors


def test_an_environment_of_another_hand(install: Do, do: Do, here: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(here / ".venv")], check=True)
    before = sorted(str(path) for path in (here / ".venv").rglob("*"))
    status, _, errors = install("lower==1.0")
    assert (2, True) == (status, "--take-over" in errors)
    status, text, errors = install("lower==1.0", more=("--take-over",))
    assert 0 == status, errors
    assert "env rollback --to original" in text
    assert "1.0" == version_in(do)
    assert 0 == do("env", "rollback", "--to", "original")[0]
    assert before == sorted(str(path) for path in (here / ".venv").rglob("*"))
    assert 0 == do("env", "remove", "--yes")[0]
    assert [".venv"] == os.listdir(here)


def test_removing_gives_back_what_was_taken_over(install: Do, do: Do, here: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(here / ".venv")], check=True)
    install("lower==1.0", more=("--take-over",))
    status, _, errors = do("env", "remove", "--yes")
    assert (0, True) == (status, "given back as it was" in errors)
    assert (here / ".venv" / "pyvenv.cfg").is_file()
    assert [".venv"] == os.listdir(here)


def test_a_lock_repeats_an_environment_elsewhere(install: Do, do: Do, here: Path) -> None:
    install("lower==1.0")
    lock = here / ".venv" / "mlenv" / "pylock.toml"
    status, text, errors = do("install", "--locked", str(lock), "--env", "again", "--offline")
    assert 0 == status, errors
    assert "lower 1.0" in text
    status, text, _ = do("install", "--locked", str(lock), "--env", "again", "--offline")
    assert (0, True) == (status, "nothing to change" in text)
    again = (here / "again" / "mlenv" / "pylock.toml").read_text()
    assert [line for line in again.splitlines() if "sha256" in line] == [
        line for line in lock.read_text().splitlines() if "sha256" in line
    ]


@pytest.mark.parametrize(
    "beside", [["--profile", "starter"], ["--with", "numpy"], ["--accelerator", "cpu"], ["--manager", "conda"]]
)
def test_a_lock_answers_every_question(do: Do, here: Path, beside: list[str]) -> None:
    (here / "pylock.toml").write_text('lock-version = "1.0"\n')
    status, _, errors = do("install", "--locked", "pylock.toml", *beside)
    assert (2, True) == (status, "beside --locked" in errors)


def test_a_file_that_is_no_lock(do: Do, here: Path) -> None:
    (here / "pylock.toml").write_text("packages = 3\n")
    status, _, errors = do("install", "--locked", "pylock.toml")
    assert (2, 2) == (status, len(errors.splitlines()))
    assert "pylock.toml: Expected `array`" in errors
    assert ["pylock.toml"] == os.listdir(here)


def test_a_kernel_is_registered_and_goes_with_the_environment(do: Do, install: Do, tmp_path: Path) -> None:
    make_wheel(tmp_path / "wheels", "ipykernel", "7.0")
    status, _, errors = install("lower==1.0", more=("--jupyter-kernel", "mine"))
    assert 0 == status, errors
    kernel = tmp_path / "data" / "jupyter" / "kernels" / "mine" / "kernel.json"
    assert "ipykernel_launcher" in kernel.read_text()
    assert 0 == do("env", "remove", "--yes")[0]
    assert not kernel.exists()


@pytest.mark.parametrize("command", [["env", "show"], ["env", "diff"], ["env", "rollback"], ["env", "remove", "--yes"]])
def test_where_mlenv_made_nothing(do: Do, command: list[str]) -> None:
    status, text, errors = do(*command)
    assert (2, "", True) == (status, text, "there is no such environment" in errors)


def test_a_pruned_generation_is_not_found(install: Do, do: Do) -> None:
    for number in range(4):
        install(f"lower=={1 + number % 2}.0")
    status, _, errors = do("env", "rollback", "--to", "1")
    assert (2, True) == (status, "has no generation 1 (there are 2, 3, 4)" in errors)


@pytest.mark.skipif(sys.platform == "win32", reason="the shells of Unix")
def test_a_shell_in_an_environment(install: Do, here: Path, tmp_path: Path) -> None:
    install("lower==1.0")
    done = subprocess.run(
        [sys.executable, "-m", "mlenv", "shell"],
        cwd=here,
        env={**os.environ, "HOME": str(tmp_path), "SHELL": "/bin/sh"},
        input="command -v python; exit 7\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert 7 == done.returncode, done.stderr
    assert f"{here}/.venv/bin/python" in done.stdout
