"""An error that nobody can explain is not passed over in silence."""

from __future__ import annotations

from mlenv.checks.finding import CheckOutcome, Finding
from mlenv.checks.registry import Case
from mlenv.checks.unexplained import note_unexplained
from mlenv.clues.clue import Clue
from mlenv.facts.machine import Machine
from mlenv.facts.report import Report
from mlenv.facts.system import OperatingSystem

CLUE = Clue(id="no-kernel-image", line="CUDA error: no kernel image is available", told=True)
UNKNOWN = CheckOutcome(id="gpu-arch-not-in-build", subject="environment", outcome="unknown", detail="no GPU is known")


def make(symptom: str = "CUDA error: no kernel image is available", *clues: Clue) -> Case:
    return Case(machine=Machine(os=OperatingSystem(family="linux")), report=Report(symptom=symptom), clues=clues)


def test_a_known_message_without_a_cause_is_quoted_with_what_is_missing() -> None:
    found = note_unexplained(make("x", CLUE), [], [UNKNOWN])
    assert found is not None
    assert ("error-not-explained", "warning") == (found.id, found.severity)
    assert (f"message: {CLUE.line}", "no GPU is known") == found.evidence
    assert "--from REPORT" in (found.fix[1].command or "")


def test_an_unknown_message_is_said_to_be_unknown() -> None:
    found = note_unexplained(make("something odd"), [], [])
    assert found is not None
    assert "none that mlenv knows" in found.cause


def test_what_is_explained_needs_no_remark() -> None:
    cause = Finding(id="gpu-arch-not-in-build", severity="warning", title="", cause="", explains=("no-kernel-image",))
    assert note_unexplained(make("x", CLUE), [cause], []) is None


def test_an_error_of_the_machine_may_well_be_the_reason() -> None:
    assert note_unexplained(make("odd"), [Finding(id="disk-full", severity="error", title="", cause="")], []) is None


def test_without_an_error_there_is_nothing_to_explain() -> None:
    assert note_unexplained(make(""), [], []) is None
    assert note_unexplained(Case(machine=Machine(os=OperatingSystem(family="linux"))), [], []) is None
