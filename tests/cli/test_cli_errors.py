"""Bad input: one clear line, the right exit status, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

CASES = [
    pytest.param(["plan", "--profile", "pytorhc"], "unknown profile 'pytorhc'", id="unknown-profile"),
    pytest.param(["plan", "--profile", "gone.toml"], "gone.toml: cannot be read", id="missing-profile-file"),
    pytest.param(["plan"], "say what to install", id="nothing-asked"),
    pytest.param(["plan", "--with", "=="], "is no requirement", id="bad-requirement"),
    pytest.param(["plan", "--profile", "starter", "--python", "three"], "is no Python version", id="bad-python"),
    pytest.param(
        ["plan", "--profile", "starter", "--accelerator", "gpux"], "unknown accelerator", id="bad-accelerator"
    ),
    pytest.param(
        ["plan", "--profile", "jax-cpu", "--profile", "jax-gpu"], "different accelerators", id="contradiction"
    ),
    pytest.param(["plan", "--profile", "starter", "--machine", "gone.toml"], "gone.toml: cannot be read", id="no-file"),
    pytest.param(
        ["plan", "--profile", "starter", "--machine", "broken.toml"], "broken.toml: is not valid TOML", id="toml"
    ),
    pytest.param(["plan", "--profile", "starter", "--machine", "key.toml"], "unknown key `oss`", id="wrong-key"),
    pytest.param(["plan", "--profile", "starter", "--machine", "type.toml"], "in `ram_gib`", id="wrong-type"),
    pytest.param(["plan", "--profile", "starter", "--machine", "value.toml"], "in `os`", id="wrong-value"),
    pytest.param(["plan", "--profile", "starter", "--machine", "junk.bin"], "is not a text file", id="binary"),
    pytest.param(["plan", "--profile", "starter", "--machine", "snapshot.json"], "is no mlenv document", id="json"),
    pytest.param(["doctor", "--machine", "empty"], "recording.json: cannot be read", id="no-recording"),
    pytest.param(["doctor", "--check", "no-such-check"], "there is no check", id="unknown-check"),
    pytest.param(["verify", "--env", "nowhere"], "there is no such environment", id="no-environment"),
    pytest.param(["verify", "--env", "empty"], "is no Python environment", id="folder-that-is-none"),
    pytest.param(
        ["install", "--profile", "starter", "--env", "full"], "a folder that is no environment", id="full-folder"
    ),
    pytest.param(["install", "--profile", "starter", "--env", "junk.bin"], "is no folder", id="file-as-environment"),
    pytest.param(["install", "--profile", "nope"], "unknown profile", id="install-unknown-profile"),
    pytest.param(["schema", "nope"], "there is no schema", id="unknown-schema"),
    pytest.param(["instal"], "did you mean `mlenv install`", id="mistyped-command"),
    pytest.param(["plan", "--nope"], "No such option", id="unknown-option"),
    pytest.param(["probe", "--output", "/nowhere/at/all.json"], "cannot be written", id="unwritable-output"),
    pytest.param(["run", "--env", "nowhere", "--", "python"], "there is no such environment", id="run-nowhere"),
]


@pytest.fixture
def files(here: Path, mlenv: Run) -> None:
    (here / "broken.toml").write_text("os = \n")
    (here / "key.toml").write_text('oss = "linux"\nos = "linux"\narch = "x86_64"\n')
    (here / "type.toml").write_text('os = "linux"\narch = "x86_64"\nram_gib = "much"\n')
    (here / "value.toml").write_text('os = "beos"\narch = "x86_64"\n')
    (here / "junk.bin").write_bytes(bytes(range(256)))
    (here / "snapshot.json").write_text("{}")
    (here / "empty").mkdir()
    (here / "full").mkdir()
    (here / "full" / "thesis.txt").touch()


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("arguments", "message"), CASES)
def test_one_clear_line(mlenv: Run, here: Path, arguments: list[str], message: str) -> None:
    before = sorted(path.relative_to(here) for path in here.rglob("*"))
    done = mlenv(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert before == sorted(path.relative_to(here) for path in here.rglob("*"))


def test_no_plan_is_status_3_with_the_way_out(mlenv: Run) -> None:
    done = mlenv("plan", "--profile", "tensorflow-gpu", "--accelerator", "rocm")
    assert done.returncode == 3
    assert "What would help" in done.stdout


def test_a_read_only_folder_is_said_before_anything_is_done(mlenv: Run, here: Path) -> None:
    done = mlenv("install", "--profile", "starter", "--env", "/proc/nothing/env")
    assert done.returncode == 4
    assert "cannot be written to" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unreachable_network_fails_cleanly(mlenv: Run, here: Path) -> None:
    done = mlenv(
        "install", "--profile", "jax-cpu", "--index-url", "http://127.0.0.1:9/simple",
        UV_CACHE_DIR=str(here / "cache"), UV_HTTP_RETRIES="0",
    )  # fmt: skip
    assert done.returncode == 5
    assert "check the network" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (here / ".venv").exists()
