"""From a document to its forms: nobody is named in them, and no password leaves."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mlenv.checks.finding import Fix
from mlenv.report.doctor import DoctorDocument
from mlenv.report.forms.render import find_writers, summarise
from mlenv.report.forms.tidy import tidy
from mlenv.report.privacy import Owner, Redactor
from mlenv.report.verify import VerifyDocument
from tests.unit.report.test_report_doctor_markdown import BELOW, CAUSE, make
from tests.unit.report.test_report_verify import BAD, REMAP, TORCH, document

FORMS = ("markdown", "junit", "github", "prometheus", "tap")
SECRET = Fix(text="Use it", command="pip install --index-url https://ann:pass_word1@example.org/simple torch")


def make_diagnosis() -> DoctorDocument:
    finding = replace(CAUSE, title="In /home/ann_lee/.venv of ann_lee", fix=(SECRET,), applies_to=("/home/ann_lee/x",))
    return make(finding, BELOW)


def make_verification() -> VerifyDocument:
    bad = replace(BAD, detail="/home/ann_lee/.venv: ann_lee https://ann:pass_word1@example.org/x", device="ann_lee's")
    return replace(document(*TORCH, bad, REMAP), environment="/home/ann_lee/.venv")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("made", [make_diagnosis(), make_verification()], ids=["doctor", "verify"])
def test_nobody_is_named(made: DoctorDocument | VerifyDocument, form: str) -> None:
    owner = Owner(user="ann_lee", host="box-of-ann", home="/home/ann_lee")
    plain, text = find_writers(made)[form](), find_writers(made, Redactor(owner))[form]()
    assert "ann_lee" in plain.replace("\\", "")
    assert "ann" not in text.replace("cannot", "")
    assert "pass_word1" not in plain + text


def test_a_name_that_is_a_word_of_ours() -> None:
    owner = Owner(user="framework", host="compute", home="/home/framework")
    summary = summarise(make_verification(), Redactor(owner))
    assert {"framework", "gpu"} == {entry.group for entry in summary.entries}
    assert "compute" in {entry.id for entry in summary.entries}


def test_what_a_verification_is_about() -> None:
    made = replace(make_verification(), level="deep", policy="workstations")
    assert "Environment /home/ann_lee/.venv, level deep, policy workstations" == summarise(made).about


def test_tidy_changes_texts_and_leaves_closed_sets() -> None:
    changed = tidy(make_verification(), str.upper)
    assert ("quick", "error", "mlenv.verify/1") == (changed.level, changed.status, changed.schema)
    assert "/HOME/ANN_LEE/.VENV" == changed.environment
    assert {"pass", "fail"} == {result.status for result in changed.results}
    assert "EXACT IN FLOAT32" in {result.detail for result in changed.results}
    assert {"import", "compute", "gpu.remap"} == {result.check for result in changed.results}
    diagnosis = tidy(make_diagnosis(), str.upper)
    assert ("linux", "UBUNTU") == (diagnosis.machine.os.family, diagnosis.machine.os.distribution)
    assert ("DRIVER 470 (NVIDIA-SMI)", "TORCH IN /HOME/ANN_LEE/.VENV") == diagnosis.findings[0].evidence


def test_tidy_gives_back_what_it_got() -> None:
    assert make_diagnosis() == tidy(make_diagnosis(), str)
