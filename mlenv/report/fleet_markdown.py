"""A fleet in Markdown, for a job's summary: the most important first, since a summary is cut at 1 MiB."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.report.fleet import FleetDocument
from mlenv.report.fleet_text import (
    WORDS,
    closing_line,
    count,
    count_hosts,
    describe_fleet,
    describe_odd,
    describe_outlier,
    list_hosts,
    name_cause,
)
from mlenv.report.markdown import block, cell, escape, table

NAMES = 20
"""Machines that are named of one cause."""
_SEVERITIES = {"fail": "failed", "error": "could not run", "warn": "warning", "info": "note"}


def render_markdown(document: FleetDocument) -> str:
    """The verdict, the causes with their machines and remedies, the outliers, the machines that are not fine."""
    lines = [f"## mlenv fleet: {escape(closing_line(document)).rstrip('.')}", "", escape(describe_fleet(document)), ""]
    lines += [*_list_causes(document), *_list_outliers(document), *_tell_remedies(document), *_list_hosts(document)]
    lines.append(f"mlenv {escape(document.mlenv_version)}, matrix {escape(document.matrix_version)}")
    return "\n".join(lines) + "\n"


def _list_causes(document: FleetDocument) -> Iterator[str]:
    rows = [
        [
            _SEVERITIES[cause.severity],
            count_hosts(cause),
            cell(name_cause(cause)),
            escape(cause.title),
            escape(list_hosts(cause.hosts, NAMES)),
        ]
        for cause in document.causes
    ]
    if rows:
        yield from ("### What is wrong", "", *table(["Kind", "On", "Cause", "What", "Machines"], rows), "")


def _list_outliers(document: FleetDocument) -> Iterator[str]:
    rows = [
        [
            escape(outlier.group or "the whole fleet"),
            escape(describe_outlier(outlier)),
            escape("; ".join(describe_odd(outlier, NAMES))),
        ]
        for outlier in document.outliers
    ]
    if rows:
        yield from ("### Not like the others", "", *table(["Among", "Usual", "Machines"], rows), "")


def _tell_remedies(document: FleetDocument) -> Iterator[str]:
    for cause in document.causes:
        if cause.remedies and cause.severity != "info":
            yield from ("<details>", f"<summary>What helps: {escape(name_cause(cause))}</summary>", "")
            yield from (escape(cause.detail), "") if cause.detail else ()
            for place, remedy in enumerate(cause.remedies, start=1):
                yield f"{place}. {escape(remedy.text)}"
                if remedy.command:
                    yield from ("", *block(remedy.command, indent=len(f"{place}. ")))
            yield from ("", "</details>", "")


def _list_hosts(document: FleetDocument) -> Iterator[str]:
    bad = [host for host in document.hosts if host.status not in ("ok", "warning")]
    rows = [
        [cell(host.name), WORDS[host.status], escape(list_hosts(host.causes, 6)), escape(host.group)] for host in bad
    ]
    if rows:
        title = f"<summary>{count(len(bad), 'machine')} to look at</summary>"
        yield from (
            "<details>",
            title,
            "",
            *table(["Machine", "Verdict", "Causes", "GPUs"], rows),
            "",
            "</details>",
            "",
        )
