"""Why there is no answer: what clashes, what was looked at, and the cheapest changes that would help."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from mlenv.matrix.rows import Accelerator
from mlenv.resolve.attempt import Attempt, Case
from mlenv.resolve.candidates import Candidate, Field
from mlenv.resolve.change import (
    Change,
    Outcome,
    build_changes,
    driver_changes,
    python_changes,
    remedy_changes,
    try_changes,
    version_changes,
)
from mlenv.resolve.claims import clash_of
from mlenv.resolve.conda_route import conda_way_out
from mlenv.resolve.conflict import attempt_cpu, find_clash, subject_of
from mlenv.resolve.device_words import warn_of_devices
from mlenv.resolve.devices import ORDER
from mlenv.resolve.gpu_rules import DEVICES
from mlenv.resolve.places import find_place
from mlenv.resolve.preference import serves
from mlenv.resolve.rejections import device_rejections, source_rejections, without_repeats
from mlenv.resolve.resolution import Impossible, Reason, Rejection
from mlenv.resolve.words import WORDS

SHOWN = 8
"""So many changes that help are named for each device."""
ON_CPU: Accelerator = "cpu"
OF_MACHINE = frozenset({"system", "gpu", "driver"})


def explain_failure(case: Case, attempts: Sequence[Attempt]) -> Impossible:
    """Why no accelerator gave an answer, and the smallest changes that would give one."""
    rejected: list[Rejection] = []
    for attempt in attempts:
        stuck = [row for field in attempt.fields if field.candidates for row in _why_stuck(field, attempt)]
        rejected += stuck or device_rejections(attempt)
    rejected += source_rejections(case.supply)
    return Impossible(
        request=case.request,
        clash=tuple(fact.words for fact in find_clash(case, attempts)),
        reasons=(Reason(about="accelerator", text=_what_was_tried(case, attempts)),),
        rejected=tuple(without_repeats(rejected)),
        remedies=tuple(dict.fromkeys(_remedies(case, attempts, rejected))),
        warnings=tuple(warn_of_devices(case.machine, case.matrix, _wanted_device(case, attempts))),
    )


def _wanted_device(case: Case, attempts: Sequence[Attempt]) -> Accelerator:
    """The device that the request is about: the first one tried, else what it names, else the CPU."""
    if attempts:
        return attempts[0].accelerator
    return next((name for name in ORDER if name == case.request.accelerator), ON_CPU)


def _why_stuck(field: Field, attempt: Attempt) -> list[Rejection]:
    """Why the best build of a framework, which the rules allow, has no place in the environment."""
    if field.wanted.optional:
        return []
    best, supply = field.candidates[0], attempt.case.supply
    served = [python for candidate in field.candidates for python in candidate.build.pythons]
    usable = [row.series for row in attempt.pythons if row.series in served]
    if not usable:
        at_hand = ", ".join(row.series for row in attempt.pythons) or "none that fits"
        text = f"{best.name} has wheels for Python {', '.join(best.build.pythons)}; at hand is {at_hand}"
        return [Rejection(candidate=best.name, rule="python", text=text)]
    if all(find_place(candidate, python, supply) is None for candidate in field.candidates for python in usable):
        text = f"{best.name} cannot be had from the sources that answer"
        return [Rejection(candidate=best.name, rule="supply", text=text)]
    return [*_clashes(best, attempt), *_refuted(best, attempt)]


def _clashes(best: Candidate, attempt: Attempt) -> Iterator[Rejection]:
    for other in attempt.fields:
        if other.framework.id != best.framework.id:
            clashes = [clash_of(best, candidate) for candidate in other.candidates]
            if clashes and all(clashes):
                yield Rejection(candidate=best.name, rule="companion", text=clashes[0] or "")


def _refuted(best: Candidate, attempt: Attempt) -> Iterator[Rejection]:
    build = (best.framework.id, best.release.version, best.build.variant)
    for row in attempt.case.refuted:
        if row.forbids(build) is not None:
            yield Rejection(candidate=best.name, rule="proof", text=row.text)


def _what_was_tried(case: Case, attempts: Sequence[Attempt]) -> str:
    if not attempts:
        known = "is known" if case.machine.gpus is None else "was found"
        return f"a GPU was asked for, and no GPU {known} on this machine"
    tried = ", ".join(WORDS[attempt.accelerator] for attempt in attempts)
    python = f" with Python {case.request.python}" if case.request.python else ""
    return f"no joint choice of builds runs on {tried}{python}"


# ---------------------------------------------------------------- what would help


def _remedies(case: Case, attempts: Sequence[Attempt], rejected: Sequence[Rejection]) -> Iterator[str]:
    """Changes that help, each tried: single ones, else pairs; then what no search can try."""
    if any(row.rule == "source-unreachable" for row in rejected):
        yield "mend the network or proxy, or name a mirror or wheel folder (--index-url, --find-links)"
    told: set[str] = set()
    for attempt in attempts:
        for outcome in _outcomes(attempt):
            if _join_words(outcome) not in told:  # on the first device that it helps on
                told.add(_join_words(outcome))
                yield f"{_join_words(outcome)}: then {_tell(outcome)}"
    if case.request.accelerator not in ("auto", "cpu") and attempt_cpu(case).choice is not None:
        yield "use the CPU: --accelerator cpu"
    for attempt in attempts:
        yield from _ways_out(attempt)
    yield from _other_machines(attempts)
    yield from _successors(attempts)


def _ways_out(attempt: Attempt) -> Iterator[str]:
    """Frameworks that conda's channel serves where no wheel does."""
    case = attempt.case
    for field in attempt.fields:
        if not field.wanted.optional and not field.candidates and _falls_by_machine(field):
            words = conda_way_out(case.machine, case.matrix, field.framework.id, attempt.accelerator)
            if words:
                yield words


