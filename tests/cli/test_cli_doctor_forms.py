"""``mlenv doctor``: explanations, Markdown, and what ``--fix`` refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlenv.checks.manual import page_ids
from tests.cli.conftest import Run

MACHINE = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.12.4"]\n'


@pytest.fixture
def page() -> str:
    """A finding that has a page."""
    return page_ids()[0]


def test_a_page_in_every_form(mlenv: Run, here: Path, page: str) -> None:
    text = mlenv("doctor", "--explain", page)
    assert (0, "") == (text.returncode, text.stderr)
    assert page in text.stdout
    assert "How to fix it\n" in text.stdout
    marked = mlenv("doctor", "--explain", page, "--format", "markdown")
    assert marked.stdout.startswith("# ")
    assert "\n## Sources\n" in marked.stdout
    document = json.loads(mlenv("doctor", "--explain", page, "--format", "json").stdout)
    assert (page, "mlenv.explanation/1") == (document["id"], document["schema"])
    assert 4 == len(document["sections"])
    mlenv("doctor", "--explain", page, "--output", "page.md")
    assert marked.stdout == (here / "page.md").read_text(encoding="utf-8")


def test_an_unknown_page_has_a_suggestion(mlenv: Run, page: str) -> None:
    done = mlenv("doctor", "--explain", f"{page}s")
    assert (2, "") == (done.returncode, done.stdout)
    assert f"did you mean {page}" in done.stderr


def test_markdown(mlenv: Run, here: Path) -> None:
    (here / "machine.toml").write_text(MACHINE)
    done = mlenv("doctor", "--machine", "machine.toml", "--format", "markdown")
    assert done.stdout.startswith("## mlenv doctor: ")
    assert "<summary>Facts</summary>" in done.stdout
    mlenv("doctor", "--machine", "machine.toml", "--output", "report.md", "--output", "report.json")
    assert done.stdout == (here / "report.md").read_text(encoding="utf-8")
    assert "mlenv.doctor/1" == json.loads((here / "report.json").read_text())["schema"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--fix", "--machine", "machine.toml"], "--fix mends an environment of this machine"),
        (["--fix", "--from", "machine.toml"], "--fix mends an environment of this machine"),
        (["--fix", "--format", "markdown"], "--fix has no report in the form markdown"),
        (["--yes"], "--yes answers the question of --fix"),
    ],
)
def test_what_does_not_go_together(mlenv: Run, here: Path, words: list[str], told: str) -> None:
    (here / "machine.toml").write_text(MACHINE)
    done = mlenv("doctor", *words)
    assert (2, "") == (done.returncode, done.stdout)
    assert told in done.stderr


def test_nothing_to_mend_without_an_environment(mlenv: Run, here: Path) -> None:
    done = mlenv("doctor", "--fix", "--yes", "--format", "json")
    document = json.loads(done.stdout)
    assert ("mlenv.mending/1", "nothing", None) == (document["schema"], document["state"], document["after"])
    assert [] == list(here.iterdir())


CHECK = """\
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.registry import check


@check("site-scratch-missing", subject="disk")
def site_scratch_missing(case, matrix):
    "The site's scratch disk is mounted."
    yield Finding(id="site-scratch-missing", severity="warning", title="No scratch disk", cause="It is not there.")
"""


def install_checks(folder: Path, name: str, entry: str, code: str) -> None:
    """A distribution that offers checks, as an installer leaves it."""
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[mlenv.checks]\n{entry}\n")
    (folder / f"{name}.py").write_text(code)


def test_checks_of_other_packages(mlenv: Run, here: Path, tmp_path: Path) -> None:
    install_checks(tmp_path / "site", "site_checks", "site = site_checks", CHECK)
    install_checks(tmp_path / "site", "broken_checks", "broken = broken_checks:gone", "")
    (here / "machine.toml").write_text(MACHINE)
    listed = mlenv("doctor", "--list-checks", PYTHONPATH=str(tmp_path / "site"))
    assert "site-scratch-missing" in listed.stdout
    done = mlenv("doctor", "--machine", "machine.toml", "--format", "json", PYTHONPATH=str(tmp_path / "site"))
    document = json.loads(done.stdout)
    assert "site-scratch-missing" in {finding["id"] for finding in document["findings"]}
    (crashed,) = (row for row in document["checks"] if row["outcome"] == "crashed")
    assert "broken" == crashed["id"]
    assert "broken_checks:gone could not be loaded (AttributeError" in crashed["detail"]
    assert "Traceback" not in done.stderr
