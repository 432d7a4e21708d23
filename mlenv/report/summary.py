"""One value for every report: what was looked at, how it went, what would help.

The documents (JSON) are what scripts read; all other forms are written from this value, so that the same
state says the same in each of them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from mlenv.report.doctor import DoctorDocument
from mlenv.report.doctor_text import closing_line as close_doctor
from mlenv.report.verify import VerifyDocument
from mlenv.report.verify_text import closing_line as close_verify

EntryStatus = Literal["pass", "info", "warn", "fail", "skip", "error"]
ORDER: tuple[EntryStatus, ...] = ("fail", "error", "warn", "info", "pass", "skip")
"""The worst first."""

_SEVERITY: dict[str, EntryStatus] = {"error": "fail", "warning": "warn", "info": "info"}
_OUTCOME: dict[str, EntryStatus] = {"ran": "pass", "skipped": "skip", "unknown": "skip", "crashed": "error"}


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do: in words, and as a command where there is one."""

    text: str
    command: str | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at.

    ``group`` is the subject (``gpu``, ``framework``), ``subject`` what it is about (``torch 2.13.0``), ``id`` the
    slug of the check or finding.  All texts may be foreign: a writer cleans and escapes them.
    """

    group: str
    id: str
    status: EntryStatus
    subject: str = ""
    title: str = ""
    detail: str = ""
    device: str = ""
    seconds: float = 0.0
    evidence: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    measured: dict[str, float | str] = {}


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A report: ``kind`` is its command, ``about`` the machine, environment or fleet, ``closing`` the verdict."""

    kind: Literal["doctor", "verify", "fleet"]
    about: str
    status: str
    closing: str
    entries: tuple[Entry, ...]
    mlenv_version: str = ""
    matrix_version: str = ""

    def count(self, *statuses: EntryStatus) -> int:
        """How many entries have one of those statuses."""
        return sum(entry.status in statuses for entry in self.entries)

    def worst_first(self) -> tuple[Entry, ...]:
        """The entries by status, in their own order within one."""
        return tuple(sorted(self.entries, key=lambda entry: ORDER.index(entry.status)))


def summarise_doctor(document: DoctorDocument) -> Summary:
    """A diagnosis: its findings, and each check that found nothing or could not run."""
    found = {finding.id for finding in document.findings}
    groups = {check.id: check.subject for check in document.checks}
    findings = tuple(
        Entry(
            group=groups.get(finding.id, "system"),
            id=finding.id,
            status=_SEVERITY[finding.severity],
            subject=", ".join(finding.applies_to),
            title=finding.title,
            detail=finding.cause,
            evidence=finding.evidence,
            remedies=tuple(Remedy(text=fix.text, command=fix.command) for fix in finding.fix),
        )
        for finding in document.findings
    )
    checks = tuple(
        Entry(group=check.subject, id=check.id, status=_OUTCOME[check.outcome], detail=check.detail)
        for check in document.checks
        if check.id not in found
    )
    return Summary(
        kind="doctor",
        about=document.machine.os.distribution or document.machine.os.family,
        status=document.status,
        closing=close_doctor(document),
        entries=findings + checks,
        mlenv_version=document.mlenv_version,
        matrix_version=document.matrix_version,
    )


def summarise_verify(document: VerifyDocument) -> Summary:
    """A verification: an entry for each result."""
    entries = tuple(
        Entry(
            group=result.group,
            id=result.check,
            status=result.status,
            subject=f"{result.framework} {result.version or ''}".strip(),
            detail=result.detail,
            device=result.device or "",
            seconds=result.seconds,
            remedies=(Remedy(text=result.remedy),) if result.remedy else (),
            measured=result.measured,
        )
        for result in document.results
    )
    return Summary(
        kind="verify",
        about=document.environment,
        status=document.status,
        closing=close_verify(document),
        entries=entries,
        mlenv_version=document.mlenv_version,
        matrix_version=document.matrix_version,
    )
