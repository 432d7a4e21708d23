"""Reports of other releases are read; what is no report says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlenv.fleet.document import OtherMergeError, UnreadableError, parse_report
from tests.unit.fleet.cases import doctor, read

MACHINES = Path(__file__).parents[2] / "machines"


def test_keys_of_a_newer_release_are_passed_over() -> None:
    report = read({**doctor("warning", cpu={"model": "X", "quantum_cores": 3}), "new": {"deep": [1, 2]}})
    assert report.machine is not None
    assert ("warning", "X") == (report.status, report.machine.cpu.model)


def test_keys_that_an_older_release_lacks_are_unknown() -> None:
    report = parse_report(b'{"schema": "mlenv.verify/1"}')
    assert (None, (), None) == (report.status, report.results, report.machine)


def test_every_recorded_machine_is_read() -> None:
    """What is decoded here has the types that the documents have."""
    paths = sorted(MACHINES.glob("*/machine.json"))
    assert paths
    for path in paths:
        report = read({"schema": "mlenv.doctor/1", "machine": json.loads(path.read_text())})
        assert report.machine is not None, path
        assert report.machine.os.family, path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON"),
        ('{"schema": "mlenv.doctor/1", "fin', "no JSON"),
        ("[1, 2]", "no report of mlenv"),
        ('{"name": "x"}', "no key `schema`"),
        ('{"schema": "mlenv.plan/1"}', "'mlenv.plan/1'"),
        ('{"schema": "mlenv.doctor/2"}', "'mlenv.doctor/2'"),
        ('{"schema": "mlenv.doctor/1", "findings": 3}', "$.findings"),
        ('{"schema": "mlenv.unreachable/1"}', "names no host"),
        ("[" * 100_000, "it is no"),
    ],
)
def test_what_is_no_report(text: str, said: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        parse_report(text)
    assert said in str(caught.value)


def test_a_merge_is_no_report_and_no_trouble() -> None:
    with pytest.raises(OtherMergeError):
        parse_report('{"schema": "mlenv.fleet/1"}')
