"""Somebody's report as facts: a JSON object, an mlenv snapshot, or a text in which known forms stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from mlenv.clues.text import normalise
from mlenv.errors import MlenvError
from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.facts.report import Report
from mlenv.intake.assembling import make_environment, make_machine, make_report, settle_views
from mlenv.intake.cleaning import unwrap
from mlenv.intake.forms.form import Form, Told
from mlenv.intake.merging import merge_told
from mlenv.intake.observed import read_observed, text_of

MOST_PARTS = 200
"""Parts of one form that are read in one text."""
_KEYS = ("symptom", "observed", "env_dump")
_Section = tuple[str, Told]


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """What a report states: facts of a machine, of an environment where it tells of one, and the rest."""

    machine: Machine
    environment: Environment | None
    report: Report


def read_report(text: str, *, origin: str) -> Reported:
    """What a text states, whatever it holds; ``origin`` is its name for the sources of facts.

    A text in which no form is known is what went wrong (``report.symptom``), all of it.
    """
    document = _decode(text)
    if isinstance(document, Mapping):
        snapshot = _read_snapshot(text, document, origin)
        if snapshot is not None:
            return snapshot
        if any(key in document for key in _KEYS):
            return _read_case(document, origin)
    return _read_text(text, origin)


def _decode(text: str) -> object:
    if not text.lstrip("\ufeff \t\r\n").startswith("{"):
        return None
    try:
        return msgspec.json.decode(text.lstrip("\ufeff \t\r\n"))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _read_snapshot(text: str, document: Mapping[object, object], origin: str) -> Reported | None:
    """The machine of an mlenv document, None where it is of another kind or cannot be read as one."""
    if not str(document.get("schema", "")).startswith("mlenv."):
        return None
    from mlenv.intake.snapshot import parse_environment, parse_snapshot

    plain = text.lstrip("\ufeff \t\r\n")
    try:
        machine, environment = parse_snapshot(plain, origin=origin), parse_environment(plain, origin=origin)
    except MlenvError:
        return None
    return Reported(machine=machine, environment=environment, report=Report(forms=("mlenv",)))


def _read_case(document: Mapping[object, object], origin: str) -> Reported:
    """``symptom``, ``observed`` and ``env_dump``: what the facts say comes before what the dump says."""
    symptom, dump = (unwrap(_words(document.get(key))) for key in ("symptom", "env_dump"))
    observed = read_observed(document.get("observed"))
    words = unwrap("\n".join(f"{key}: {value}" for key, value in observed.remarks.items()))
    sections = [(f"{origin}: observed", observed)]
    for part in (dump, words, symptom):
        sections += _read_forms(part, origin)
    text = normalise("\n".join(part for part in (words, dump) if part))
    return _assemble(sections, text=text, symptom=normalise(symptom))


def _words(value: object) -> str:
    """A text as it is; what is of another type in words."""
    return value if isinstance(value, str) else text_of(value)


def _read_text(text: str, origin: str) -> Reported:
    from mlenv.intake.forms.registry import IN_ERRORS

    raw = unwrap(text)
    plain = normalise(raw)
    sections = list(_read_forms(raw, origin, plain))
    known = any(name.rpartition(": ")[2] not in IN_ERRORS for name, _ in sections)
    return _assemble(sections, text=plain if known else "", symptom="" if known else plain)


def _read_forms(text: str, origin: str, plain: str = "") -> Iterator[_Section]:
    """The sections of every form in an unwrapped text, the most trusted forms first; ``plain`` is it normalised."""
    from mlenv.intake.forms.registry import FORMS

    if not text.strip():
        return
    plain = plain or normalise(text)
    for form in FORMS:
        for told in _read_form(form, text if form.raw else plain):
            yield f"{origin}: {form.name}", told


def _read_form(form: Form, text: str) -> list[Told]:
    """What one form finds; a part on which its reader stumbles tells nothing, and the others go on."""
    found: list[Told] = []
    try:
        for part in form.find(text)[:MOST_PARTS]:
            told = form.read(part)
            if told != Told():
                found.append(told)
    except Exception:  # noqa: BLE001 - a foreign text must never end a diagnosis
        return found
    return found


def _assemble(sections: list[_Section], *, text: str, symptom: str) -> Reported:
    told = merge_told(section for _, section in sections)
    views = settle_views(told)
    forms = tuple(dict.fromkeys(name.rpartition(": ")[2] for name, _ in sections))
    return Reported(
        machine=make_machine(told, sections, f"{symptom}\n{text}"),
        environment=make_environment(told, views),
        report=make_report(told, views, text=text, symptom=symptom or told.symptom, forms=forms),
    )
