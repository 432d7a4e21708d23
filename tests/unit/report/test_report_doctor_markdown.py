"""The diagnosis as it goes into an issue: nothing foreign is read as Markdown, nobody is named."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlenv.checks.finding import CheckOutcome, Diagnosis, Finding, Fix
from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.machine import Machine
from mlenv.facts.system import OperatingSystem, Variable
from mlenv.matrix.load import DataVersion
from mlenv.report.doctor import DoctorDocument, make_document
from mlenv.report.doctor_markdown import render_markdown
from mlenv.report.doctor_text import closing_line, render_text
from mlenv.report.markdown import block, code, escape
from mlenv.report.privacy import Owner, Redactor
from mlenv.report.style import UNICODE_MARKS

CAUSE = Finding(
    id="driver-too-old-for-build",
    severity="error",
    title="Driver 470 is too old for PyTorch 2.14.1 (cu130)",
    cause="It needs driver 580 or newer.",
    evidence=("driver 470 (nvidia-smi)", "torch in /home/ann_lee/.venv"),
    fix=(Fix(text="Install a driver", command="sudo ubuntu-drivers install"), Fix(text="Then restart")),
    applies_to=("torch",),
    grade="likely",
    consequences=("framework-import-failed",),
)
BELOW = Finding(id="framework-import-failed", severity="error", title="torch cannot be imported", cause="So.")


def make(*findings: Finding, **changes: object) -> DoctorDocument:
    checks = (
        CheckOutcome(id="driver-too-old-for-build", subject="gpu", outcome="ran"),
        CheckOutcome(id="framework-import-failed", subject="environment", outcome="ran"),
        CheckOutcome(id="disk-space-low", subject="disk", outcome="unknown", detail="nobody | looked"),
    )
    machine = Machine(os=OperatingSystem(family="linux", distribution="Ubuntu", version="24.04"))
    diagnosis = Diagnosis(status="error", findings=findings, checks=checks)
    environment = Environment(path="/home/ann_lee/.venv", distributions=(Distribution(name="torch", version="2.14.1"),))
    document = make_document(diagnosis, machine, DataVersion(version="2026.11.22", digest="sha256:0"), environment)
    return msgspec.structs.replace(document, **changes)


def test_the_whole_report() -> None:
    lines = render_markdown(make(CAUSE, BELOW)).splitlines()
    assert "## mlenv doctor: 1 error in 1 category" == lines[0]
    row = "| error | Driver 470 is too old for PyTorch 2.14.1 (cu130) | `driver-too-old-for-build` | likely |"
    assert row in lines
    assert "### 1. Likely: Driver 470 is too old for PyTorch 2.14.1 (cu130)" in lines
    assert "This also explains: torch cannot be imported." in lines
    assert "1. Install a driver" in lines
    assert "   sudo ubuntu-drivers install" in lines
    assert not any(line.startswith("### 2.") for line in lines)
    assert lines.count("<details>") == lines.count("</details>") == 3
    assert "torch==2.14.1" in lines
    assert "| `disk-space-low` | unknown | `nobody \\| looked` |" in lines


def test_a_healthy_machine() -> None:
    text = render_markdown(make(status="ok"))
    assert text.startswith("## mlenv doctor: No issues found in what could be checked")
    assert "###" not in text


def test_nobody_is_named() -> None:
    variables = (Variable(name="HF_HOME", value="/home/ann_lee/hub"),)
    document = make(CAUSE)
    machine = msgspec.structs.replace(document.machine, variables=variables)
    secret = Fix(text="Use it", command="pip install --index-url https://ann:pass_word1@example.org/simple torch")
    finding = msgspec.structs.replace(CAUSE, title="In /home/ann_lee/.venv of ann_lee", fix=(secret,))
    document = msgspec.structs.replace(document, machine=machine, findings=(finding,))
    strip = Redactor(Owner(user="ann_lee", host="box-of-ann", home="/home/ann_lee"))
    text = render_markdown(document, strip)
    assert "ann" not in text.replace("cannot", "")
    assert "pass_word1" not in text
    assert "/home/user" in text


HOSTILE = "</details><script>x</script> `b` **c** [d](http://e) | @everyone #1\n## f <!-- g"


def test_foreign_text_is_only_text() -> None:
    finding = msgspec.structs.replace(
        CAUSE, title=HOSTILE, cause=HOSTILE, evidence=(HOSTILE,), fix=(Fix(text=HOSTILE, command=f"```\n{HOSTILE}"),)
    )
    text = render_markdown(make(finding))
    prose = [line for line in text.splitlines() if "script" in line and "everyone" in line and "`</" not in line]
    for line in (line for line in prose if line.startswith(("###", "| error", "1. ", "&lt;"))):
        assert "<script" not in line
        assert "@everyone" not in line
        assert "[d](" not in line
    assert text.count("\n## ") == 0 or all(line.startswith("   ") for line in text.splitlines() if "## f" in line[:8])
    fences = [line.strip() for line in text.splitlines() if line.strip().startswith("````")]
    assert 2 == len(fences)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a*b_c", "a\\*b\\_c"),
        ("<b> & `x`", "&lt;b\\> &amp; \\`x\\`"),
        ("[x](y)", "\\[x\\](y)"),
        ("@ada, #12", "@\u2060ada, #\u206012"),
        ("# no heading\n- no item", "\\# no heading - no item"),
        ("1. no item", "1\\. no item"),
        ("x86-64 (plain)", "x86-64 (plain)"),
        ("\x1b[2Jgone", "gone"),
    ],
)
def test_escape(text: str, escaped: str) -> None:
    assert escaped == escape(text)


@given(st.text())
def test_code_ends_where_it_should(text: str) -> None:
    found = code(text)
    fence = found[: len(found) - len(found.lstrip("`"))]
    assert found.endswith(fence)
    inside = found[len(fence) : -len(fence)]
    assert fence not in inside
    assert "\n" not in found


@given(st.text())
def test_a_block_ends_where_it_should(text: str) -> None:
    first, *inside, last = block(text)
    assert first == last
    assert not any(line.strip().startswith(first) for line in inside)


def render(document: DoctorDocument, *, verbose: bool = False) -> str:
    return render_text(document, width=120, colour=False, marks=UNICODE_MARKS, verbose=verbose)


def test_consequences_are_folded_in_the_text() -> None:
    text = render(make(CAUSE, BELOW))
    assert "    [✗] likely: Driver 470 is too old" in text
    assert "        this also explains: torch cannot be imported\n" in text
    assert f"    [✗] torch cannot be imported (follows from: {CAUSE.title})\n" in text
    assert "1 error in 1 category." == closing_line(make(CAUSE, BELOW))


def test_a_consequence_of_its_own_subject_is_told_once() -> None:
    checks = tuple(
        CheckOutcome(id=slug, subject="gpu", outcome="ran") for slug in ("driver-too-old-for-build", BELOW.id)
    )
    document = make(CAUSE, BELOW, checks=checks)
    assert "follows from" not in render(document)
    assert "follows from" in render(document, verbose=True)
