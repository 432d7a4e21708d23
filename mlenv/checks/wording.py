"""The words of a report: what went wrong, the text beside it, and what was stated under a name of its own."""

from __future__ import annotations

from mlenv.checks.registry import Case
from mlenv.clues.text import normalise


def complaint(case: Case) -> str:
    """What went wrong, as somebody named it; empty where nobody did."""
    return case.report.symptom if case.report else ""


def told_text(case: Case) -> str:
    """What went wrong and the text of the report, as they were written; empty where there is no report."""
    return f"{case.report.symptom}\n{case.report.text}" if case.report else ""


def says(case: Case, *words: str) -> bool:
    """Whether one of those words (in small letters) is in the text."""
    text = told_text(case).lower()
    return any(word in text for word in words)


def all_words(case: Case) -> str:
    """The text and all remarks in one form (see :func:`~mlenv.clues.text.normalise`) and in small letters."""
    remarks = case.report.remarks.values() if case.report else ()
    return normalise("\n".join((told_text(case), *remarks))).lower()


def remark(case: Case, *names: str) -> str:
    """What was stated about a subject for which there is no field; empty for nothing.

    ``names`` are parts of the names under which it may stand, in small letters.
    """
    remarks = case.report.remarks.items() if case.report else ()
    return next((value for key, value in remarks if any(name in key.lower() for name in names)), "")


def all_remarks(case: Case) -> str:
    """What was stated about such subjects, names and all, in small letters."""
    remarks = case.report.remarks.items() if case.report else ()
    return " ; ".join(f"{name}: {text}" for name, text in remarks).lower()
