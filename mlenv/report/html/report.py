"""A diagnosis, a verification, the map of a framework or of all of them as one HTML file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlenv.facts.machine import Machine
from mlenv.report.doctor import DoctorDocument
from mlenv.report.doctor_text import closing_line as close_doctor
from mlenv.report.html import findings, rates
from mlenv.report.html.engine import render_template
from mlenv.report.html.picture import draw_machine
from mlenv.report.matrix.map import CellState, CompatibilityMap
from mlenv.report.matrix.overview import Overview
from mlenv.report.style import UNICODE_MARKS
from mlenv.report.subjects import describe_machine, describe_subject
from mlenv.report.verify import VerifyDocument
from mlenv.report.verify_text import closing_line as close_verify

Strip = Callable[[str], str]
Sections = list[tuple[str, str]]


def render_html(
    document: DoctorDocument | VerifyDocument,
    machine: Machine | None = None,
    compatibility: Sequence[CompatibilityMap] = (),
    *,
    strip: Strip = str,
) -> str:
    """The report as a page that needs no other file.

    ``machine`` is drawn in the report of a verification (a diagnosis holds its own), ``compatibility`` are the
    maps to show.  ``strip`` takes private words out of each text before it is escaped.
    """
    if isinstance(document, DoctorDocument):
        return _render_doctor(document, compatibility, strip)
    return _render_verify(document, machine, compatibility, strip)


def _render_doctor(document: DoctorDocument, maps: Sequence[CompatibilityMap], strip: Strip) -> str:
    sections = [("findings", "Findings"), ("machine", "Machine"), *_map_section(maps), ("checks", "Checks")]
    return render_template(
        "doctor",
        strip,
        document=document,
        described=describe_machine(document.machine, UNICODE_MARKS),
        closing=close_doctor(document),
        findings=findings.arrange_findings(document),
        unknown=findings.list_unknown(document),
        environment=describe_subject("environment", document.machine, document.environment, UNICODE_MARKS),
        subjects=findings.arrange_checks(document),
        states=findings.STATES,
        picture=draw_machine(document.machine),
        maps=maps,
        sections=sections,
    )


def _render_verify(
    document: VerifyDocument, machine: Machine | None, maps: Sequence[CompatibilityMap], strip: Strip
) -> str:
    measured, subjects = rates.arrange_rates(document), rates.arrange_subjects(document)
    sections: Sections = [("frameworks", "Frameworks")]
    sections += [("rates", "Rates")] if measured else []
    sections += [("machine", "Machine")] if machine else []
    sections += [("more", "Environment, computer, policy")] if subjects else []
    return render_template(
        "verify",
        strip,
        document=document,
        closing=close_verify(document),
        frameworks=rates.arrange_frameworks(document),
        rates=measured,
        subjects=subjects,
        states=rates.STATES,
        words=rates.WORDS,
        picture=draw_machine(machine) if machine else None,
        maps=maps,
        sections=[*sections, *_map_section(maps)],
    )


def _map_section(maps: Sequence[CompatibilityMap]) -> Sections:
    return [("map", "What it can run")] if maps else []


def render_maps(
    maps: Sequence[CompatibilityMap], *, mlenv_version: str, matrix_version: str, strip: Strip = str
) -> str:
    """Maps of frameworks as a page of their own: ``mlenv matrix show --format html``."""
    names = ", ".join(row.name for row in maps)
    described = next((row.machine for row in maps), "")
    return render_template(
        "map",
        strip,
        heading=f"What this machine can run of {names}" if described else f"Releases and builds of {names}",
        described=described,
        maps=maps,
        sections=[(row.framework, row.name) for row in maps],
        mlenv_version=mlenv_version,
        matrix_version=matrix_version,
    )


LEGEND: tuple[tuple[CellState, str], ...] = (
    ("runs", "runs"),
    ("unproven", "not proven"),
    ("fails", "does not run"),
    ("elsewhere", "for other machines"),
)
"""What the fields of an overview say of a machine."""


def render_overview(overview: Overview, *, mlenv_version: str, matrix_version: str, strip: Strip = str) -> str:
    """All frameworks as a page: ``mlenv matrix show --format html`` where none is named."""
    sections = [("devices", "With code for a device")] if overview.rows else []
    sections += [("plain", "Without")] if overview.plain else []
    return render_template(
        "overview",
        strip,
        heading="What this machine can run" if overview.machine else "Frameworks and their devices",
        overview=overview,
        legend=LEGEND if overview.machine else (("published", "published"),),
        sections=[*sections, ("more", "One framework")],
        mlenv_version=mlenv_version,
        matrix_version=matrix_version,
    )
