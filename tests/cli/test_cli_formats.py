"""Every form of a diagnosis and of a verification on the command line: files by their ending, one status."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from mlenv.cli.group import group
from mlenv.cli.options import REPORT_FORMS
from tests.cli.conftest import Run

HEALTHY = """\
os = "linux"
arch = "x86_64"
libc = "glibc 2.35"
python = ["3.12.4"]
ram_gib = 32
disk_free_gib = 100
"""
SICK = HEALTHY + '[nvidia]\ndriver = "470.57.02"\n[[gpu]]\nvendor = "nvidia"\nname = "NVIDIA H100 80GB HBM3"\n'
FILES = ("r.json", "r.md", "r.xml", "r.html", "r.prom", "r.tap", "r.txt")
WANTED: dict[str, Callable[[str], bool]] = {
    "text": lambda text: "Linux" in text or "Environment" in text,
    "json": lambda text: "schema" in json.loads(text),
    "markdown": lambda text: text.startswith("## mlenv "),
    "junit": lambda text: ET.fromstring(text).tag == "testsuites",
    "html": lambda text: text.lower().startswith("<!doctype html>"),
    "github": lambda text: text.splitlines()[-1].startswith("mlenv "),
    "prometheus": lambda text: text.startswith("# HELP mlenv_"),
    "tap": lambda text: text.startswith("TAP version 14\n"),
}
OF_FILE = dict(zip(FILES, ("json", "markdown", "junit", "html", "prometheus", "tap", "text"), strict=True))


def make_environment(folder: Path, **packages: str) -> Path:
    """An environment with pure packages, each of one module with that code."""
    series = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / "lib" / series / "site-packages"
    site.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "pyvenv.cfg").write_text(f"home = {os.path.dirname(os.path.realpath(sys.executable))}\n")
    for name, code in packages.items():
        metadata = site / f"{name}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "RECORD").write_text(f"{name}.py,,\n{name}-1.0.dist-info/METADATA,,\n")
        (site / f"{name}.py").write_text(code)
    return folder


@pytest.fixture
def calls(here: Path, mlenv: Run) -> dict[str, list[str]]:
    """A command for each state."""
    (here / "healthy.toml").write_text(HEALTHY)
    (here / "sick.toml").write_text(SICK)
    make_environment(here / "env", brick="", broken='raise RuntimeError("no \\x1b[31mluck")')
    verify = ["verify", "--env", "env", "--machine", "healthy.toml", "--only"]
    return {
        "healthy machine": ["doctor", "--machine", "healthy.toml"],
        "sick machine": ["doctor", "--machine", "sick.toml"],
        "good package": [*verify, "brick"],
        "bad package": [*verify, "broken"],
    }


def statuses(words: list[str]) -> dict[str, int]:
    """The status of a command in each form; each prints what its form promises, and only that."""
    found = {}
    for form in REPORT_FORMS:
        done = CliRunner().invoke(group, [*words, "--format", form], standalone_mode=False)
        assert WANTED[form](done.stdout), (form, done.output, done.exception)
        assert "\x1b" not in done.stdout
        found[form] = done.return_value
    return found


@pytest.mark.parametrize(
    ("state", "status"),
    [("healthy machine", 0), ("sick machine", 1), ("good package", 0), ("bad package", 1)],
)
def test_one_status_in_every_form(
    here: Path, calls: dict[str, list[str]], state: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here)
    assert dict.fromkeys(REPORT_FORMS, status) == statuses(calls[state])


def test_no_verdict_in_every_form(mlenv: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here)
    (here / "vague.toml").write_text('os = "linux"\narch = "x86_64"\n')
    words = ["doctor", "--machine", "vague.toml", "--check", "disk-space-low"]
    assert dict.fromkeys(REPORT_FORMS, 5) == statuses(words)
    done = mlenv(*words, "--format", "junit")
    assert 5 == done.returncode
    errors = ET.fromstring(done.stdout).findall(".//error")
    assert ["Nothing could be checked."] == [error.get("message") for error in errors]


@pytest.mark.parametrize("state", ["sick machine", "bad package"])
def test_one_call_writes_every_file_in_the_form_of_its_ending(
    mlenv: Run, here: Path, calls: dict[str, list[str]], state: str
) -> None:
    before = set(here.iterdir())
    done = mlenv(*calls[state], *(part for name in FILES for part in ("--output", name)))
    assert (1, "") == (done.returncode, done.stdout)
    assert set(FILES) == {path.name for path in set(here.iterdir()) - before}
    for name in FILES:
        assert WANTED[OF_FILE[name]]((here / name).read_text(encoding="utf-8")), name


def test_format_decides_for_one_file_and_for_an_ending_that_says_nothing(
    mlenv: Run, here: Path, calls: dict[str, list[str]]
) -> None:
    words = (*calls["sick machine"], "--format", "junit")
    mlenv(*words, "--output", "results")
    mlenv(*words, "--output", "results.txt")
    mlenv(*words, "--output", "a.log", "--output", "b.md")
    for name, form in (("results", "junit"), ("results.txt", "junit"), ("a.log", "junit"), ("b.md", "markdown")):
        assert WANTED[form]((here / name).read_text(encoding="utf-8")), name


def test_standard_output_beside_files(mlenv: Run, here: Path, calls: dict[str, list[str]]) -> None:
    done = mlenv(*calls["sick machine"], "--format", "github", "--output", "-", "--output", "r.xml")
    assert WANTED["github"](done.stdout)
    assert done.stdout.startswith("::error title=mlenv doctor%3A ")
    assert WANTED["junit"]((here / "r.xml").read_text(encoding="utf-8"))
    assert not (here / "-").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["doctor", "--output", "no/r.json"], "--output no/r.json: cannot be written (there is no folder no)"),
        (["verify", "--output", "no/r.json"], "--output no/r.json: cannot be written (there is no folder no)"),
        (["probe", "--output", "r.xml"], "--output r.xml: this report has no form junit"),
        (["doctor", "--list-checks", "--format", "xml"], "'xml' is not one of"),
        (["doctor", "--fix", "--output", "r.xml"], "--fix has no report in the form junit"),
        (["doctor", "--explain", "glibc-too-old", "--format", "tap"], "this report has no form tap"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_written_is_told_before_the_work(mlenv: Run, here: Path, words: list[str], told: str) -> None:
    done = mlenv(*words)
    assert (2, "") == (done.returncode, done.stdout)
    assert told in done.stderr
    assert [] == list(here.iterdir())


# ---------------------------------------------------------------- GitHub


def test_the_summary_of_a_job(mlenv: Run, here: Path, calls: dict[str, list[str]]) -> None:
    summary = here / "summary.md"
    summary.write_text("# before\n")
    done = mlenv(*calls["sick machine"], "--format", "github", GITHUB_STEP_SUMMARY=str(summary))
    assert 1 == done.returncode
    markdown = mlenv(*calls["sick machine"], "--format", "markdown").stdout
    assert f"# before\n{markdown}\n" == summary.read_text(encoding="utf-8")
    mlenv(*calls["sick machine"], GITHUB_STEP_SUMMARY=str(summary))
    assert f"# before\n{markdown}\n" == summary.read_text(encoding="utf-8")


@pytest.mark.parametrize("held", [1024 * 1024 - 2000, 1024 * 1024 - 10, 1024 * 1024 + 5])
def test_the_summary_stays_below_its_limit(mlenv: Run, here: Path, calls: dict[str, list[str]], held: int) -> None:
    summary = here / "summary.md"
    summary.write_text("x" * held)
    done = mlenv(*calls["sick machine"], "--format", "github", GITHUB_STEP_SUMMARY=str(summary))
    assert 1 == done.returncode
    assert summary.stat().st_size <= max(held, 1024 * 1024 - 1)
    assert (summary.stat().st_size == held) == ("is full" in done.stderr)


def test_a_summary_that_cannot_be_written_changes_no_verdict(mlenv: Run, calls: dict[str, list[str]]) -> None:
    done = mlenv(*calls["sick machine"], "--format", "github", GITHUB_STEP_SUMMARY="/nowhere/at/all")
    assert (1, True) == (done.returncode, done.stdout.startswith("::error"))
    assert "warning: the summary /nowhere/at/all cannot be written" in done.stderr


# ---------------------------------------------------------------- Prometheus


def test_a_textfile_is_replaced_whole(mlenv: Run, here: Path, calls: dict[str, list[str]]) -> None:
    folder = here / "collector"
    folder.mkdir()
    target = folder / "mlenv.prom"
    target.write_text("old")
    other = folder / "open"
    os.link(target, other)  # what a reader has open
    assert 1 == mlenv(*calls["sick machine"], "--output", "collector/mlenv.prom").returncode
    assert {"mlenv.prom", "open"} == {path.name for path in folder.iterdir()}
    assert "old" == other.read_text()
    assert "mlenv_doctor_status 2\n" in target.read_text()
    usual = here / "usual"
    usual.write_text("")
    assert usual.stat().st_mode == target.stat().st_mode


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs /dev")
def test_what_is_no_file_is_written_as_it_is(mlenv: Run, calls: dict[str, list[str]]) -> None:
    done = mlenv(*calls["healthy machine"], "--format", "prometheus", "--output", "/dev/stdout")
    assert (0, True) == (done.returncode, done.stdout.startswith("# HELP mlenv_"))


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux alone")
def test_a_name_that_is_no_text(mlenv: Run, here: Path) -> None:
    make_environment(here / "env-\udcff", brick="")
    outputs = [part for name in FILES for part in ("--output", name)]
    done = mlenv("verify", "--env", "env-\udcff", "--only", "brick", *outputs)
    assert (0, "") == (done.returncode, done.stdout), done.stderr
    for name in FILES:
        assert WANTED[OF_FILE[name]]((here / name).read_text(encoding="utf-8")), name