def _falls_by_machine(field: Field) -> bool:
    """Whether some build falls by nothing but the system, the GPU or its driver, which another build may suit."""
    native = (row for row in field.fallen if row.failures[0].rule != "platform")
    return any(all(subject_of(failure) in OF_MACHINE for failure in row.failures) for row in native)


def _other_machines(attempts: Sequence[Attempt]) -> Iterator[str]:
    """The devices that a framework is made for, where it has nothing for those that are here."""
    without = [{field.framework.id: field for field in attempt.fields if not field.rows} for attempt in attempts]
    for name in without[0] if without else ():
        if all(name in other for other in without):
            framework = without[0][name].framework
            devices = [words for device, words in DEVICES.items() if serves(framework, device)]
            yield f"use a machine with {' or '.join(devices)}: {framework.name} is made for nothing else"


def _outcomes(attempt: Attempt) -> Iterator[Outcome]:
    """What single changes give; where none helps, what two together give."""
    changes = _changes(attempt)
    single = [outcome for change in changes if (outcome := try_changes(attempt, [change])) is not None]
    if single:
        yield from _cheapest(single)
        return
    pairs = (try_changes(attempt, pair) for pair in itertools.combinations(changes[: 2 * SHOWN], 2))
    yield from _cheapest([outcome for outcome in pairs if outcome is not None])


def _changes(attempt: Attempt) -> list[Change]:
    """What could be changed, the cheapest first: a condition, a Python, a framework, a driver, the rest."""
    required = [field for field in attempt.fields if not field.wanted.optional]
    without = [
        Change(words=f"leave {field.framework.id} out", without=field.framework.id)
        for field in required
        if len(required) > 1
    ]
    accelerator = attempt.accelerator
    return [
        *version_changes(required),
        *build_changes(attempt),
        *python_changes(attempt),
        *without,
        *driver_changes(required, attempt),
        *remedy_changes(required, accelerator),
    ]


def _cheapest(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Of the outcomes with the same builds the cheapest one: the lowest driver, the first Python."""
    kept: dict[tuple[str, ...], Outcome] = {}
    for outcome in outcomes:
        kept.setdefault(tuple(candidate.name for candidate in outcome.candidates), outcome)
    return list(kept.values())[:SHOWN]


def _join_words(outcome: Outcome) -> str:
    return " and ".join(change.words for change in outcome.changes)


def _tell(outcome: Outcome) -> str:
    names = [candidate.name for candidate in outcome.candidates]
    runs = "runs" if len(names) == 1 else "run"
    return f"{', '.join(names)} {runs} here"


def _successors(attempts: Sequence[Attempt]) -> Iterator[str]:
    """What to take in place of a framework of which nothing runs here and nothing new will come."""
    for attempt in attempts:
        for field in attempt.fields:
            if not field.candidates and field.framework.successor:
                yield f"{field.framework.name} is no longer maintained: use {field.framework.successor}"
