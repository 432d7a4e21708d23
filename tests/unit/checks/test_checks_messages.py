"""What the checks ask about messages and the words of a report."""

from __future__ import annotations

import pytest

from mlenv.checks.evidence import quote, quote_messages
from mlenv.checks.messages import first_told, present, value, value_of
from mlenv.checks.registry import Case
from mlenv.checks.wording import all_remarks, all_words, complaint, remark, says, told_text
from mlenv.clues.clue import Clue
from mlenv.facts.report import FrameworkView, Report
from tests.unit.checks.told_cases import machine

MISSING = Clue(id="libcuda-missing", line="libcuda.so.1 is missing")
LOST = Clue(id="gpu-lost", line="GPU is lost", told=True)
WORDS = Report(symptom="It `fails`", text="on  Linux", remarks={"Secure Boot": "it is ON"})


def case(*clues: Clue, report: Report | None = None) -> Case:
    return Case(machine=machine(), report=report, clues=clues)


def test_a_message_is_quoted_once_and_what_is_not_there_not_at_all() -> None:
    assert ("message: libcuda.so.1 is missing",) == quote(MISSING, None, MISSING, Clue(id="without-a-line"))


def test_of_many_messages_three_are_quoted() -> None:
    rows = [Clue(id="xid", line=f"Xid {number}") for number in (13, 31, 31, 48, 79)]
    assert ("message: Xid 13", "message: Xid 31", "message: Xid 48") == quote_messages(case(*rows, LOST), "xid")


def test_what_a_finding_explains_is_named_once_in_the_order_of_the_messages() -> None:
    assert ("libcuda-missing", "gpu-lost") == present(case(MISSING, LOST, MISSING), "gpu-lost", "libcuda-missing")


def test_the_message_that_the_user_named_comes_first() -> None:
    assert LOST == first_told(case(MISSING, LOST), "libcuda-missing", "gpu-lost")


@pytest.mark.parametrize(("works", "found"), [(False, MISSING), (True, None)])
def test_a_gpu_that_was_seen_to_work_outranks_a_line_of_a_report(works: bool, found: Clue | None) -> None:
    report = Report(views=(FrameworkView(framework="torch", available=works),))
    assert found == first_told(case(MISSING, report=report), "libcuda-missing")


def test_a_value_is_found_under_its_name_with_a_number_or_without() -> None:
    clue = Clue(id="x", values={"version2": " 2.1 ", "package": "torch"})
    assert ("2.1", "torch", "") == (value(clue, "version"), value(clue, "file", "package"), value(clue, "file"))
    assert value(None, "version") == ""


def test_the_first_message_that_names_a_value_gives_it() -> None:
    silent, named = Clue(id="x", values={"other": "1"}), Clue(id="x", values={"version": "2"})
    assert ("2", "") == (value_of(case(silent, named), "x", "version"), value_of(case(silent), "x", "version"))


def test_the_words_of_a_report() -> None:
    told = case(report=WORDS)
    assert ("It `fails`", "It `fails`\non  Linux") == (complaint(told), told_text(told))
    assert all_words(told) == "it 'fails'\non linux\nit is on"
    assert says(told, "macos", "linux")
    assert not says(told, "it is on")  # what is stated under a name is asked for by that name
    assert ("it is ON", "") == (remark(told, "secure"), remark(told, "mig"))
    assert all_remarks(told) == "secure boot: it is on"


def test_without_a_report_there_are_no_words() -> None:
    silent = case()
    assert ("", "", "", "", "") == (
        complaint(silent), told_text(silent), all_words(silent), remark(silent, "mig"), all_remarks(silent)
    )  # fmt: skip
    assert not says(silent, "linux")
