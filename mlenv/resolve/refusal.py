"""Why there is no answer, and the smallest changes that would give one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlenv.facts.machine import Machine
from mlenv.facts.version import numbers
from mlenv.resolve.candidates import Candidate, Field
from mlenv.resolve.companions import goes_with
from mlenv.resolve.explain import (
    SHOWN,
    WORDS,
    device_rejections,
    source_rejections,
    without_repeats,
)
from mlenv.resolve.places import find_place
from mlenv.resolve.question import Failure
from mlenv.resolve.request import Request
from mlenv.resolve.resolution import Impossible, Reason, Rejection
from mlenv.supply.offers import Supply

if TYPE_CHECKING:
    from mlenv.resolve.solve import Attempt


def explain_failure(
    request: Request, machine: Machine, supply: Supply | None, attempts: Sequence[Attempt]
) -> Impossible:
    """Why no accelerator gave an answer, and the smallest changes that would give one."""
    rejected: list[Rejection] = []
    remedies: list[str] = []
    for attempt in attempts:
        stuck = [row for field in attempt.fields if field.candidates for row in _why_stuck(field, attempt, supply)]
        rejected += stuck or device_rejections(attempt)
        remedies += [*_remedies(attempt), *_successors(attempt)]
    rejected += source_rejections(supply)
    if any(row.rule == "source-unreachable" for row in rejected):
        remedies.append("mend the network or proxy, or name a mirror or wheel folder (--index-url, --find-links)")
    if any(row.rule == "python" for row in rejected):
        remedies.append("use another Python: leave out --python, or install one that the builds have wheels for")
    reasons = [Reason(about="accelerator", text=_what_was_tried(request, machine, attempts))]
    if request.accelerator not in ("auto", "cpu"):
        remedies.append("use the CPU: --accelerator cpu")
    return Impossible(
        request=request,
        reasons=tuple(reasons),
        rejected=tuple(without_repeats(rejected)),
        remedies=tuple(dict.fromkeys(remedies)),
    )


def _why_stuck(field: Field, attempt: Attempt, supply: Supply | None) -> list[Rejection]:
    """Why the best build of a framework, which the rules allow, has no place in the environment."""
    if field.wanted.optional:
        return []
    best = field.candidates[0]
    served = [python for candidate in field.candidates for python in candidate.build.pythons]
    usable = [python for python in attempt.pythons if python in served]
    if not usable:
        at_hand = ", ".join(attempt.pythons) or "none that fits"
        text = f"{best.name} has wheels for Python {', '.join(best.build.pythons)}; at hand is {at_hand}"
        return [Rejection(candidate=best.name, rule="python", text=text)]
    if all(find_place(candidate, python, supply) is None for candidate in field.candidates for python in usable):
        text = f"{best.name} cannot be had from the sources that answer"
        return [Rejection(candidate=best.name, rule="supply", text=text)]
    return _clashes(best, attempt)


def _clashes(best: Candidate, attempt: Attempt) -> list[Rejection]:
    rows = []
    for other in attempt.fields:
        clashes = [goes_with(best, candidate) for candidate in other.candidates]
        if clashes and all(clashes) and other.framework.id != best.framework.id:
            rows.append(Rejection(candidate=best.name, rule="companion", text=clashes[0] or ""))
    return rows


def _what_was_tried(request: Request, machine: Machine, attempts: Sequence[Attempt]) -> str:
    if not attempts:
        found = "no GPU is known on this machine" if machine.gpus is None else "no GPU was found on this machine"
        return f"a GPU was asked for, and {found}"
    tried = ", ".join(WORDS[attempt.accelerator] for attempt in attempts)
    python = f" with Python {request.python}" if request.python else ""
    return f"no joint choice of builds runs on {tried}{python}"


def _remedies(attempt: Attempt) -> list[str]:
    """What would lift all that a build falls by, where it is one change; newest releases speak first."""
    remedies = []
    for field in attempt.fields:
        for fallen in field.fallen:
            remedy = _single_remedy(fallen.failures)
            if remedy and attempt.accelerator in fallen.build.accelerators and fallen.build.evidence != "unknown":
                remedies.append(f"{remedy}: then {fallen.name} runs here")
    return _shortest(remedies)


def _successors(attempt: Attempt) -> list[str]:
    """What to take in place of a framework of which nothing runs here and nothing new will come."""
    ended = [field.framework for field in attempt.fields if not field.candidates and field.framework.successor]
    return [f"{framework.name} is no longer maintained: use {framework.successor}" for framework in ended]


def _single_remedy(failures: Sequence[Failure]) -> str:
    floors = [failure.driver for failure in failures if failure.driver]
    if len(floors) == len(failures):
        return f"update the NVIDIA driver to {max(floors, key=numbers)} or newer"
    return failures[0].remedy if len(failures) == 1 else ""


def _shortest(remedies: list[str]) -> list[str]:
    """One line per remedy: the first build that it would admit."""
    kept: dict[str, str] = {}
    for line in remedies:
        kept.setdefault(line.split(": then ")[0], line)
    return list(kept.values())[:SHOWN]
