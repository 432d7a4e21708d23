"""What is wrong, and on how many machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from sys import intern
from typing import Literal

import msgspec

from mlenv.fleet.board import name_check
from mlenv.fleet.document import Advice, Report

Severity = Literal["fail", "error", "warn", "info"]
SEVERITIES: tuple[Severity, ...] = ("fail", "error", "warn", "info")
"""The worst first."""
UNREACHABLE, UNREADABLE, REPEATED = "host-unreachable", "report-unreadable", "report-repeated"
MOST_WORDS = 50
"""Titles of one cause that are kept with their remedies; the title of each machine is kept anyway."""

_SEVERITY: dict[str, Severity] = {"error": "fail", "warning": "warn", "info": "info"}
_STATUS: dict[str, Severity] = {"fail": "fail", "warn": "warn", "error": "error"}


class Trouble(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something wrong on one machine: ``id`` is that of the finding or check, ``reason`` its slug if it has several."""

    id: str
    severity: Severity
    reason: str = ""
    title: str = ""
    detail: str = ""
    remedies: tuple[Advice, ...] = ()


def find_troubles(report: Report) -> Iterator[Trouble]:
    """What a report finds wrong; what is only the consequence of another finding is left to that one."""
    follow = {slug for finding in report.findings for slug in finding.consequences if slug != finding.id}
    for finding in report.findings:
        if finding.id not in follow:
            severity = _SEVERITY.get(finding.severity, "fail")
            yield Trouble(
                id=finding.id, severity=severity, title=finding.title, detail=finding.cause, remedies=finding.fix
            )
    for check in report.checks:
        if check.outcome == "crashed":
            yield Trouble(id=check.id, severity="error", reason="crashed", title=check.detail)
    yield from _find_results(report)


def _find_results(report: Report) -> Iterator[Trouble]:
    for result in report.results:
        severity = _STATUS.get(result.status, None if result.status in ("pass", "skip", "info") else "error")
        if severity is not None:
            yield Trouble(
                id=name_check(result.framework, result.check),
                severity=severity,
                reason=result.reason,
                title=result.detail,
                remedies=(Advice(text=result.remedy),) if result.remedy else (),
            )


class Cause:
    """A trouble and everybody who has it: by machine the title there, with the words of the first titles in full."""

    __slots__ = ("hosts", "severity", "trouble", "words")

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        self.severity: Severity = trouble.severity
        self.hosts: dict[str, str] = {}
        self.words: dict[str, Trouble] = {}

    def add(self, host: str, trouble: Trouble) -> None:
        """Count a machine, with its own title; the worst severity stays."""
        if SEVERITIES.index(trouble.severity) < SEVERITIES.index(self.severity):
            self.severity = trouble.severity
        self.hosts.setdefault(host, intern(trouble.title))
        if len(self.words) < MOST_WORDS:
            self.words.setdefault(trouble.title, trouble)

    @property
    def key(self) -> tuple[int, int, str, str]:
        """Sorts the worst first: by severity, then by the number of machines."""
        return SEVERITIES.index(self.severity), -len(self.hosts), self.trouble.id, self.trouble.reason

    def common(self) -> Trouble:
        """The trouble in the words that most machines have."""
        return self.words[max(self.words, key=Counter(self.hosts.values()).__getitem__)]


class Tally:
    """Causes, counted while reports go by."""

    def __init__(self) -> None:
        self._causes: dict[tuple[str, str], Cause] = {}

    def add(self, host: str, trouble: Trouble) -> Cause:
        """Count a machine."""
        cause = self._causes.setdefault((trouble.id, trouble.reason), Cause(trouble))
        cause.add(host, trouble)
        return cause

    def causes(self) -> list[Cause]:
        """All causes, the worst first."""
        return sorted(self._causes.values(), key=lambda cause: cause.key)
