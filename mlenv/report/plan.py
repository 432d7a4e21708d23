"""The plan: ``mlenv plan`` and ``mlenv install --dry-run``."""

from __future__ import annotations

import shlex
from typing import Literal

from msgspec.structs import replace

from mlenv.facts.machine import Machine
from mlenv.matrix.load import DataVersion
from mlenv.plan.plan import Plan, PlannedAccelerator, PlannedFile, PlannedPackage, Step
from mlenv.report.document import Document
from mlenv.report.redact import mask_text
from mlenv.resolve.resolution import Impossible, Reason, Rejection

SCHEMA = "mlenv.plan/1"


class PlanDocument(Document, frozen=True, kw_only=True):
    """A plan, or with ``status`` ``impossible`` the reasons why there is none."""

    status: Literal["planned", "impossible"]
    profile: str
    machine: Machine
    environment: str | None = None
    python: str | None = None
    accelerator: PlannedAccelerator | None = None
    manager: str | None = None
    packages: tuple[PlannedPackage, ...] = ()
    files: tuple[PlannedFile, ...] = ()
    steps: tuple[Step, ...] = ()
    reasons: tuple[Reason, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    remedies: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    download_bytes: int | None = None


def plan_document(plan: Plan, machine: Machine, data: DataVersion) -> PlanDocument:
    """A plan as a document."""
    return PlanDocument(
        schema=SCHEMA,
        matrix_version=data.version,
        matrix_digest=data.digest,
        status="planned",
        machine=machine,
        profile=plan.profile,
        environment=plan.environment,
        python=plan.python,
        accelerator=plan.accelerator,
        manager=plan.manager,
        packages=plan.packages,
        files=plan.files,
        steps=plan.steps,
        reasons=plan.reasons,
        rejected=plan.rejected,
        warnings=plan.warnings,
        download_bytes=plan.download_bytes,
    )


def mask_plan(plan: Plan) -> Plan:
    """A plan as it may be written down: no credential of an index is left in it."""
    packages = (replace(row, index=mask_text(row.index)) if row.index else row for row in plan.packages)
    return replace(
        plan,
        packages=tuple(packages),
        files=tuple(replace(file, text=mask_text(file.text)) for file in plan.files),
        steps=tuple(replace(step, argv=tuple(mask_text(word) for word in step.argv)) for step in plan.steps),
        rejected=tuple(replace(row, text=mask_text(row.text)) for row in plan.rejected),
    )


def impossible_document(answer: Impossible, machine: Machine, data: DataVersion) -> PlanDocument:
    """The lack of a plan as a document."""
    return PlanDocument(
        schema=SCHEMA,
        matrix_version=data.version,
        matrix_digest=data.digest,
        status="impossible",
        machine=machine,
        profile=" ".join(answer.request.profiles),
        reasons=answer.reasons,
        rejected=answer.rejected,
        remedies=answer.remedies,
    )


def render_text(document: PlanDocument, *, verbose: bool = False) -> str:
    """What would be installed, why, and the commands."""
    if document.status == "impossible":
        return _render_impossible(document)
    assert document.accelerator is not None
    device = document.accelerator
    build = "" if device.kind == device.variant else f", build {device.variant}"
    lines = [f"Plan for {document.profile or 'this request'}: Python {document.python}, {device.kind}{build}", ""]
    width = max((len(package.name) for package in document.packages), default=0)
    lines += [
        f"  {package.name:<{width}}  {package.version}" + (f"  from {package.index}" if package.index else "")
        for package in document.packages
    ]
    lines += ["", "Why"]
    lines += [f"  {reason.about}: {reason.text}" for reason in document.reasons]
    if document.rejected:
        lines += ["", "Not chosen"]
        lines += [f"  {row.text}" for row in document.rejected]
    if document.warnings:
        lines += ["", "Mind"]
        lines += [f"  {warning}" for warning in document.warnings]
    lines += ["", "What is run", *render_steps(document, verbose=verbose)]
    return "\n".join(lines) + "\n"


def render_steps(document: PlanDocument, *, verbose: bool) -> list[str]:
    """The commands, each under what it is for; files are shown where they are first needed."""
    lines = []
    for number, step in enumerate(document.steps, 1):
        unless = " (unless the step before did it)" if step.kind == "install" else ""
        lines.append(f"  {number}. {step.purpose}{unless}")
        if step.kind == "lock":
            for file in document.files:
                lines.append(f"     {document.environment}/{file.path} says:")
                shown = file.text.splitlines() if verbose else _essence(file.text)
                lines += [f"     | {line}" for line in shown]
        lines.append(f"     $ {shlex.join(step.argv)}")
    return lines


def _essence(text: str) -> list[str]:
    """A project file without its fixed head."""
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith("dependencies")), 0)
    shown = [line for line in lines[start:] if line and line != "managed = false"]
    return shown[:-1] if shown[-1:] == ["[tool.uv]"] else shown


def _render_impossible(document: PlanDocument) -> str:
    lines = [f"No plan for {document.profile or 'this request'} on this machine:"]
    lines += [f"  {reason.text}" for reason in document.reasons]
    if document.rejected:
        lines += ["", "What was looked at"]
        lines += [f"  {row.text}" for row in document.rejected]
    if document.remedies:
        lines += ["", "What would help"]
        lines += [f"  {remedy}" for remedy in document.remedies]
    return "\n".join(lines) + "\n"
