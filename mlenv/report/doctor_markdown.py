"""The diagnosis in Markdown, ready for an issue: what is wrong and why, and the facts folded below."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlenv.checks.finding import Finding
from mlenv.report.doctor import DoctorDocument, folded
from mlenv.report.doctor_text import TITLES, closing_line
from mlenv.report.markdown import block, cell, code, escape, table
from mlenv.report.redact import mask_text
from mlenv.report.style import UNICODE_MARKS
from mlenv.report.subjects import describe_machine, describe_subject

KNOWN_BY = {"named": "a message names it", "shown": "facts show it", "likely": "likely"}

Clean = Callable[[str], str]


def render_markdown(document: DoctorDocument, strip: Clean = str) -> str:
    """A summary, each finding with cause, evidence and fix, and the facts in a folded part.

    ``strip`` takes out what tells whose machine it is; it sees every text before it is escaped, since
    names are no longer whole afterwards.
    """

    def tidy(text: str) -> str:
        return strip(mask_text(text))

    below = folded(document.findings)
    causes = [finding for finding in document.findings if finding.id not in below]
    titles = {finding.id: finding.title for finding in document.findings}
    lines = [f"## mlenv doctor: {escape(closing_line(document)).rstrip('.')}", ""]
    lines += [escape(tidy(describe_machine(document.machine, UNICODE_MARKS))), ""]
    lines += [*_summarise(causes, tidy), ""] if causes else []
    for number, finding in enumerate(causes, start=1):
        lines += [f"### {number}. {_title(finding, tidy)}", "", *_describe(finding, titles, tidy)]
    lines += _facts(document, tidy)
    lines.append(f"mlenv {escape(document.mlenv_version)}, matrix {escape(document.matrix_version)}")
    return "\n".join(lines) + "\n"


def _title(finding: Finding, tidy: Clean) -> str:
    return f"{'Likely: ' if finding.grade == 'likely' else ''}{escape(tidy(finding.title))}"


def _summarise(causes: list[Finding], tidy: Clean) -> list[str]:
    rows = [
        [finding.severity, escape(tidy(finding.title)), cell(finding.id), KNOWN_BY[finding.grade]] for finding in causes
    ]
    return table(["Severity", "Finding", "Id", "Known by"], rows)


def _describe(finding: Finding, titles: dict[str, str], tidy: Clean) -> Iterator[str]:
    """Cause, what else it explains, evidence and fix."""
    about = ", ".join(escape(tidy(name)) for name in finding.applies_to)
    yield f"{finding.severity}, {code(finding.id)}{f', concerns {about}' if about else ''}"
    yield from ("", escape(tidy(finding.cause)), "")
    also = [escape(tidy(titles[slug])) for slug in finding.consequences if slug in titles]
    if also:
        yield from (f"This also explains: {'; '.join(also)}.", "")
    if finding.evidence:
        yield from ("**Evidence**", "", *(f"- {code(tidy(line))}" for line in finding.evidence), "")
    if finding.fix:
        yield from ("**Fix**", "")
        for number, fix in enumerate(finding.fix, start=1):
            yield f"{number}. {escape(tidy(fix.text))}"
            if fix.command:
                yield from ("", *block(tidy(fix.command), indent=len(f"{number}. ")))
        yield ""


def _facts(document: DoctorDocument, tidy: Clean) -> Iterator[str]:
    """What is known of the machine, its packages, and which checks gave no answer, in folded parts."""
    yield from _fold("Facts", [*_subjects(document, tidy), "", *_variables(document, tidy)])
    packages = document.environment.distributions if document.environment else ()
    if packages:
        lines = "\n".join(f"{row.name}=={row.version}{f' ({row.build})' if row.build else ''}" for row in packages)
        yield from _fold(f"Packages ({len(packages)})", block(tidy(lines)))
    open_checks = [row for row in document.checks if row.outcome in ("unknown", "crashed")]
    if open_checks:
        rows = [[cell(row.id), row.outcome, cell(tidy(row.detail))] for row in open_checks]
        yield from _fold(f"Checks without an answer ({len(rows)})", table(["Check", "Outcome", "Why"], rows))


def _subjects(document: DoctorDocument, tidy: Clean) -> list[str]:
    described = (
        (title, describe_subject(subject, document.machine, document.environment, UNICODE_MARKS))
        for subject, title in TITLES.items()
    )
    return table(["Subject", "Known"], [[title, cell(tidy(text))] for title, text in described if text])


def _variables(document: DoctorDocument, tidy: Clean) -> list[str]:
    rows = document.machine.variables
    return block(tidy("\n".join(f"{row.name}={row.value}" for row in rows))) if rows else []


def _fold(title: str, lines: list[str]) -> Iterator[str]:
    yield from ("<details>", f"<summary>{escape(title)}</summary>", "", *lines, "", "</details>", "")
