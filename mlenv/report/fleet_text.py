"""A fleet as text: the verdict, what is wrong most, who is not like the others, which machines to look at."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from mlenv.fleet.majority import Outlier
from mlenv.fleet.tally import UNREACHABLE, UNREADABLE
from mlenv.report.fleet import FleetCause, FleetDocument, FleetHost
from mlenv.report.page import Page
from mlenv.report.style import Marks

TOP = 12
"""Causes and outliers that are told; ``verbose`` tells all."""
NAMES = 8
"""Machines that are named below one of them."""
LISTED = 40
"""Machines that are listed at the end."""
STATES = {"fail": "error", "error": "unknown", "warn": "warning", "info": "info"}
HOST_STATES = {"unreachable": "error", "error": "error", "unknown": "unknown", "warning": "warning", "ok": "ok"}
WORDS = {
    "unreachable": "could not be reached",
    "error": "failed",
    "unknown": "without a verdict",
    "warning": "with warnings",
    "ok": "fine",
}


def render_text(document: FleetDocument, *, width: int, colour: bool, marks: Marks, verbose: bool) -> str:
    """The fleet in a line, the causes, the outliers, the machines that are not fine, and the verdict."""
    page = Page(width=width, colour=colour, marks=marks)
    page.text(describe_fleet(document, marks.times), style="bold")
    most = len(document.causes) + len(document.outliers) if verbose else TOP
    _render_causes(page, document, most, verbose=verbose)
    _render_outliers(page, document, most, verbose=verbose)
    _render_hosts(page, document, verbose=verbose)
    page.blank()
    page.text(closing_line(document), style="bold")
    return page.render()


def describe_fleet(document: FleetDocument, times: str = "×") -> str:
    """``3 machines, 5 reports: 2 × NVIDIA H100, 1 × no GPU``."""
    groups = "; ".join(f"{group.machines} {times} {group.name}" for group in document.groups[:6])
    more = f"; {len(document.groups) - 6} further kinds" if len(document.groups) > 6 else ""
    head = f"{count(document.machines, 'machine')}, {count(document.reports, 'report')}"
    return f"{head}: {groups}{more}" if groups else head


def closing_line(document: FleetDocument) -> str:
    """The verdict in one sentence, such as ``2 machines failed, 1 could not be reached, 97 fine.``."""
    if not document.reports:
        return "No report could be read."
    parts = [f"{number:,} {WORDS[status]}" for status, number in document.counts.items() if number]
    unread = len(document.unreadable)
    parts += [f"{count(unread, 'file')} could not be read"] if unread else []
    odd = len({odd.host for outlier in document.outliers for odd in outlier.odd})
    parts += [f"{odd:,} not like the others"] if odd else []
    return f"{count(document.machines, 'machine')}: {', '.join(parts)}."


def count(number: int, one: str) -> str:
    """``1 machine``, ``1,200 machines``."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def is_of_files(cause: FleetCause) -> bool:
    """Whether the names of a cause are those of files and not of machines."""
    return cause.id == UNREADABLE


def count_hosts(cause: FleetCause) -> str:
    """``12 machines``."""
    return count(len(cause.hosts), "file" if is_of_files(cause) else "machine")


def name_cause(cause: FleetCause) -> str:
    """The id, with its reason where the id alone does not say it."""
    return f"{cause.id} ({cause.reason})" if cause.reason and cause.reason not in cause.id else cause.id


def list_hosts(hosts: Sequence[str], most: int = NAMES) -> str:
    """The first names, and how many more there are."""
    more = len(hosts) - most
    return ", ".join(hosts[:most]) + (f" and {more:,} more" if more > 0 else "")


def describe_outlier(outlier: Outlier) -> str:
    """``NVIDIA driver: 97 of 100 have 580.95.05``; of a number the median."""
    if outlier.odd[0].deviation is None:
        return f"{outlier.label}: {outlier.alike:,} of {outlier.known:,} have {outlier.expected}"
    return f"{outlier.label}: the median of {outlier.known:,} is {outlier.expected}"


def describe_odd(outlier: Outlier, most: int = NAMES) -> list[str]:
    """The other values with the machines that have them: by value, or the farthest number first."""
    if outlier.odd[0].deviation is not None:
        rows = [f"{row.host} {row.value} ({row.deviation:+.0%})" for row in outlier.odd]
        return [list_hosts(rows, most)]
    values = groupby(outlier.odd, key=lambda row: row.value)
    return [f"{value}: {list_hosts([row.host for row in rows], most)}" for value, rows in values]


# ---------------------------------------------------------------- parts


def _render_causes(page: Page, document: FleetDocument, most: int, *, verbose: bool) -> None:
    causes = [cause for cause in document.causes if verbose or cause.severity != "info"]
    if causes:
        page.heading("What is wrong")
    for cause in causes[:most]:
        title = f": {cause.title}" if cause.title else ""
        page.marked(STATES[cause.severity], f"{count_hosts(cause)}, {name_cause(cause)}{title}")
        names = [f"{row.place}: {row.reason}" for row in document.unreadable] if is_of_files(cause) else cause.hosts
        page.text(list_hosts(names, len(names) if verbose else NAMES), indent=4, hang=2, style="dim")
        for remedy in cause.remedies if verbose else cause.remedies[:1]:
            page.text(f"{page.marks.arrow} {remedy.text}", indent=4, hang=2)
            if remedy.command:
                page.command(remedy.command, indent=8)
    _render_more(page, len(causes) - most, "cause")


def _render_outliers(page: Page, document: FleetDocument, most: int, *, verbose: bool) -> None:
    if document.outliers:
        page.heading("Not like the others")
    for group, outliers in groupby(document.outliers[:most], key=lambda outlier: outlier.group):
        page.text(group or "The whole fleet")
        for outlier in outliers:
            page.marked("warning", describe_outlier(outlier), indent=2)
            for line in describe_odd(outlier, len(outlier.odd) if verbose else NAMES):
                page.text(line, indent=6, hang=2, style="dim")
    _render_more(page, len(document.outliers) - most, "difference")


def _render_hosts(page: Page, document: FleetDocument, *, verbose: bool) -> None:
    bad = [host for host in document.hosts if host.status not in ("ok", "warning")]
    if bad:
        page.heading("Machines to look at")
    reasons = _tell_reasons(document)
    for host in bad if verbose else bad[:LISTED]:
        text = reasons.get(host.name) or describe_host(host)
        page.marked(HOST_STATES[host.status], f"{host.name}: {text}")
    _render_more(page, 0 if verbose else len(bad) - LISTED, "machine")


def _tell_reasons(document: FleetDocument) -> dict[str, str]:
    """By machine that could not be reached what was said of it."""
    gone = [cause for cause in document.causes if cause.id == UNREACHABLE]
    return {host: cause.other_titles.get(host, cause.title) for cause in gone for host in cause.hosts}


def describe_host(host: FleetHost, most: int = 4) -> str:
    """How it went, and the ids of what is wrong."""
    ids = list_hosts(host.causes, most)
    return f"{WORDS[host.status]} ({ids})" if ids else WORDS[host.status]


def _render_more(page: Page, number: int, what: str) -> None:
    if number > 0:
        page.text(f"{count(number, f'further {what}')}; -v shows all", indent=2, style="dim")
