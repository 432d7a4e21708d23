"""What checks ask about messages: which are there, what they name, and the finding that they lead to."""

from __future__ import annotations

from mlenv.checks.evidence import quote
from mlenv.checks.finding import Finding, Fix, Grade, Severity
from mlenv.checks.registry import Case
from mlenv.checks.situation import gpu_is_seen_to_work
from mlenv.clues.clue import Clue

NO_GPU = (
    "smi-cannot-reach-driver",
    "smi-no-devices",
    "smi-not-found",
    "nvml-driver-not-loaded",
    "nvml-library-missing",
    "nvml-unknown-error",
    "driver-insufficient",
    "no-nvidia-driver",
    "no-cuda-driver-found",
    "cuda-no-device",
    "no-visible-gpu",
    "cuda-unknown-error",
    "cuda-init-failed",
    "accelerator-not-used",
    "tensorflow-sees-no-gpu",
    "tensorflow-cuda-drivers-not-found",
    "libcuda-missing",
    "container-host-driver-missing",
    "module-device-refused",
)
"""Messages that say no more than that a program does not reach the NVIDIA GPU."""
REFUSALS = (
    "no-wheel-with-tag",
    "wheels-for-other-tags",
    "wheel-not-supported",
    "no-wheel-for-platform",
    "no-matching-distribution",
    "no-installation-candidates",
    "no-usable-wheels",
    "other-python-required",
    "placeholder-built",
)
"""Clues by which an installer says that nothing fits, what names most first."""


def present(case: Case, *slugs: str) -> tuple[str, ...]:
    """Which of those messages the case has, for ``explains``."""
    return tuple(dict.fromkeys(clue.id for clue in case.clues_of(*slugs)))


def first_told(case: Case, *slugs: str) -> Clue | None:
    """The first clue that is one of those; one that the user named goes before all others.

    What was seen to work outranks a line that merely stands somewhere in a report: there only what
    the user named counts.
    """
    found = [clue for slug in slugs for clue in case.clues_of(slug)]
    told = [clue for clue in found if clue.told]
    if told or gpu_is_seen_to_work(case):
        return told[0] if told else None
    return found[0] if found else None


def is_told(case: Case, *slugs: str) -> bool:
    """Whether the user named one of those messages as what went wrong."""
    return any(clue.told for clue in case.clues_of(*slugs))


def weigh(*clues: Clue | None) -> Severity:
    """An error where the user named one of the messages, else a warning."""
    return "error" if any(clue is not None and clue.told for clue in clues) else "warning"


def value(clue: Clue | None, *names: str) -> str:
    """What a message names: the first of some values, whose groups may carry a number (``package2``); else empty."""
    if clue is None:
        return ""
    found = (text for name in names for key, text in clue.values.items() if key.rstrip("0123456789") == name)
    return next(found, "").strip()


def value_of(case: Case, slug: str, *names: str) -> str:
    """What the messages of an id name: the first value that one of them has; empty where none is stated."""
    found = (value(clue, *names) for clue in case.clues_of(slug))
    return next(filter(None, found), "")


def conclude(
    case: Case,
    slug: str,
    clues: tuple[str, ...],
    *,
    title: str,
    cause: str,
    fix: tuple[Fix, ...],
    evidence: tuple[str, ...] = (),
    applies_to: tuple[str, ...] = (),
    severity: Severity = "error",
    grade: Grade | None = None,
    also: tuple[str, ...] = (),
) -> Finding:
    """A finding whose cause some messages name: they are its evidence, beside what was read.

    ``also`` are messages that this cause explains without being named by them.  Without a ``grade`` it is
    ``named`` where one of the messages is there, else ``shown``.
    """
    found = case.clues_of(*clues)
    return Finding(
        id=slug,
        severity=severity,
        title=title,
        cause=cause,
        evidence=(*evidence, *quote(*found[:2])),
        fix=fix,
        applies_to=applies_to,
        grade=grade or ("named" if found else "shown"),
        explains=present(case, *clues, *also),
    )
