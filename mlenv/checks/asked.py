"""What a report tells beside its facts: values of clues, its words, the Python that was asked."""

from __future__ import annotations

import msgspec

from mlenv.checks.registry import Case, Skip
from mlenv.clues.clue import Clue
from mlenv.clues.text import normalise
from mlenv.facts.version import series

FRAMEWORKS = ("torch", "tensorflow", "jax", "jaxlib", "onnxruntime", "onnxruntime-gpu", "tensorflow-cpu")
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


class AskedPython(msgspec.Struct, frozen=True, kw_only=True):
    """The Python that a report is about; what is None was not told."""

    version: str | None = None
    bits: int | None = None
    free_threaded: bool = False
    architecture: str | None = None

    @property
    def series(self) -> str:
        """``3.13``, or ``3.13t`` of a free-threaded one; empty where it was not told."""
        return f"{series(self.version)}{'t' if self.free_threaded else ''}" if self.version else ""


def value(clue: Clue | None, *names: str) -> str:
    """What a clue names: the first of some values, whose groups may carry a number (``package2``)."""
    if clue is None:
        return ""
    found = (text for name in names for key, text in clue.values.items() if key.rstrip("0123456789") == name)
    return next(found, "").strip()


def words_of(case: Case) -> str:
    """All words of a report in one form and in small letters; empty where there is none."""
    if case.report is None:
        return ""
    report = case.report
    return normalise("\n".join((report.symptom, report.text, *report.remarks.values()))).lower()


def remarks_of(case: Case) -> str:
    """What was stated in words of which there is no field, in small letters."""
    return " ; ".join(f"{name}: {text}" for name, text in case.report.remarks.items()).lower() if case.report else ""


def asked_python(case: Case) -> AskedPython:
    """The environment's Python, else the first of the machine; the words of the report complete it."""
    known = next(iter(case.machine.pythons or ()), None)
    environment = case.environment
    version = (environment.python if environment else None) or (known.version if known else None)
    told_32 = case.clue("python-is-32bit") is not None
    architecture = (environment.architecture if environment else None) or (known.architecture if known else None)
    return AskedPython(
        version=version.rstrip("t") if version else None,
        bits=32 if told_32 else (environment.bits if environment else None) or (known.bits if known else None),
        free_threaded=bool(version and version.endswith("t"))
        or bool(known and known.free_threaded)
        or case.clue("python-is-free-threaded") is not None,
        architecture=architecture or ("x86_64" if case.machine.os.rosetta else None),
    )


def is_installed(case: Case) -> bool:
    """Whether a framework is there already, so that its wheel was found once."""
    held = {dist.name for dist in case.environment.distributions} if case.environment else set()
    views = {view.framework for view in case.report.views if view.version} if case.report else set()
    return bool((held | views) & set(FRAMEWORKS))


def leave_to_message(case: Case) -> None:
    """Raise :class:`Skip` where the message of an installer decides, or a framework is there already.

    What the newest release asks of a machine is no cause of trouble with one that is installed.
    """
    if not case.is_report:
        return
    if case.clue(*REFUSALS) is not None:
        raise Skip("the message of the installer decides")
    if is_installed(case):
        raise Skip("a framework is installed already")


def is_apple_silicon(case: Case) -> bool:
    """Whether the processor is one of Apple's, whatever the Python there says that it is."""
    machine = case.machine
    if machine.os.family != "macos":
        return False
    model = (machine.cpu.model or "").lower()
    if "intel" in model:
        return False
    named = model.startswith("apple") or "virtualapple" in model or bool(machine.gpus_of("apple"))
    said = case.clue("apple-processor") is not None or "arm hardware" in words_of(case)
    return named or said or machine.architecture in ("arm64", "aarch64") or machine.os.rosetta is True
