"""`mlenv matrix`: reading and checking the data."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run

PASCAL = """
os = "linux"
arch = "x86_64"
libc = "glibc 2.35"
python = ["3.12.4"]
[nvidia]
driver = "580.95.05"
[[gpu]]
vendor = "nvidia"
name = "NVIDIA GeForce GTX 1080 Ti"
"""


def test_the_data_is_sound(mlenv: Run) -> None:
    done = mlenv("matrix", "check")
    assert (0, "") == (done.returncode, done.stderr)
    assert "The data is sound." in done.stdout
    assert "measured" in done.stdout


def test_every_build_is_shown_with_its_source(mlenv: Run) -> None:
    rows = json.loads(mlenv("matrix", "show", "torch", "--format", "json").stdout)["rows"]
    newest = [row for row in rows if row["version"] == "2.15.0" and row["build"] == "cu132"]
    assert ["7.5", "8.0", "8.6", "9.0", "10.0", "12.0"] == newest[0]["code"]
    assert all(row["source"] and row["released"] for row in rows)
    assert {None} == {row["runs_here"] for row in rows}


def test_what_a_machine_can_run_is_marked(mlenv: Run, here: Path) -> None:
    (here / "pascal.toml").write_text(PASCAL)
    arguments = ("matrix", "show", "torch", "--machine", "pascal.toml")
    rows = json.loads(mlenv(*arguments, "--format", "json").stdout)["rows"]
    runs = {(row["version"], row["build"]) for row in rows if row["runs_here"]}
    assert {("2.15.0", "cpu"), ("2.14.1", "cu126")} <= runs
    assert not {("2.15.0", "cu132"), ("2.14.1", "cu130")} & runs  # on the CPU they would: that is not what they are for
    shown = mlenv(*arguments, "--runnable").stdout
    assert all(line.startswith(("runs", "    ")) for line in shown.splitlines())
    assert len(runs) <= len(shown.splitlines()) - 1 < len(rows)


def test_an_unknown_framework_is_named(mlenv: Run) -> None:
    done = mlenv("matrix", "show", "tensorflwo")
    assert 2 == done.returncode
    assert "no framework 'tensorflwo'" in done.stderr
