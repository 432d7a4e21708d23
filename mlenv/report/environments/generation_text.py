"""One generation in full, for reading."""

from __future__ import annotations

from mlenv.report.environments.generation import EnvironmentDocument, MachineSummary, PackageRow
from mlenv.report.environments.rows import STATUS_WORDS, GenerationRow, show_moment, show_size
from mlenv.report.environments.settings import tell_accelerator
from mlenv.report.page import DEFAULT_WIDTH, Page
from mlenv.verify.result import Result


def render_text(
    document: EnvironmentDocument, *, width: int = DEFAULT_WIDTH, colour: bool = False, verbose: bool = False
) -> str:
    """What the generation is, holds and has proven; dependencies one by one where ``verbose``."""
    page = Page(width=width, colour=colour)
    row = document.generation
    page.heading(f"{document.environment}: generation {row.number}{' (in use)' if row.current else ''}")
    page.table(_facts(document, row), indent=2)
    page.heading("Made on")
    page.table(_machine_rows(document.machine), indent=2)
    _render_packages(page, document, verbose=verbose)
    page.heading(f"Verification: {STATUS_WORDS[document.verification.status]}")
    for result in document.verification.results:
        page.text(_tell_result(result), indent=2, hang=6)
    _render_rest(page, document)
    return page.render()


def _facts(document: EnvironmentDocument, row: GenerationRow) -> list[tuple[str, str]]:
    plan = document.plan
    proof = f", proven by {plan.proof}" if plan.proof else ""
    rows = [
        ("Made", f"{show_moment(row.created)} UTC by {row.manager}{proof}"),
        ("Profile", row.profile or "none"),
        ("Python", row.python),
        ("Accelerator", tell_accelerator(row.accelerator)),
        ("Matrix", row.matrix_version),
    ]
    rows += [("Size", show_size(row.bytes))] if row.bytes is not None else []
    rows += [("Also asked", text) for text in plan.others]
    return rows + [("Variable", f"{name}={value}") for name, value in plan.variables.items()]


def _machine_rows(machine: MachineSummary) -> list[tuple[str, str]]:
    rows = [("System", machine.system), ("Processor", machine.processor), ("Memory", machine.memory)]
    gpus = ("not known",) if machine.gpus is None else machine.gpus or ("none",)
    rows += [("GPU", text) for text in gpus]
    return rows + ([("Driver", machine.driver)] if machine.driver else [])


def _render_packages(page: Page, document: EnvironmentDocument, *, verbose: bool) -> None:
    shown = [row for row in document.packages if row.asked or verbose]
    hidden = len(document.packages) - len(shown)
    page.heading(f"Packages: {len(document.packages)}{'' if document.complete else ' known from the plan'}")
    page.table([(row.name, _tell_package(row)) for row in shown], indent=2)
    if not document.complete:
        page.text("the lock cannot be read or does not name everything", indent=2, hang=2)
    if hidden:
        page.text(f"and {hidden} {'dependency' if hidden == 1 else 'dependencies'} (-v shows all)", indent=2)


def _tell_package(row: PackageRow) -> str:
    parts = [row.version or "version not stated", "built from source" if row.built else ""]
    parts += [f"from {row.source}" if row.source else "", row.hash]
    return ", ".join(filter(None, parts))


def _tell_result(result: Result) -> str:
    name = " ".join(filter(None, (result.framework, result.version)))
    where = f" on {result.device}" if result.device else ""
    detail = f": {result.detail}" if result.detail else ""
    return f"{result.status} {name} {result.check}{where}{detail}"


def _render_rest(page: Page, document: EnvironmentDocument) -> None:
    if document.timings:
        page.heading("Seconds")
        page.table([(name, f"{seconds:.1f}") for name, seconds in document.timings.items()], indent=2)
    if document.files:
        page.heading("Files")
        for path in document.files:
            page.text(path, indent=2)
    if document.plan.warnings:
        page.heading("Mind")
        for warning in document.plan.warnings:
            page.text(warning, indent=2, hang=2)
