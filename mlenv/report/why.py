"""What this machine and the matrix say of one requirement: ``mlenv why``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from mlenv.facts.machine import Machine
from mlenv.matrix.load import DataVersion
from mlenv.report.document import Document
from mlenv.report.matrix.why import describe_machine
from mlenv.report.rejections import tell_rejections
from mlenv.report.style import clean
from mlenv.resolve.resolution import Companion, Impossible, Lift, Reason, Rejection, Resolution
from mlenv.resolve.words import WORDS

SCHEMA = "mlenv.why/1"

Verdict = Literal["runs", "cpu-only", "impossible"]
"""Runs on the best device of the machine; runs on the CPU although there is a device; cannot be had."""


class WhyDocument(Document, frozen=True, kw_only=True):
    """The answer for one requirement on one machine.

    ``answer`` is the outcome in sentences, ``choice`` what would be installed (null where nothing
    can be), ``instead`` the best without the requirement's conditions, where that is another one.
    ``rejected`` are the builds that the requirement admits or that are newer, and the rule and row
    each fell by.  ``clash`` and ``remedies`` are as in a plan that does not exist, ``lifts`` as in
    one that does.
    """

    requirement: str
    machine: Machine
    verdict: Verdict
    answer: tuple[str, ...]
    choice: Companion | None = None
    instead: Companion | None = None
    reasons: tuple[Reason, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    clash: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    lifts: tuple[Lift, ...] = ()
    warnings: tuple[str, ...] = ()


def why_document(
    requirement: str,
    machine: Machine,
    data: DataVersion,
    answer: Resolution | Impossible,
    free: Resolution | Impossible,
) -> WhyDocument:
    """The document of an answer; ``free`` is the answer without the requirement's conditions."""
    choice, best = _essence(answer), _essence(free)
    instead = best if best != choice else None
    document = WhyDocument(
        schema=SCHEMA,
        matrix_version=data.version,
        matrix_digest=data.digest,
        requirement=requirement,
        machine=machine,
        verdict=_judge(answer, machine),
        answer=tuple(_answer(requirement, choice, instead, machine)),
        choice=choice,
        instead=instead,
        rejected=answer.rejected,
        warnings=answer.warnings,
    )
    if isinstance(answer, Impossible):
        return msgspec.structs.replace(document, clash=answer.clash, remedies=answer.remedies)
    return msgspec.structs.replace(document, reasons=answer.reasons, lifts=answer.lifts)


def _essence(answer: Resolution | Impossible) -> Companion | None:
    if isinstance(answer, Impossible):
        return None
    names = tuple(pick.name for pick in answer.picks)
    return Companion(accelerator=answer.accelerator, variant=answer.variant, python=answer.python, packages=names)


def _judge(answer: Resolution | Impossible, machine: Machine) -> Verdict:
    if isinstance(answer, Impossible):
        return "impossible"
    return "cpu-only" if answer.accelerator == "cpu" and machine.gpus else "runs"


def _answer(requirement: str, choice: Companion | None, instead: Companion | None, machine: Machine) -> Iterator[str]:
    if choice is None:
        yield f"No: {requirement} cannot be had here."
    else:
        only = " only" if choice.accelerator == "cpu" and machine.gpus else ""
        names, device = ", ".join(choice.packages), WORDS[choice.accelerator]
        yield f"{names} runs here on {device}{only}, with Python {choice.python}."
    if instead is not None:
        packages = ", ".join(instead.packages)
        yield f"Without the condition: {packages} on {WORDS[instead.accelerator]}, with Python {instead.python}."


# ---------------------------------------------------------------- text


def render_why(document: WhyDocument, width: int) -> str:
    """The answer, what fell and by which row, and what would help."""
    lines = [*_fill(f"{document.requirement} on {describe_machine(document.machine)}", width, "", "  ")]
    for sentence in document.answer:
        lines += _fill(sentence, width, "", "  ")
    lines += _section("These cannot all hold; without any one of them the others could", document.clash, width)
    lines += _section("What would help", document.remedies, width)
    lines += _section("Why", [f"{row.about}: {row.text}" for row in document.reasons], width)
    lines += _section("What fell", tell_rejections(document.rejected), width)
    lines += _section("What would give more", [f"{row.change}: {row.gives}" for row in document.lifts], width)
    lines += _section("Mind", document.warnings, width)
    lines += ["", *_fill(f'The rows with their sources: mlenv matrix why "{document.requirement}"', width, "", "  ")]
    return clean("".join(f"{line}\n" for line in lines))


def _section(title: str, lines: Iterable[str], width: int) -> list[str]:
    shown = [part for line in lines for part in _fill(line, width, "  ", "    ")]
    return ["", title, *shown] if shown else []


def _fill(text: str, width: int, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
