"""The core of a refusal: the smallest set of wishes and facts that cannot all hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec

from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.resolve.attempt import Attempt, Case, make_attempt, pose_problem
from mlenv.resolve.candidates import Candidate, Field
from mlenv.resolve.devices import ORDER
from mlenv.resolve.pythons import pythons_to_try
from mlenv.resolve.question import Failure
from mlenv.resolve.request import Wanted
from mlenv.resolve.search import find_best

Held = Collection[tuple[str, str]]
Subject = Literal[
    "sources", "framework", "cpu", "rocm", "system", "gpu", "driver", "pythons", "python", "version", "build", "device"
]


class Fact(NamedTuple):
    """Something that an answer has to respect, and how it is told; ``name`` is the framework it is about."""

    subject: Subject
    name: str
    words: str


_SUBJECT_OF_RULE: dict[str, Subject] = {
    "requested-version": "version",
    "requested-package": "version",
    "requested-build": "build",
    "platform": "system",
    "cpu-flags": "cpu",
    "rocm-too-old": "rocm",
}
_FINAL = frozenset({"yanked", "broken", "below-floor", "dead", "solitary"})
"""What no change of the machine or the request lifts."""


def find_clash(case: Case, attempts: Sequence[Attempt]) -> tuple[Fact, ...]:
    """Wishes and facts that cannot all hold, while without any one of them the rest could.

    Facts are left out one after another, those first that nobody can change at a keystroke, as
    long as the rest still clashes.  Empty where even without them all nothing would be possible.
    """
    facts = list(_facts(case, attempts))
    world = _World(case, attempts)
    if not world.has_answer(kept=[]):
        facts = [fact for fact in facts if fact.subject == "framework"]
    core = list(facts)
    for fact in facts:
        rest = [other for other in core if other is not fact]
        if not world.has_answer(kept=rest):
            core = rest
    return tuple(core)


class _World:
    """An attempt at every device, asked again and again with other facts left out."""

    def __init__(self, case: Case, attempts: Sequence[Attempt]) -> None:
        self.attempts = list(attempts)
        tried = {row.accelerator for row in attempts}
        self.on_cpu = next((row for row in attempts if row.accelerator == "cpu"), None) or attempt_cpu(case)
        others = ORDER if case.request.accelerator in ("auto", "gpu") else ()
        self.elsewhere = [make_attempt(case, name) for name in others if name not in tried]

    def has_answer(self, kept: Sequence[Fact]) -> bool:
        """Whether some joint choice respects the facts that are kept.

        Without the GPUs of the machine any device will do, with a driver that fits it.
        """
        held = {(fact.subject, fact.name) for fact in kept}
        attempts = self.attempts if ("device", "") in held else [*self.attempts, self.on_cpu]
        if any(_respects(attempt, held) for attempt in attempts):
            return True
        if ("gpu", "") in held:
            return False
        free = held - {("driver", ""), ("rocm", "")}
        return any(_respects(attempt, free) for attempt in self.elsewhere)


def attempt_cpu(case: Case) -> Attempt:
    """The same request on the CPU."""
    anywhere = msgspec.structs.replace(case.request, accelerator="cpu", variant=None)
    return make_attempt(msgspec.structs.replace(case, request=anywhere), "cpu")


def _respects(attempt: Attempt, held: Held) -> bool:
    case = attempt.case
    fields = [
        field for field in attempt.fields if not field.wanted.optional and ("framework", _key(field.wanted)) in held
    ]
    if not fields:
        return True
    free = msgspec.structs.replace(case.request, python=None)
    pythons = attempt.pythons
    if ("python", "") not in held and ("pythons", "") not in held:
        pythons = pythons_to_try(free, case.machine, case.matrix, None)
    problem = pose_problem(
        attempt,
        admits=_admitting(held, fields),
        fields=fields,
        pythons=pythons,
        believing=("sources", "") not in held,
    )
    return find_best(problem) is not None


def _key(wanted: Wanted) -> str:
    """What a wish is called: alternatives are one wish."""
    return wanted.group or wanted.name


def _admitting(held: Held, fields: Sequence[Field]) -> Callable[[Candidate], bool]:
    """Which builds the facts that are held admit.

    Builds for other platforms count only where the framework has none for this one: nothing else
    is known of them.
    """
    native = {field.framework.id for field in fields if any(_is_for_platform(row) for row in field.rows)}

    def admits(row: Candidate) -> bool:
        if row.framework.id in native and not _is_for_platform(row):
            return False
        return all(
            failure.rule not in _FINAL and (subject_of(failure), _name(row, failure)) not in held
            for failure in row.failures
        )

    return admits


def _is_for_platform(row: Candidate) -> bool:
    return all(failure.rule != "platform" for failure in row.failures)


def _name(row: Candidate, failure: Failure) -> str:
    return row.framework.id if subject_of(failure) == "version" else ""


def subject_of(failure: Failure) -> Subject:
    """What a rule is about."""
    if failure.rule in _SUBJECT_OF_RULE:
        return _SUBJECT_OF_RULE[failure.rule]
    if failure.rule.startswith(("libc", "macos", "container", "jet", "rocm-on")):
        return "system"
    return "driver" if failure.driver or failure.rule.startswith("driver") else "gpu"


# ---------------------------------------------------------------- what there is to respect


def _facts(case: Case, attempts: Sequence[Attempt]) -> Iterator[Fact]:
    """All that could be part of a clash; of those that could be left out alike the later ones are kept."""
    required = [wanted for wanted in case.request.wanted if wanted.known and not wanted.optional]
    if case.supply is not None:
        yield Fact("sources", "", "the package sources that answer")
    for key in dict.fromkeys(_key(wanted) for wanted in required):
        yield Fact("framework", key, _tell_framework(case, key))
    fallen = [row for attempt in attempts for field in attempt.fields for row in field.fallen]
    failures = {"gpu", *(subject_of(failure) for row in fallen for failure in row.failures)}
    yield from (Fact(subject, "", words) for subject, words in _machine_facts(case.machine) if subject in failures)
    yield from _python_facts(case)
    for wanted in required:
        if wanted.text != wanted.name:
            yield Fact("version", wanted.name, f"{wanted.text} ({wanted.origin or 'the request'})")
    yield from _device_facts(case)


def _python_facts(case: Case) -> Iterator[Fact]:
    if case.request.python is not None:
        yield Fact("python", "", f"Python {case.request.python} (--python)")
    elif case.supply is not None and case.supply.pythons_on_demand is False:
        found = ", ".join(row.version for row in case.machine.pythons or ()) or "none"
        yield Fact("pythons", "", f"the installed Pythons ({found}), since no other can be had")


def _device_facts(case: Case) -> Iterator[Fact]:
    if case.request.variant is not None:
        yield Fact("build", "", f"the {case.request.variant} build (--accelerator)")
    if case.request.accelerator not in ("auto", "cpu"):
        asked = "a GPU" if case.request.accelerator == "gpu" else case.request.accelerator
        yield Fact("device", "", f"the wish to use {asked}")


def _tell_framework(case: Case, key: str) -> str:
    origin = next((row.origin for row in case.request.wanted if _key(row) == key), "")
    return f"{key} ({origin})" if origin else key


def _machine_facts(machine: Machine) -> Iterator[tuple[Subject, str]]:
    """What of a machine could clash; a GPU that no build serves outweighs the driver below it."""
    flags = ", ".join((machine.cpu.flags or ())[:4]) or "flags that nobody read"
    yield "cpu", f"this processor ({machine.cpu.model or 'unknown model'}; it has {flags})"
    version = machine.rocm.version if machine.rocm else None
    yield "rocm", f"ROCm {version or 'that is not installed'}"
    yield "system", _tell_system(machine)
    driver = machine.nvidia.driver if machine.nvidia else None
    yield "driver", f"the NVIDIA driver {driver}" if driver else "no NVIDIA driver that is known"
    names = ", ".join(dict.fromkeys(_tell_gpu(gpu) for gpu in machine.gpus or ()))
    yield "gpu", f"the GPUs of this machine ({names})" if names else "this machine has no GPU that is known"


def _tell_system(machine: Machine) -> str:
    libc = f", {machine.os.libc.family} {machine.os.libc.version}" if machine.os.libc else ""
    version = f" {machine.os.version}" if machine.os.version else ""
    return f"this system ({machine.os.family}{version} on {machine.architecture or 'an unknown processor'}{libc})"


def _tell_gpu(gpu: Gpu) -> str:
    code = gpu.compute_capability or gpu.gfx
    name = gpu.name or gpu.vendor
    return f"{name}, {code}" if code else name
