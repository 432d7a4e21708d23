"""The report in Markdown: counts, what is wrong and what helps, and every check in a folded part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mlenv.report.forms.words import describe_case, sayable, tell_measured, with_verdict
from mlenv.report.markdown import block, cell, code, escape, table
from mlenv.report.summary import Entry, EntryStatus, Summary

_COLUMNS: tuple[EntryStatus, ...] = ("pass", "info", "warn", "fail", "error", "skip")
_PROBLEMS: tuple[EntryStatus, ...] = ("fail", "error", "warn")
_WORDS: dict[EntryStatus, str] = {"fail": "Failed", "error": "Could not run", "warn": "Warning"}


def render_markdown(summary: Summary) -> str:
    """The report, the worst first; its texts must be free of secrets already."""
    whole = with_verdict(summary)
    lines = [f"## mlenv {whole.kind}: {escape(whole.closing).rstrip('.')}", "", escape(whole.about), ""]
    lines += [*_count(whole), ""]
    problems = [entry for entry in whole.worst_first() if entry.status in _PROBLEMS]
    for number, entry in enumerate(problems, start=1):
        lines += _describe(number, entry)
    lines += _all_checks(whole)
    lines.append(escape(f"mlenv {whole.mlenv_version}, matrix {whole.matrix_version}"))
    return sayable("\n".join(lines) + "\n")


def _count(summary: Summary) -> list[str]:
    """A row for each group: how many of its checks ended in which way."""
    shown = [status for status in _COLUMNS if summary.count(status)]
    counts: dict[str, Counter[EntryStatus]] = {}
    for entry in summary.entries:
        counts.setdefault(entry.group, Counter())[entry.status] += 1
    rows = [[escape(group), *(str(count[status]) for status in shown)] for group, count in counts.items()]
    return table(["About", *shown], rows) if rows else []


def _describe(number: int, entry: Entry) -> Iterator[str]:
    yield from (f"### {number}. {_WORDS[entry.status]}: {escape(entry.title or describe_case(entry))}", "")
    if entry.title:
        yield from (code(describe_case(entry)), "")
    if entry.detail:
        yield from (escape(entry.detail), "")
    if entry.evidence:
        yield from ("**Evidence**", "", *(f"- {code(line)}" for line in entry.evidence), "")
    if entry.remedies:
        yield from ("**Fix**", "")
        for place, remedy in enumerate(entry.remedies, start=1):
            yield f"{place}. {escape(remedy.text)}"
            if remedy.command:
                yield from ("", *block(remedy.command, indent=len(f"{place}. ")))
        yield ""


def _all_checks(summary: Summary) -> Iterator[str]:
    rows = [
        [entry.status, escape(entry.group), cell(describe_case(entry)), f"{entry.seconds:.1f} s", _found(entry)]
        for entry in summary.worst_first()
    ]
    lines = table(["Status", "About", "Check", "Time", "Found"], rows)
    yield from ("<details>", f"<summary>All checks ({len(rows)})</summary>", "", *lines, "", "</details>", "")


def _found(entry: Entry) -> str:
    text = entry.title or entry.detail
    return " ".join(filter(None, (escape(text), cell(tell_measured(entry)) if entry.measured else "")))
