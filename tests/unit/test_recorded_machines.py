"""Every recorded machine gives the facts, findings and plans that it gave when it was recorded.

`scripts/record_machine.py --golden` rewrites the expectations; read the difference in review.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mlenv.checks.registry import Case, diagnose
from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.intake import load_case
from mlenv.intake.snapshot import parse_environment, parse_snapshot
from mlenv.matrix.load import Matrix
from mlenv.report.document import render_json
from mlenv.report.machine import make_document
from mlenv.report.machine_text import render_text
from mlenv.report.privacy import Owner, Redactor
from mlenv.report.redact import mask_machine

SCRIPT = Path(__file__).parents[2] / "scripts" / "record_machine.py"
FOLDERS = sorted(path.parent for path in (Path(__file__).parents[1] / "machines").glob("*/recording.json"))
MATRIX = Matrix()
machines = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def load_script() -> Any:
    spec = importlib.util.spec_from_file_location("record_machine", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RECORDER = load_script()


def look(folder: Path) -> tuple[Machine, Environment | None]:
    machine, environment = load_case(folder)
    return mask_machine(machine), environment


def test_there_are_machines_of_every_vendor_and_system() -> None:
    found = [look(folder)[0] for folder in FOLDERS]
    assert len(FOLDERS) >= 40
    assert {"linux", "windows", "macos"} == {machine.os.family for machine in found}
    assert {"nvidia", "amd", "intel", "apple", "google"} == {
        gpu.vendor for machine in found for gpu in machine.gpus or ()
    }
    assert any(machine.os.wsl for machine in found)
    assert any(machine.jetson for machine in found)


@machines
def test_facts(folder: Path) -> None:
    expected = msgspec.json.decode((folder / "machine.json").read_bytes(), type=Machine)
    assert expected == look(folder)[0]


@machines
def test_environment(folder: Path) -> None:
    path = folder / "environment.json"
    expected = msgspec.json.decode(path.read_bytes(), type=Environment) if path.exists() else None
    assert expected == look(folder)[1]


@machines
def test_findings(folder: Path) -> None:
    expected = msgspec.json.decode((folder / "findings.json").read_bytes())
    machine, environment = look(folder)
    diagnosis = diagnose(Case(machine=machine, environment=environment), MATRIX)
    assert expected["findings"] == [[finding.id, finding.severity] for finding in diagnosis.findings]
    assert expected["status"] == diagnosis.status
    assert not [check for check in diagnosis.checks if check.outcome == "crashed"]


@machines
def test_plans(folder: Path) -> None:
    expected = msgspec.json.decode((folder / "plan.json").read_bytes())
    machine = look(folder)[0]
    assert expected == {name: RECORDER.outline_plan(machine, MATRIX, name) for name in RECORDER.PROFILES}


@machines
def test_a_snapshot_travels(folder: Path) -> None:
    machine, environment = look(folder)
    text = render_json(make_document(machine, MATRIX.data_version, environment))
    assert machine == parse_snapshot(text, origin="snapshot")
    assert environment == parse_environment(text, origin="snapshot")
    assert render_text(machine, environment, verbose=True)


@machines
def test_nothing_private_is_in_a_recording(folder: Path) -> None:
    text = (folder / "recording.json").read_text(encoding="utf-8")
    assert Redactor(Owner())(text) == text
