"""Drift: a machine against its snapshot, what is installed against its manifest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.stands.wheels import make_wheel

H100 = (
    'os = "linux"\narch = "x86_64"\n[nvidia]\ndriver = "{driver}"\n[[gpu]]\nvendor = "nvidia"\nname = "NVIDIA H100"\n'
)


@pytest.fixture
def machines(here: Path) -> Path:
    """A machine as it was, and with an older driver."""
    for name, driver in (("good", "580.65.06"), ("now", "535.183.01")):
        (here / f"{name}.toml").write_text(H100.format(driver=driver))
    return here


def test_a_machine_that_did_not_change(mlenv: Run, here: Path) -> None:
    assert 0 == mlenv("probe", "--output", "good.json").returncode
    done = mlenv("probe", "--against", "good.json")
    assert (0, True) == (done.returncode, "No difference." in done.stdout), done.stdout
    assert 0 == mlenv("probe", "--no-redact", "--against", "good.json").returncode


def test_a_variable_is_a_difference(mlenv: Run, here: Path) -> None:
    mlenv("probe", "--output", "good.json")
    done = mlenv("probe", "--against", "good.json", CUDA_VISIBLE_DEVICES="7")
    assert (1, True) == (done.returncode, "variable CUDA_VISIBLE_DEVICES" in done.stdout)


def test_two_snapshots(mlenv: Run, machines: Path) -> None:
    done = mlenv("probe", "--machine", "now.toml", "--against", "good.toml", "--format", "json")
    document = json.loads(done.stdout)
    assert (1, "mlenv.drift/1", "machine", "differs", "high") == (
        done.returncode,
        *(document[key] for key in ("schema", "about", "status", "highest")),
    )
    (change,) = document["changes"]
    assert ("driver", "580.65.06", "535.183.01") == (change["subject"], change["before"], change["after"])


def test_every_form_has_the_same_status(mlenv: Run, machines: Path) -> None:
    words = ("probe", "--machine", "now.toml", "--against", "good.toml")
    assert [1, 1, 1] == [mlenv(*words, "--format", form).returncode for form in ("text", "json", "markdown")]
    rows = [line for line in mlenv(*words, "--format", "markdown").stdout.splitlines() if line.startswith("| high")]
    assert [True] == ["| driver |" in row for row in rows]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("probe", "--against", "none.json"), "none.json"),
        (("probe", "--against", "good.toml", "--record", "raw"), "--record"),
        (("env", "diff", "--against", "good.toml"), "good.toml: is no manifest"),
        (("env", "diff", "--against", "none.json"), "none.json: cannot be read"),
        (("env", "diff", "--against", "."), "holds no manifest"),
        (("env", "diff", "1", "--against", "good.toml"), "BEFORE"),
        (("env", "diff", "--ignore-machine"), "--against"),
    ],
)
def test_refusals(mlenv: Run, machines: Path, words: tuple[str, ...], said: str) -> None:
    done = mlenv(*words)
    assert (2, True, "") == (done.returncode, said in done.stderr, done.stdout), done.stderr


Do = Callable[..., tuple[int, str]]


@pytest.fixture
def do(mlenv: Run, tmp_path: Path) -> Do:
    """``mlenv`` where ``lower`` 1.0 was installed with a cache of its own."""
    for version in ("1.0", "2.0"):
        make_wheel(tmp_path / "wheels", "lower", version)
    folders = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("DATA", "STATE")}

    def run(*arguments: str) -> tuple[int, str]:
        done = mlenv(*arguments, UV_CACHE_DIR=str(tmp_path / "cache"), **folders)
        return done.returncode, done.stdout + done.stderr

    status, said = run("install", "--offline", "--find-links", str(tmp_path / "wheels"), "--with", "lower==1.0")
    assert 0 == status, said
    return run


def changes(do: Do, *words: str) -> dict[str, tuple[str, str]]:
    document = json.loads(do("env", "diff", "--against", ".venv", "--format", "json", *words)[1])
    return {row["subject"]: (row["kind"], row["risk"]) for row in document["changes"]}


def test_an_environment_that_is_as_it_was_made(do: Do, here: Path) -> None:
    status, said = do("env", "diff", "--against", ".venv")
    assert (0, True) == (status, "No difference." in said), said
    shutil.copy(here / ".venv" / "mlenv-manifest.json", here / "kept.json")
    assert 0 == do("env", "diff", "--against", "kept.json", "--ignore-machine")[0]


def test_what_another_hand_did_to_it(do: Do, here: Path) -> None:
    (site,) = (here / ".venv").rglob("site-packages")
    (info,) = site.glob("lower-1.0.dist-info")
    info.rename(site / "lower-2.0.dist-info")
    (site / "extra-1.0.dist-info").mkdir()
    (site / "extra-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: extra\nVersion: 1.0\n")
    assert {"lower": ("upgraded", "high"), "extra": ("added", "low")} == changes(do)


def test_another_environment_held_to_the_manifest(do: Do, here: Path, tmp_path: Path) -> None:
    shutil.copytree((here / ".venv").resolve(), here / "copy", symlinks=True)
    (here / "copy" / "mlenv-manifest.json").unlink()
    assert {} == changes(do, "--env", "copy")
    for path in (here / "copy").rglob("lower-1.0.dist-info"):
        shutil.rmtree(path)
    assert {"lower": ("removed", "high")} == changes(do, "--env", "copy")
