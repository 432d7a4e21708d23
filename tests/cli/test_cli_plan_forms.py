"""The forms of ``mlenv plan`` on the command line: where they go, and what stays away where there is no plan."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import tomli

from mlenv.plan.forms.render import FORMS
from tests.cli.conftest import Run

MACHINE = (
    'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.12.4"]\n[cpu]\nflags = ["avx", "avx2", "fma"]\n'
)
FILES = ("setup.sh", "setup.ps1", "requirements.txt", "pyproject.toml", "Dockerfile", "plan.json", "plan.txt")


@pytest.fixture
def machine(here: Path, mlenv: Run) -> tuple[str, str]:
    (here / "m.toml").write_text(MACHINE)
    return "--machine", "m.toml"


def test_one_call_writes_every_file_in_the_form_of_its_name(mlenv: Run, here: Path, machine: tuple[str, str]) -> None:
    outputs = [part for name in FILES for part in ("--output", name)]
    done = mlenv("plan", "--profile", "starter", *machine, *outputs)
    assert (0, "") == (done.returncode, done.stdout)
    assert (here / "setup.sh").read_text().startswith("#!/usr/bin/env bash\n")
    assert (here / "setup.sh").stat().st_mode & stat.S_IXUSR
    assert "mlenv-starter" == tomli.loads((here / "pyproject.toml").read_text())["project"]["name"]
    assert (here / "Dockerfile").read_text().startswith("# syntax=")
    assert (here / "plan.txt").read_text().startswith("Plan for starter")


@pytest.mark.parametrize("form", FORMS)
def test_without_an_answer_nothing_is_written(form: str, mlenv: Run, here: Path, machine: tuple[str, str]) -> None:
    (here / "out").write_text("old")
    done = mlenv("plan", "--profile", "pytorch-gpu", *machine, "--format", form, "--output", "out")
    assert (3, "", "old") == (done.returncode, done.stdout, (here / "out").read_text())
    assert "no plan for pytorch-gpu" in done.stderr


def test_a_lock_needs_the_proof(mlenv: Run, here: Path, machine: tuple[str, str]) -> None:
    outputs = ("--output", "setup.sh", "--output", "pylock.toml")
    done = mlenv("plan", "--profile", "starter", *machine, *outputs, "--offline", UV_CACHE_DIR=str(here / "empty"))
    assert (5, False) == (done.returncode, (here / "setup.sh").exists())
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("error"))
    assert line.startswith("error: a lock needs the proof of the package resolver, and there is none: ")


def test_a_folder_that_is_not_there_is_told_before_anything_is_written(
    mlenv: Run, here: Path, machine: tuple[str, str]
) -> None:
    done = mlenv("plan", "--profile", "starter", *machine, "--output", "setup.sh", "--output", "no/Dockerfile")
    assert (2, False) == (done.returncode, (here / "setup.sh").exists())
    assert "there is no folder no" in done.stderr


@pytest.mark.parametrize("form", ["shell", "powershell", "requirements", "pyproject", "dockerfile", "json"])
def test_the_same_call_gives_the_same_bytes(form: str, mlenv: Run, machine: tuple[str, str]) -> None:
    first, second = (mlenv("plan", "--profile", "keras", *machine, "--format", form).stdout for _ in range(2))
    assert first == second != ""


def test_no_login_leaves(mlenv: Run, machine: tuple[str, str]) -> None:
    options = ("--index-url", "https://me:hunt'er2@mirror.example/simple")
    for form in ("shell", "powershell", "requirements", "pyproject", "dockerfile", "json", "text"):
        done = mlenv("plan", "--profile", "starter", *machine, *options, "--format", form)
        assert "mirror.example" in done.stdout
        assert "hunt" not in done.stdout + done.stderr
        assert "er2" not in done.stdout + done.stderr
