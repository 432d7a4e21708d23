"""The diagnosis as text: a line per subject, the problems below it, a closing line."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.finding import CheckOutcome, Finding
from mlenv.report.doctor import DoctorDocument
from mlenv.report.style import Marks, clean, paint
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
_COLOURS = {"ok": "green", "warning": "yellow", "error": "red", "unknown": "cyan", "info": "cyan"}


def render_text(document: DoctorDocument, *, width: int, colour: bool, marks: Marks, verbose: bool) -> str:
    """The machine in a line, a line per subject with the problems below it, a closing line."""
    writer = _Writer(width=width, colour=colour, marks=marks)
    writer.text(describe_machine(document.machine, marks), style="bold")
    writer.blank()
    for subject, outcomes in _by_subject(document):
        _render_subject(writer, document, subject, outcomes, verbose=verbose)
    writer.blank()
    writer.text(closing_line(document), style="bold")
    return "\n".join(writer.lines) + "\n"


def closing_line(document: DoctorDocument) -> str:
    """The verdict in one sentence, such as ``1 error and 2 warnings in 2 categories.``."""
    problems = [finding for finding in document.findings if finding.severity != "info"]
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
    writer: _Writer, document: DoctorDocument, subject: str, outcomes: list[CheckOutcome], *, verbose: bool
) -> None:
    findings = [finding for finding in document.findings if _subject_of(document, finding) == subject]
    state = _state(document, subject, findings, outcomes)
    text = describe_subject(subject, document.machine, document.environment, writer.marks)
    writer.marked(state, f"{TITLES[subject]}: {text}" if text else TITLES[subject])
    for finding in findings:
        _render_finding(writer, finding, verbose=verbose)
    for reason in _open_questions(outcomes) if text != NOT_KNOWN else ():
        writer.text(reason, indent=4)
    if verbose:
        for check in outcomes:
            detail = f": {check.detail}" if check.detail else ""
            writer.text(f"{check.outcome} {check.id}{detail}", indent=4, style="dim")


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


def _render_finding(writer: _Writer, finding: Finding, *, verbose: bool) -> None:
    """A problem in full; what is only good to know in one line, unless ``verbose``."""
    writer.marked(finding.severity, finding.title, indent=4)
    if finding.severity == "info" and not verbose:
        return
    writer.text(finding.cause, indent=8)
    for line in finding.evidence:
        writer.text(f"{writer.marks.dot} {line}", indent=8, hang=2, style="dim")
    for fix in finding.fix:
        writer.text(f"{writer.marks.arrow} {fix.text}", indent=8, hang=2)
        if fix.command:
            writer.command(fix.command, indent=12)


class _Writer:
    """Lines of a width; what is foreign is cleaned before colour is added."""

    def __init__(self, *, width: int, colour: bool, marks: Marks) -> None:
        self.lines: list[str] = []
        self.marks = marks
        self._width = width
        self._colour = colour

    def blank(self) -> None:
        """An empty line."""
        self.lines.append("")

    def text(self, text: str, *, indent: int = 0, hang: int = 0, style: str = "") -> None:
        """A paragraph; ``hang`` indents its further lines."""
        for number, line in enumerate(wrap(text, self._width - indent - hang)):
            shift = indent + (hang if number else 0)
            self.lines.append(" " * shift + (paint(line, style, colour=self._colour) if style else line))

    def marked(self, state: str, text: str, *, indent: int = 0) -> None:
        """A paragraph behind the mark of a state."""
        mark = getattr(self.marks, state)
        room = len(mark) + 1
        for number, line in enumerate(wrap(text, self._width - indent - room)):
            head = paint(mark, _COLOURS[state], colour=self._colour) + " " if number == 0 else " " * room
            self.lines.append(" " * indent + head + line)

    def command(self, text: str, *, indent: int) -> None:
        """A command on a line of its own, never broken, so that it can be copied."""
        one_line = " ".join(clean(text).split("\n"))
        self.lines.append(" " * indent + paint(one_line, "bold", colour=self._colour))


def wrap(text: str, width: int) -> list[str]:
    """Cleaned text in lines of at most ``width`` columns; a longer word keeps a line to itself."""
    lines: list[str] = []
    for word in clean(text).split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [""]
