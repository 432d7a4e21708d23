"""The diagnosis as text: a line per subject, the problems below it, a closing line."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.finding import CheckOutcome, Finding
from mlenv.report.doctor import DoctorDocument, folded
from mlenv.report.page import Page
from mlenv.report.style import Marks
from mlenv.report.subjects import NOT_KNOWN, describe_machine, describe_subject

TITLES = {
    "system": "System",
    "processor": "Processor",
    "memory": "Memory",
    "disk": "Disk",
    "python": "Python",
    "gpu": "GPU",
    "environment": "Environment",
}


def render_text(document: DoctorDocument, *, width: int, colour: bool, marks: Marks, verbose: bool) -> str:
    """The machine in a line, a line per subject with the problems below it, a closing line."""
    page = Page(width=width, colour=colour, marks=marks)
    page.text(describe_machine(document.machine, marks), style="bold")
    page.blank()
    for subject, outcomes in _by_subject(document):
        _render_subject(page, document, subject, outcomes, verbose=verbose)
    page.blank()
    page.text(closing_line(document), style="bold")
    return page.render()


def closing_line(document: DoctorDocument) -> str:
    """The verdict in one sentence, such as ``1 error and 2 warnings in 2 categories.``."""
    below = folded(document.findings)
    problems = [finding for finding in document.findings if finding.severity != "info" and finding.id not in below]
    unknown = sum(check.outcome in ("unknown", "crashed") for check in document.checks)
    if document.status == "unknown":
        return "Nothing could be checked."
    if not problems:
        lack = f" in what could be checked ({unknown} of {len(document.checks)} checks could not)" if unknown else ""
        return f"No issues found{lack}."
    errors = sum(finding.severity == "error" for finding in problems)
    counts = [_count(errors, "error"), _count(len(problems) - errors, "warning")]
    subjects = {_subject_of(document, finding) for finding in problems}
    return f"{' and '.join(filter(None, counts))} in {_count(len(subjects), 'category', 'categories')}."


def _count(number: int, one: str, many: str = "") -> str:
    if not number:
        return ""
    return f"{number} {one if number == 1 else many or one + 's'}"


def _by_subject(document: DoctorDocument) -> Iterator[tuple[str, list[CheckOutcome]]]:
    """The subjects that were looked at, in their order; no line for an environment that is not there."""
    for subject in TITLES:
        outcomes = [check for check in document.checks if check.subject == subject]
        absent = subject == "environment" and all(check.outcome == "skipped" for check in outcomes)
        if outcomes and not (absent and document.environment is None):
            yield subject, outcomes


def _subject_of(document: DoctorDocument, finding: Finding) -> str:
    return next((check.subject for check in document.checks if check.id == finding.id), "system")


def _render_subject(
    page: Page, document: DoctorDocument, subject: str, outcomes: list[CheckOutcome], *, verbose: bool
) -> None:
    findings = [finding for finding in document.findings if _subject_of(document, finding) == subject]
    state = _state(document, subject, findings, outcomes)
    text = describe_subject(subject, document.machine, document.environment, page.marks)
    page.marked(state, f"{TITLES[subject]}: {text}" if text else TITLES[subject])
    for finding in findings:
        _render_in_place(page, document, finding, verbose=verbose)
    for reason in _open_questions(outcomes) if text != NOT_KNOWN else ():
        page.text(reason, indent=4)
    if verbose:
        for check in outcomes:
            detail = f": {check.detail}" if check.detail else ""
            page.text(f"{check.outcome} {check.id}{detail}", indent=4, style="dim")


def _state(document: DoctorDocument, subject: str, findings: list[Finding], outcomes: list[CheckOutcome]) -> str:
    """The mark of a subject; green only where something was seen to be well."""
    severities = {finding.severity for finding in findings}
    if "error" in severities:
        return "error"
    if "warning" in severities:
        return "warning"
    states = {check.outcome for check in outcomes}
    if states & {"unknown", "crashed"}:
        return "unknown"
    looked = "ran" in states or (subject == "gpu" and document.machine.gpus == ())
    return "ok" if looked else "info"


def _open_questions(outcomes: list[CheckOutcome]) -> list[str]:
    """What is not known, each reason once, and which checks failed themselves."""
    unknown = [check.detail for check in outcomes if check.outcome == "unknown"]
    crashed = [f"the check {check.id} failed: {check.detail}" for check in outcomes if check.outcome == "crashed"]
    return list(dict.fromkeys([*unknown, *crashed]))


def _render_in_place(page: Page, document: DoctorDocument, finding: Finding, *, verbose: bool) -> None:
    """A finding; one that follows from another stands in full below neither, and in a line where it is at home."""
    cause = folded(document.findings).get(finding.id)
    if cause is None:
        titles = {row.id: row.title for row in document.findings}
        also = [titles[slug] for slug in finding.consequences if slug in titles]
        _render_finding(page, finding, also, verbose=verbose)
    elif _subject_of(document, cause) != _subject_of(document, finding) or verbose:
        page.marked(finding.severity, f"{finding.title} (follows from: {cause.title})", indent=4)


def _render_finding(page: Page, finding: Finding, also: list[str], *, verbose: bool) -> None:
    """A problem in full; what is only good to know in one line, unless ``verbose``.

    ``also`` are the titles of what follows from it.
    """
    page.marked(finding.severity, f"{'likely: ' if finding.grade == 'likely' else ''}{finding.title}", indent=4)
    if finding.severity == "info" and not verbose:
        return
    page.text(finding.cause, indent=8)
    if also:
        page.text(f"this also explains: {'; '.join(also)}", indent=8, hang=2)
    for line in finding.evidence:
        page.text(f"{page.marks.dot} {line}", indent=8, hang=2, style="dim")
    for fix in finding.fix:
        page.text(f"{page.marks.arrow} {fix.text}", indent=8, hang=2)
        if fix.command:
            page.command(fix.command, indent=12)
