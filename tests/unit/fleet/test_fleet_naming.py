"""What a machine is called."""

from __future__ import annotations

import pytest

from mlenv.errors import UsageError
from mlenv.fleet.naming import parse_naming


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("reports/node7.json", "node7"),
        ("node7.json.gz", "node7"),
        ("node7.example.org.verify.json", "node7.example.org"),
        ("node7-doctor.json", "node7"),
        ("doctor-node7.jsonl", "node7"),
        ("reports/node7/doctor.json", "node7"),
        ("reports\\node7\\verify.json", "node7"),
        ("report-server.json", "report-server"),
        ("verify.json", "verify"),
        ("node7", "node7"),
    ],
)
def test_the_name_of_the_file(path: str, name: str) -> None:
    assert name == parse_naming("file").name(path)


def test_a_line_has_its_number() -> None:
    assert "all#3" == parse_naming("file").name("all.jsonl", 3)


def test_the_folder() -> None:
    assert "node7" == parse_naming("folder").name("reports/node7/today.json")


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("(?P<host>rack[0-9]+-n[0-9]+)", "rack2-n4"), ("reports/(rack[0-9]+)", "rack2"), ("n[0-9]+", "n4"), ("x(y)", "d")],
)
def test_a_pattern_over_the_path(pattern: str, name: str) -> None:
    assert name == parse_naming(pattern).name("reports/rack2-n4/d.json")


def test_a_wrong_pattern_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="--name-from"):
        parse_naming("(rack")
