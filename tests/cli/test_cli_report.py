"""`mlenv report merge`: many reports, one verdict."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from mlenv.cli.report import command
from tests.cli.conftest import Run
from tests.unit.fleet.cases import doctor, finding, gpus, unreachable, write


@pytest.fixture
def reports(here: Path) -> Path:
    for name in ("a", "b", "c"):
        write(here / "reports" / f"{name}.json", doctor(gpus=gpus()))
    return here / "reports"


def test_a_healthy_fleet(mlenv: Run, reports: Path) -> None:
    done = mlenv("report", "merge", "reports")
    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.endswith("3 machines: 3 fine.\n")


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("d.json", json.dumps(doctor("warning", findings=[finding("x", "warning")])), 0),
        ("d.json", json.dumps(doctor("error", findings=[finding("x")])), 1),
        ("d.json", json.dumps(unreachable("d")), 1),
        ("d.json", json.dumps(doctor("unknown")), 5),
        ("d.json", "{", 5),
    ],
)
def test_the_gate(mlenv: Run, reports: Path, name: str, content: str, status: int) -> None:
    (reports / name).write_text(content)
    for form in ("text", "json", "junit", "html"):
        assert status == mlenv("report", "merge", "reports", "--format", form).returncode


def test_nothing_that_could_be_read(mlenv: Run) -> None:
    done = mlenv("report", "merge", "gone/*.json")
    assert 5 == done.returncode
    assert "gone/*.json: no file matches it" in done.stdout
    assert "No report could be read." in done.stdout


def test_without_a_name(mlenv: Run) -> None:
    done = mlenv("report", "merge")
    assert 2 == done.returncode
    assert "hint:" in done.stderr


def test_a_wrong_pattern(mlenv: Run, reports: Path) -> None:
    assert 2 == mlenv("report", "merge", "reports", "--name-from", "(").returncode


def test_the_document_keeps_to_its_schema(mlenv: Run, reports: Path) -> None:
    write(reports / "d.json", doctor("error", findings=[finding("x")], gpus=gpus(7)))
    write(reports / "e.json", {"no": "report"})
    value = json.loads(mlenv("report", "merge", "reports", "--format", "json").stdout)
    jsonschema.Draft202012Validator(json.loads(mlenv("schema", "fleet").stdout)).validate(value)
    assert ("mlenv.fleet/1", "error", 4) == (value["schema"], value["status"], value["machines"])
    assert ["x", "report-unreadable"] == [cause["id"] for cause in value["causes"]]
    assert ["gpu-count"] == [row["trait"] for row in value["outliers"]]


def test_files_by_their_endings_and_a_second_merge(mlenv: Run, reports: Path) -> None:
    """The first merge's own document lies among the reports and changes nothing."""
    names = [f"reports/fleet.{ending}" for ending in ("json", "html", "md", "xml", "txt", "tap", "prom")]
    done = mlenv("report", "merge", "reports", *(word for name in names for word in ("--output", name)))
    assert (0, "") == (done.returncode, done.stdout)
    assert all((reports.parent / name).stat().st_size for name in names)
    again = mlenv("report", "merge", "reports")
    assert 0 == again.returncode
    assert "fleet.json: passed over" in again.stderr
    assert again.stdout == (reports / "fleet.txt").read_text()


def test_names_from_the_path(mlenv: Run, here: Path) -> None:
    write(here / "r" / "rack1" / "today.json", doctor())
    by_folder = json.loads(mlenv("report", "merge", "r", "--name-from", "folder", "--format", "json").stdout)
    assert ["rack1"] == [host["name"] for host in by_folder["hosts"]]


def test_what_doctor_writes_is_merged(mlenv: Run, here: Path) -> None:
    """The other end of the format: a document of today, as the command prints it."""
    (here / "m.toml").write_text('os = "linux"\narch = "x86_64"\n[[gpu]]\nvendor = "nvidia"\nname = "Tesla T4"\n')
    mlenv("doctor", "--machine", "m.toml", "--output", "node7.json")
    value = json.loads(mlenv("report", "merge", "node7.json", "--format", "json").stdout)
    assert [("node7", "Tesla T4")] == [(host["name"], host["group"]) for host in value["hosts"]]
    told = json.loads((here / "node7.json").read_text())
    assert {row["id"] for row in told["checks"]} <= {row["id"] for row in value["checks"]}


def test_a_list_of_names_on_standard_input(reports: Path) -> None:
    names = "".join(f"{path}\n" for path in sorted(reports.iterdir())[:2])
    done = CliRunner().invoke(command, ["merge", "-", "--format", "json"], input=names, standalone_mode=False)
    assert ["a", "b"] == [host["name"] for host in json.loads(done.stdout)["hosts"]]
