"""For each finding a case that has it, and its near miss: the same case with one fact changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from difflib import SequenceMatcher

import msgspec

from mlenv.checks.registry import Case, all_checks, diagnose
from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from tests.unit.checks.checks_cases import FOLDER
from tests.unit.checks.platform_cases import told_case

DATED = Matrix(as_of=dt.date(2025, 6, 1))
"""The built-in data as of one day, so that what is refreshed later decides nothing here."""
SMALL = Matrix(FOLDER)
"""The small matrix of the tests of the checks."""
LIKENESS = 0.6
"""How much of a text two near misses share at least."""
SPEAKS_AS = {"driver-refuses-build": "driver-too-old-for-build"}
"""Checks whose finding has the id of another one's."""


class NearMiss(msgspec.Struct, frozen=True, kw_only=True):
    """A case that makes a finding, and one that differs from it in one fact and makes none."""

    fires: Case
    silent: Case
    matrix: Matrix = DATED


def said(words: str, instead: str, machine: Machine | None = None, *, text: str = "", **told: object) -> NearMiss:
    """Reports of the same machine with other words."""
    cases = (told_case(symptom, machine, text=text, **told) for symptom in (words, instead))  # type: ignore[arg-type]
    return NearMiss(fires=next(cases), silent=next(cases))


def beside(words: str, text: str, instead: str, machine: Machine | None = None, **told: object) -> NearMiss:
    """Reports of the same words with another text around them."""
    cases = (told_case(words, machine, text=around, **told) for around in (text, instead))  # type: ignore[arg-type]
    return NearMiss(fires=next(cases), silent=next(cases))


def told_on(words: str, machine: Machine, other: Machine, **told: object) -> NearMiss:
    """Reports of the same words on different machines."""
    return NearMiss(fires=told_case(words, machine, **told), silent=told_case(words, other, **told))  # type: ignore[arg-type]


def told_in(
    words: str, environment: Environment, other: Environment, machine: Machine | None = None, **told: object
) -> NearMiss:
    """Reports of the same words in different environments."""
    cases = (told_case(words, machine, environment=held, **told) for held in (environment, other))  # type: ignore[arg-type]
    return NearMiss(fires=next(cases), silent=next(cases))


def seen(machine: Machine, other: Machine, environment: Environment | None = None, matrix: Matrix = SMALL) -> NearMiss:
    """Machines that were looked at."""
    cases = (Case(machine=row, environment=environment) for row in (machine, other))
    return NearMiss(fires=next(cases), silent=next(cases), matrix=matrix)


def held(machine: Machine, environment: Environment, other: Environment, matrix: Matrix = SMALL) -> NearMiss:
    """Environments that were looked at on one machine."""
    cases = (Case(machine=machine, environment=row) for row in (environment, other))
    return NearMiss(fires=next(cases), silent=next(cases), matrix=matrix)


def judge(slug: str, case: Case, matrix: Matrix) -> str:
    """``found``, ``silent``, ``skipped``, or what else came of the check of that id and why."""
    chosen = [item for item in all_checks() if item.id == slug]
    diagnosis = diagnose(case, matrix, chosen or None)
    if any(finding.id == SPEAKS_AS.get(slug, slug) for finding in diagnosis.findings):
        return "found"
    if not chosen or diagnosis.checks[0].outcome == "ran":
        return "silent"
    row = diagnosis.checks[0]
    return row.outcome if row.outcome == "skipped" else f"{row.outcome}: {row.detail}"


def find_differences(one: Case, other: Case) -> list[str]:
    """The facts in which two cases differ, by their place: ``machine.gpus.0.gfx``.

    Clues are left out: they follow from the words.
    """
    return [place for place in _compare(one, other) if not place.startswith("clues")]


def _compare(one: object, other: object, place: str = "") -> Iterator[str]:
    if isinstance(one, msgspec.Struct) and type(one) is type(other):
        for field in type(one).__struct_fields__:
            yield from _compare(getattr(one, field), getattr(other, field), f"{place}.{field}".lstrip("."))
    elif isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other, strict=True)):
            yield from _compare(*pair, f"{place}.{number}")
    elif one != other:
        yield place


def is_likeness(one: Case, other: Case) -> bool:
    """Whether the words of two reports are nearly the same; no words are like no words only."""
    if one.report is None or other.report is None:
        return one.report is other.report
    pairs = ((one.report.symptom, other.report.symptom), (one.report.text, other.report.text))
    return all(SequenceMatcher(None, *pair, autojunk=False).ratio() >= LIKENESS for pair in pairs)
