"""What is asked for: profiles, further requirements and pins, read anew from the profiles' files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.property.independent.computer import VENDORS, Computer
from tests.property.independent.data import Data, Row


@dataclass(frozen=True)
class Asked:
    """The options of one call, as they are typed."""

    profiles: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    accelerator: str = ""
    python: str = ""

    def __str__(self) -> str:
        words = [f"--profile {name}" for name in self.profiles] + [f"--with '{text}'" for text in self.extras]
        words += [f"--accelerator {self.accelerator}"] if self.accelerator else []
        return " ".join(words + ([f"--python {self.python}"] if self.python else []))


@dataclass(frozen=True)
class Want:
    """A framework, the condition on its version, and whether the answer can do without it."""

    framework: str
    condition: SpecifierSet
    optional: bool = False


@dataclass(frozen=True)
class Question:
    """What the options mean: ``named`` is a build such as ``cu126``; ``groups`` are alternatives."""

    wants: tuple[Want, ...]
    groups: tuple[tuple[Want, ...], ...]
    accelerator: str
    named: str
    python: str


def read_question(asked: Asked, data: Data) -> Question:
    """The options with the profiles taken apart; packages that have no rows are left out."""
    profiles = [part for name in asked.profiles for part in _whole(data, name)]
    wants: dict[str, Want] = {}
    for profile in profiles:
        for key in ("frameworks", "optional"):
            _add(wants, data, profile.get(key, ()), optional=key == "optional")
    _add(wants, data, asked.extras, optional=False)
    firm = [row["accelerator"] for row in profiles if row.get("accelerator", "auto") != "auto"]
    kind, named = _device(asked.accelerator or (firm[-1] if firm else "auto"))
    groups = _open_groups(wants, [group for profile in profiles for group in profile.get("first_of", ())])
    members = {want.framework for group in groups for want in group}
    return Question(
        wants=tuple(want for want in wants.values() if want.framework not in members),
        groups=groups,
        accelerator=kind,
        named=named,
        python=asked.python,
    )


def _open_groups(wants: dict[str, Want], groups: list[list[str]]) -> tuple[tuple[Want, ...], ...]:
    """The alternatives of which none must come anyway."""
    required = {want.framework for want in wants.values() if not want.optional}
    rows = [tuple(_want(text, optional=False) for text in group) for group in groups]
    return tuple(dict.fromkeys(row for row in rows if required.isdisjoint(want.framework for want in row)))


def _whole(data: Data, name: str) -> list[Row]:
    row = data.profile(name)
    return [*(part for other in row.get("extends", ()) for part in _whole(data, other)), row]


def _device(text: str) -> tuple[str, str]:
    for prefix, kind in (("cu", "cuda"), ("rocm", "rocm")):
        if text.startswith(prefix) and text != kind:
            return kind, text
    return text, ""


def _want(text: str, *, optional: bool) -> Want:
    requirement = Requirement(text)
    return Want(canonicalize_name(requirement.name), requirement.specifier, optional)


def _add(wants: dict[str, Want], data: Data, texts: tuple[str, ...], *, optional: bool) -> None:
    for text in texts:
        want = _want(text, optional=optional)
        if want.framework not in data.projects:
            continue
        before = wants.get(want.framework, Want(want.framework, SpecifierSet(), optional=True))
        both = before.condition & want.condition
        wants[want.framework] = Want(want.framework, both, optional=before.optional and optional)


def accelerators(question: Question, computer: Computer) -> tuple[str, ...]:
    """The accelerators in question: the devices that are there, and the CPU last where it may serve."""
    if question.accelerator == "auto":
        return (*computer.accelerators, "cpu")
    if question.accelerator == "gpu":
        return computer.accelerators
    assert question.accelerator in (*VENDORS, "cpu")
    return (question.accelerator,)


@dataclass(frozen=True)
class Interpreter:
    """A series of Python (``3.13t`` is free-threaded); ``version`` is exact where it is known."""

    series: str
    version: str = ""


def interpreters(question: Question, computer: Computer, data: Data) -> list[Interpreter]:
    """The Pythons that may be used, the preferred one first."""
    pinned = question.python
    found: dict[str, str] = {}
    for version in computer.pythons:
        if version.endswith("t") == pinned.endswith("t") and _is_pinned(version, pinned):
            found.setdefault(_series(version), version.rstrip("t"))
    if pinned:
        exact = pinned.rstrip("t") if pinned.count(".") > 1 else ""
        return [Interpreter(_series(pinned), found.get(_series(pinned), exact))]
    newest = sorted(found, key=Version, reverse=True)
    year_ago = data.day - timedelta(days=365)
    to_bring = sorted(data.pythons, key=lambda row: (row["released"] > year_ago, _reversed(row["version"])))
    brought = [row["version"] for row in to_bring if row["version"] not in found]
    return [Interpreter(series, found[series]) for series in newest] + [Interpreter(series) for series in brought]


def _is_pinned(version: str, pinned: str) -> bool:
    asked = pinned.rstrip("t").split(".") if pinned else []
    return version.rstrip("t").split(".")[: len(asked)] == asked


def _series(version: str) -> str:
    return ".".join(version.rstrip("t").split(".")[:2]) + ("t" if version.endswith("t") else "")


def _reversed(series: str) -> tuple[int, ...]:
    return tuple(-number for number in Version(series).release)
