"""The report as JUnit XML: one suite per group, one case per entry.

It keeps to what the schemas of Ant and of Jenkins both allow, so that either takes it: totals stand at
the suites alone, and what a passed check says is in its suite's ``system-out``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from mlenv.report.forms.words import group_of, headline, name_cases, one_line, plain, tell, with_verdict
from mlenv.report.summary import Entry, Summary

Case = tuple[Entry, str]
_OUTCOMES = {"fail": "failure", "error": "error", "skip": "skipped"}


def render_junit(summary: Summary, *, written: dt.datetime) -> str:
    """The document; ``written`` is the moment of the report (UTC), which Ant's schema demands."""
    root = ET.Element("testsuites")
    for number, (group, cases) in enumerate(_by_group(with_verdict(summary)).items()):
        root.append(_make_suite(number, summary, group, cases, written))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _by_group(summary: Summary) -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for entry, name in zip(summary.entries, name_cases(summary.entries), strict=True):
        found.setdefault(group_of(entry), []).append((entry, name))
    return found


def _make_suite(number: int, summary: Summary, group: str, cases: list[Case], written: dt.datetime) -> ET.Element:
    name = f"{summary.kind}.{group}"
    statuses = [entry.status for entry, _ in cases]
    suite = ET.Element(
        "testsuite",
        name=name,
        package="mlenv",
        id=str(number),
        timestamp=written.strftime("%Y-%m-%dT%H:%M:%S"),
        hostname="localhost",  # a report names nobody's machine
        tests=str(len(cases)),
        failures=str(statuses.count("fail")),
        errors=str(statuses.count("error")),
        skipped=str(statuses.count("skip")),
        time=_seconds(sum(entry.seconds for entry, _ in cases)),
    )
    suite.append(_make_properties(summary))
    suite.extend(_make_case(name, case) for case in cases)
    ET.SubElement(suite, "system-out").text = "\n".join(_said(cases))
    ET.SubElement(suite, "system-err").text = ""
    return suite


def _make_properties(summary: Summary) -> ET.Element:
    properties = ET.Element("properties")
    rows = {
        "mlenv_version": summary.mlenv_version,
        "matrix_version": summary.matrix_version,
        "about": summary.about,
        "status": summary.status,
        "closing": summary.closing,
    }
    for name, value in rows.items():
        ET.SubElement(properties, "property", name=name, value=one_line(value))
    return properties


def _make_case(classname: str, case: Case) -> ET.Element:
    entry, name = case
    element = ET.Element("testcase", name=name, classname=classname, time=_seconds(entry.seconds))
    outcome = _OUTCOMES.get(entry.status)
    if outcome == "skipped":
        ET.SubElement(element, outcome, message=headline(entry))
    elif outcome:
        ET.SubElement(element, outcome, message=headline(entry), type=one_line(entry.id)).text = tell(entry)
    return element


def _said(cases: list[Case]) -> Iterator[str]:
    """What the checks that passed say, a paragraph each."""
    for entry, name in cases:
        text = plain(tell(entry))
        if entry.status not in _OUTCOMES and text:
            yield f"{entry.status} {name}: {text}"


def _seconds(seconds: float) -> str:
    return f"{max(seconds, 0.0):.3f}"
