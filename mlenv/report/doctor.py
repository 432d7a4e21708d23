"""The diagnosis as a document: ``mlenv doctor``."""

from __future__ import annotations

from collections.abc import Iterable

from mlenv.checks.finding import CheckOutcome, Diagnosis, Finding, Status
from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.matrix.load import DataVersion
from mlenv.report.document import Document

SCHEMA = "mlenv.doctor/1"


class DoctorDocument(Document, frozen=True, kw_only=True):
    """What was found, and how each check went."""

    machine: Machine
    status: Status
    findings: tuple[Finding, ...]
    checks: tuple[CheckOutcome, ...]
    environment: Environment | None = None


def make_document(
    diagnosis: Diagnosis, machine: Machine, data: DataVersion, environment: Environment | None = None
) -> DoctorDocument:
    """A diagnosis as a document; the machine's secrets are already masked."""
    return DoctorDocument(
        schema=SCHEMA,
        matrix_version=data.version,
        matrix_digest=data.digest,
        machine=machine,
        status=diagnosis.status,
        findings=diagnosis.findings,
        checks=diagnosis.checks,
        environment=environment,
    )


def folded(findings: Iterable[Finding]) -> dict[str, Finding]:
    """By id of a finding that would be gone with another one, that cause; it is told below it."""
    listed = list(findings)
    present = {finding.id for finding in listed}
    return {slug: cause for cause in listed for slug in cause.consequences if slug in present}
