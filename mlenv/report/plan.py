"""The plan: ``mlenv plan`` and ``mlenv install --dry-run``."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from mlenv.facts.machine import Machine
from mlenv.matrix.load import DataVersion
from mlenv.plan.plan import Plan, PlannedAccelerator, PlannedFile, PlannedPackage, Step
from mlenv.plan.proof import Proof
from mlenv.report.document import Document
from mlenv.report.redact import mask_text
from mlenv.report.rejections import tell_rejections
from mlenv.resolve.resolution import Companion, Impossible, Lift, Reason, Rejection

SCHEMA = "mlenv.plan/1"


class PlanDocument(Document, frozen=True, kw_only=True):
    """A plan, or with ``status`` ``impossible`` the reasons why there is none.

    ``clash`` are the wishes and facts that cannot all hold, while without any one of them the rest
    could; ``remedies`` are changes that would give a plan, each tried.  ``lifts`` are changes that
    would give newer releases or a device, ``apart`` the environments that would serve better than
    one.  ``others`` are requirements that the matrix has no rows for: the package installer decides
    on them.  ``proof`` is what the package resolver said, null where nobody asked it.
    """

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
    others: tuple[str, ...] = ()
    clash: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    lifts: tuple[Lift, ...] = ()
    apart: tuple[Companion, ...] = ()
    warnings: tuple[str, ...] = ()
    proof: Proof | None = None
    variables: dict[str, str] = msgspec.field(default_factory=dict)
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
        others=plan.others,
        lifts=plan.lifts,
        apart=plan.apart,
        warnings=plan.warnings,
        proof=plan.proof,
        variables=plan.variables,
        download_bytes=plan.download_bytes,
    )


def mask_plan(plan: Plan) -> Plan:
    """A plan as it may be written down: no credential of an index is left in it."""
    packages = (replace(row, index=mask_text(row.index)) if row.index else row for row in plan.packages)
    of_conda = plan.manager not in ("uv", "pip")
    return replace(
        plan,
        packages=tuple(packages),
        files=tuple(replace(file, text=_mask_file(file.text, of_conda=of_conda)) for file in plan.files),
        steps=tuple(replace(step, argv=tuple(mask_text(word) for word in step.argv)) for step in plan.steps),
        rejected=tuple(replace(row, text=mask_text(row.text)) for row in plan.rejected),
        lock=mask_text(plan.lock) if plan.lock is not None else None,
        proof=_mask_proof(plan.proof) if plan.proof is not None else None,
    )


def _mask_file(text: str, *, of_conda: bool) -> str:
    from mlenv.plan.conda_login import mask_tokens

    return mask_tokens(mask_text(text)) if of_conda else mask_text(text)


def _mask_proof(proof: Proof) -> Proof:
    return replace(proof, detail=mask_text(proof.detail), given_up=tuple(mask_text(text) for text in proof.given_up))


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
        clash=answer.clash,
        remedies=answer.remedies,
        warnings=answer.warnings,
    )


def render_text(document: PlanDocument, *, verbose: bool = False) -> str:
    """What would be installed, why, and the commands; or why nothing can be."""
    if document.status == "impossible":
        return _render_impossible(document)
    assert document.accelerator is not None
    device = document.accelerator
    build = "" if device.kind == device.variant else f", build {device.variant}"
    lines = [f"Plan for {document.profile or 'this request'}: Python {document.python}, {device.kind}{build}", ""]
    packages = [(package.name, _tell_package(package)) for package in document.packages]
    lines += _table([*packages, *((text, "as the package installer decides") for text in document.others)])
    lines += _section("Why", [f"{reason.about}: {reason.text}" for reason in document.reasons])
    lines += _section("Not chosen", tell_rejections(document.rejected, verbose=verbose))
    lines += _section("What would give more", [f"{row.change}: {row.gives}" for row in document.lifts])
    lines += _section(
        f"{len(document.apart)} environments would serve better than one",
        [f"{number}. {_tell_companion(row)}" for number, row in enumerate(document.apart, 1)],
    )
    lines += _section("Mind", document.warnings)
    lines += _section("Proof", _tell_proof(document.proof))
    lines += ["", "What is run", *render_steps(document, verbose=verbose)]
    return "\n".join(lines) + "\n"


def _table(rows: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(name) for name, _ in rows), default=0)
    return [f"  {name:<{width}}  {text}" for name, text in rows]


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []


def _tell_package(package: PlannedPackage) -> str:
    return package.version + (f"  from {package.index}" if package.index else "")


def _tell_companion(row: Companion) -> str:
    build = "" if row.accelerator == row.variant else f" {row.variant}"
    return f"Python {row.python}, {row.accelerator}{build}: {', '.join(row.packages)}"


def _tell_proof(proof: Proof | None) -> list[str]:
    """What the package resolver said; that nobody asked it where that is so."""
    if proof is None:
        return ["not asked for: --prove lets the package resolver find every package, and makes the lock"]
    if proof.status == "not_proven":
        return [f"not proven: {proof.detail}", *proof.given_up]
    built = f"; built while they are installed: {', '.join(proof.built)}" if proof.built else ""
    return [f"{proof.by} found all {proof.packages} packages on {proof.on}{built}", *proof.given_up]


def render_steps(document: PlanDocument, *, verbose: bool) -> list[str]:
    """The commands, each under what it is for; files are shown before the first command that may read them."""
    lines: list[str] = []
    told = False
    for number, step in enumerate(document.steps, 1):
        spared = number > 1 and document.steps[number - 2].kind == "reuse"
        done = step.kind == "lock" and document.proof is not None and document.proof.status == "proven"
        aside = " (unless the step before did it)" if spared else " (done: the proof made it)" if done else ""
        lines.append(f"  {number}. {step.purpose}{aside}")
        if not told and (step.kind != "create" or _names_file(step, document)):
            lines += _render_files(document, verbose=verbose)
            told = True
        lines.append(f"     $ {shlex.join(step.argv)}")
    return lines


def _names_file(step: Step, document: PlanDocument) -> bool:
    """Whether a command is given one of the plan's files."""
    return any(word.endswith(file.path) for word in step.argv for file in document.files)


def _render_files(document: PlanDocument, *, verbose: bool) -> list[str]:
    lines = []
    for file in document.files:
        lines.append(f"     {document.environment}/{file.path} says:")
        lines += [f"     | {line}" for line in (file.text.splitlines() if verbose else _essence(file.text))]
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
    lines += _section("These cannot all hold; without any one of them the others could", document.clash)
    lines += _section("What would help", document.remedies)
    lines += _section("Mind", document.warnings)
    lines += _section("What was looked at", tell_rejections(document.rejected))
    return "\n".join(lines) + "\n"
