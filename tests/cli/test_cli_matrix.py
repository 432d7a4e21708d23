"""`mlenv matrix`: reading and checking the data."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from mlenv.report.matrix.table import MatrixCheckDocument, render_check
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
    marked = [line for line in shown.splitlines() if line.startswith("runs")]
    assert sum(bool(row["runs_here"]) for row in rows) == len(marked) < len(rows)
    assert not any("cu132" in line for line in shown.splitlines())


def test_an_unknown_framework_is_named(mlenv: Run) -> None:
    done = mlenv("matrix", "show", "tensorflwo")
    assert 2 == done.returncode
    assert "no framework 'tensorflwo'" in done.stderr


def test_the_overview_has_a_line_for_each_framework(mlenv: Run) -> None:
    rows = json.loads(mlenv("matrix", "show", "--format", "json").stdout)["rows"]
    done = mlenv("matrix", "show", COLUMNS="80")
    head, *lines = done.stdout.splitlines()
    assert ["framework", "release"] == head.split()[:2]
    assert list(dict.fromkeys(row["framework"] for row in rows)) == [line.split()[0] for line in lines]
    assert [] == [line for line in (head, *lines) if len(line) > 80]


def test_the_overview_names_what_runs_best(mlenv: Run, here: Path) -> None:
    (here / "pascal.toml").write_text(PASCAL)
    shown = mlenv("matrix", "show", "--machine", "pascal.toml").stdout
    line = next(line for line in shown.splitlines() if line.startswith("torch "))
    assert ["torch", "2.15.0", "2.14.1", "cu126"] == line.split()[:4]


def test_all_builds_are_shown_on_request(mlenv: Run) -> None:
    short, long = mlenv("matrix", "show").stdout, mlenv("matrix", "show", "--all").stdout
    assert len(short.splitlines()) < len(long.splitlines())
    assert "\ntorch 2.14.1  2026-09-30\n" in long


def test_builds_fit_the_terminal(mlenv: Run) -> None:
    for columns in ("80", "120"):
        shown = mlenv("matrix", "show", "torch", COLUMNS=columns).stdout
        assert [] == [line for line in shown.splitlines() if len(line) > int(columns)]
        assert "code 7.5, 8.0, 8.6, 9.0, 10.0, 12.0" in shown


def test_a_package_names_its_framework(mlenv: Run) -> None:
    assert mlenv("matrix", "show", "xgboost").stdout == mlenv("matrix", "show", "XGBoost_CPU").stdout


def test_near_names_are_offered(mlenv: Run) -> None:
    for name, near in (("tensorflwo", "tensorflow"), ("sklearn", "scikit-learn")):
        done = mlenv("matrix", "why", name)
        assert (2, "") == (done.returncode, done.stdout)
        assert near in done.stderr


def test_why_explains_the_choice_of_a_plan(mlenv: Run, here: Path) -> None:
    (here / "pascal.toml").write_text(PASCAL)
    done = mlenv("matrix", "why", "torch", "--machine", "pascal.toml")
    assert (0, "") == (done.returncode, done.stderr)
    assert "torch 2.14.1 cu126 is the newest build of it that runs here" in done.stdout
    assert "frameworks/torch.toml, checked" in done.stdout


def test_why_in_json_holds_every_release_and_row(mlenv: Run, here: Path) -> None:
    (here / "pascal.toml").write_text(PASCAL)
    document = json.loads(mlenv("matrix", "why", "torch", "--machine", "pascal.toml", "--format", "json").stdout)
    assert "mlenv.matrix-why/1" == document["schema"]
    assert document["versions"] == [release["version"] for release in document["releases"]]
    named = {row for release in document["releases"] for build in release["builds"] for row in build["rows"]}
    assert named == {row["id"] for row in document["rows"]}


def test_nothing_that_runs_is_an_answer_too(mlenv: Run) -> None:
    done = mlenv("matrix", "why", "torch==99")
    assert 0 == done.returncode
    assert "has no row for torch ==99; it has 2.15.0" in done.stdout


def test_why_knows_the_day(mlenv: Run) -> None:
    done = mlenv("matrix", "why", "numpy", "--no-machine", "--as-of", "2010-01-01")
    assert (0, True) == (done.returncode, "No release of numpy was out by 2010-01-01." in done.stdout)


def test_why_cannot_have_and_not_have_a_machine(mlenv: Run) -> None:
    assert 2 == mlenv("matrix", "why", "numpy", "--no-machine", "--machine", "x.toml").returncode


def test_a_check_counts_only_sound_data() -> None:
    sound = MatrixCheckDocument(
        schema="mlenv.matrix-check/1",
        matrix_version="2026.01.01",
        matrix_digest="sha256:0",
        problems=(),
        builds=4,
        frameworks=2,
        releases=3,
        gpus=250,
        evidence={"measured": 3, "inferred": 1},
    )
    assert [
        "The data is sound.",
        "    2  frameworks",
        "    3  releases",
        "    4  builds",
        "  250  GPUs",
        "Its builds are known by",
        "    3  measured (75%)",
        "    1  inferred (25%)",
    ] == render_check(sound).splitlines()
    wrong = msgspec.structs.replace(sound, problems=("torch.toml: no source",))
    assert ["torch.toml: no source", "1 problem"] == render_check(wrong).splitlines()


TOY = """
id = "toy"
name = "Toy"
distribution = "toy"
imports = ["toy"]
status = "dead"
successor = "torch"
checked_on = 2026-11-01
[sources]
wheel = "read in the wheel"
[[release]]
version = "2.0"
released = 2026-09-01
source = ["wheel"]
[[release.builds]]
variant = "cu13"
accelerators = ["cuda", "cpu"]
platforms = ["linux-x86_64"]
pythons = ["3.13"]
glibc = "2.28"
cuda = "13.0"
sass = ["7.5"]
runtime = "cu13"
evidence = "measured"
source = ["wheel"]
"""
BARE = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\ngpu = []\n'


def test_a_gpu_build_runs_on_the_cpu_where_there_is_no_other(mlenv: Run, here: Path) -> None:
    (here / "bare.toml").write_text(BARE)
    (here / "site" / "frameworks").mkdir(parents=True)
    (here / "site" / "frameworks" / "toy.toml").write_text(TOY)
    arguments = ("matrix", "show", "--machine", "bare.toml", "--matrix", "site")
    rows = json.loads(mlenv(*arguments, "--format", "json").stdout)["rows"]
    runs = {(row["framework"], row["build"]) for row in rows if row["runs_here"]}
    assert {("toy", "cu13"), ("xgboost", "cpu")} <= runs
    assert ("xgboost", "cu12") not in runs
    lines = [line.split() for line in mlenv(*arguments, COLUMNS="120").stdout.splitlines()]
    assert [["toy", "2.0", "2026-09-01", "2.0", "cu13", "3.13", "580.65.06", "dead", "cu13"]] == [
        line for line in lines if line[0] == "toy"
    ]
