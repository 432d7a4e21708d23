"""Every recorded machine gives the facts and findings that it gave when it was recorded.

`scripts/record_machine.py --golden` rewrites the expectations; read the difference in review.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from mlenv.checks.registry import Case, diagnose
from mlenv.facts.machine import Machine
from mlenv.intake.snapshot import parse_snapshot
from mlenv.matrix.load import Matrix
from mlenv.probe import probe_machine
from mlenv.report.document import render_json
from mlenv.report.machine import make_document, render_text
from mlenv.report.redact import mask_machine
from mlenv.system.recording import load_recording

FOLDERS = sorted(path.parent for path in (Path(__file__).parents[1] / "machines").glob("*/recording.json"))
MATRIX = Matrix()


def replay(folder: Path) -> Machine:
    return mask_machine(probe_machine(load_recording(folder), environment_path=load_recording(folder).environment_path))


def test_there_are_recorded_machines() -> None:
    assert FOLDERS


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_facts(folder: Path) -> None:
    expected = msgspec.json.decode((folder / "machine.json").read_bytes(), type=Machine)
    assert expected == replay(folder)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_findings(folder: Path) -> None:
    expected = msgspec.json.decode((folder / "findings.json").read_bytes())
    diagnosis = diagnose(Case(machine=replay(folder)), MATRIX)
    assert expected["findings"] == [[finding.id, finding.severity] for finding in diagnosis.findings]
    assert expected["status"] == diagnosis.status
    assert not [check for check in diagnosis.checks if check.outcome == "crashed"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_snapshot_travels(folder: Path) -> None:
    machine = replay(folder)
    assert machine == parse_snapshot(render_json(make_document(machine, MATRIX.data_version)), origin="snapshot")
    assert render_text(machine, verbose=True)
