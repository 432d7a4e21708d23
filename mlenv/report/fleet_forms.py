"""A fleet in the forms of other programs: cases for JUnit, TAP and Prometheus, annotations, Markdown, HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from mlenv.report.fleet import FleetCause, FleetDocument
from mlenv.report.fleet_text import closing_line, count_hosts, describe_fleet, list_hosts, name_cause

if TYPE_CHECKING:
    from mlenv.report.summary import Entry, Summary

KIND: Any = "fleet"
WELL = "machine"
"""The id of the entry of a machine on which nothing is wrong."""


def find_writers(document: FleetDocument) -> dict[str, Callable[[], str]]:
    """By form (``markdown``, ``junit``, ``html``, ``github``, ``prometheus``, ``tap``) what writes the fleet in it."""
    return {
        "markdown": lambda: _markdown(document),
        "junit": lambda: _junit(document),
        "html": lambda: _html(document),
        "github": lambda: _github(document),
        "prometheus": lambda: _prometheus(document),
        "tap": lambda: _tap(document),
    }


def summarise_machines(document: FleetDocument) -> Summary:
    """An entry for each machine and each thing wrong there, and for each machine that is well."""
    wrong = [cause for cause in document.causes if cause.severity != "info"]
    entries = tuple(_describe_well(document, wrong)) + tuple(_describe_wrong(wrong))
    return _summarise(document, entries)


def summarise_causes(document: FleetDocument) -> Summary:
    """An entry for each thing that is wrong somewhere, with the machines."""
    from mlenv.report.summary import Entry

    entries = tuple(
        Entry(
            group="fleet",
            id=name_cause(cause),
            status=cause.severity,
            subject=count_hosts(cause),
            title=f"{list_hosts(cause.hosts, 20)}: {cause.title or name_cause(cause)}",
            remedies=cause.remedies,
        )
        for cause in document.causes
    )
    return _summarise(document, entries)


def _summarise(document: FleetDocument, entries: tuple[Entry, ...]) -> Summary:
    from mlenv.report.summary import Summary

    return Summary(
        kind=KIND,
        about=describe_fleet(document),
        status=document.status,
        closing=closing_line(document),
        entries=entries,
        mlenv_version=document.mlenv_version,
        matrix_version=document.matrix_version,
    )


def _describe_well(document: FleetDocument, wrong: list[FleetCause]) -> Iterator[Entry]:
    """Machines without a case of their own: a pass, or an error for one without a verdict."""
    from mlenv.report.summary import Entry

    blamed = {host for cause in wrong for host in cause.hosts}
    grave = {host for cause in wrong if cause.severity in ("fail", "error") for host in cause.hosts}
    for host in document.hosts:
        if host.status == "unknown" and host.name not in grave:
            yield Entry(group="machines", id=WELL, status="error", subject=host.name, title="There is no verdict")
        elif host.status == "error" and host.name not in grave:
            yield Entry(group="machines", id=WELL, status="fail", subject=host.name, title="The verdict is an error")
        elif host.name not in blamed:
            yield Entry(group="machines", id=WELL, status="pass", subject=host.name)


def _describe_wrong(causes: list[FleetCause]) -> Iterator[Entry]:
    from mlenv.report.summary import Entry

    for cause in causes:
        for host in cause.hosts:
            title = cause.other_titles.get(host)
            yield Entry(
                group=name_cause(cause),
                id=cause.id,
                status=cause.severity,
                subject=host,
                title=cause.title if title is None else title,
                detail=cause.detail if title is None else "",
                remedies=cause.remedies if title is None else (),
            )


# ---------------------------------------------------------------- writers


def _markdown(document: FleetDocument) -> str:
    from mlenv.report.fleet_markdown import render_markdown
    from mlenv.report.forms.cut import cut_markdown

    return cut_markdown(render_markdown(document))


def _junit(document: FleetDocument) -> str:
    import datetime as dt

    from mlenv.report.forms.junit import render_junit

    return render_junit(summarise_machines(document), written=dt.datetime.now(dt.timezone.utc))


def _html(document: FleetDocument) -> str:
    from mlenv.report.fleet_html import render_html

    return render_html(document)


def _github(document: FleetDocument) -> str:
    from mlenv.report.forms.github import render_github

    return render_github(summarise_causes(document))


def _prometheus(document: FleetDocument) -> str:
    from mlenv.report.forms.prometheus import render_prometheus

    return render_prometheus(summarise_machines(document))


def _tap(document: FleetDocument) -> str:
    from mlenv.report.forms.tap import render_tap

    return render_tap(summarise_machines(document))
