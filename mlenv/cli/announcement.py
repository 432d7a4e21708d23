"""What is told before an installation begins."""

from __future__ import annotations

from mlenv.plan.plan import Plan, PlannedPackage
from mlenv.report.redact import mask_text
from mlenv.terminal import Terminal

TOLD = 6
"""So many releases that no source has, and so many packages of a lock, are named."""


def announce(terminal: Terminal, plan: Plan) -> None:
    """The choice, what it is proven by, what was given up, and what would give more."""
    terminal.note(f"Python {plan.python}, {plan.accelerator.kind}: {mask_text(_name_packages(plan))}")
    for row in plan.rejected:
        if row.rule == "source-unreachable":
            terminal.note(mask_text(row.text))
    given_up = [row.candidate for row in plan.rejected if row.rule == "supply"]
    if given_up:
        more = f" and {len(given_up) - TOLD} more" if len(given_up) > TOLD else ""
        terminal.note(f"given up, since no source that answers has it: {', '.join(given_up[:TOLD])}{more}")
    if plan.proof is not None and plan.proof.status == "proven":
        terminal.note(_tell_proof(plan))
    for warning in plan.warnings:
        terminal.warn(warning)
    for lift in plan.lifts:
        terminal.note(f"{lift.change}: that would give {lift.gives}")


def _name_packages(plan: Plan) -> str:
    named = [*(_name_package(package) for package in plan.packages), *plan.others]
    if plan.proof is None or not plan.proof.by.startswith("the lock") or len(named) <= TOLD:
        return ", ".join(named)
    return f"{', '.join(named[:TOLD])} and {len(named) - TOLD} more"


def _tell_proof(plan: Plan) -> str:
    """``proven by uv 0.13.9: 79 packages, 2.1 GB to download at most``."""
    proof = plan.proof
    assert proof is not None
    size = f", {plan.download_bytes / 1e6:,.0f} MB to download at most" if plan.download_bytes else ""
    built = f"; built from source: {', '.join(proof.built)}" if proof.built else ""
    return f"proven by {proof.by}: {proof.packages} packages{size}{built}"


def _name_package(package: PlannedPackage) -> str:
    origin = f"(from {package.index})" if package.index else ""
    return " ".join(part for part in (package.name, package.version, origin) if part)
