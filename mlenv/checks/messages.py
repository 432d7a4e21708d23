"""What checks ask about messages, and about packages that somebody named."""

from __future__ import annotations

from mlenv.checks.finding import Finding, Fix, Grade, Severity
from mlenv.checks.registry import Case
from mlenv.clues.clue import Clue
from mlenv.facts.environment import Distribution

WHOLE_LIST = 25
"""Packages from which on a told list is taken for the whole environment: shorter ones are picked by hand."""


def quote(*clues: Clue | None) -> tuple[str, ...]:
    """The lines of clues as evidence, each once."""
    return tuple(dict.fromkeys(f"message: {clue.line}" for clue in clues if clue is not None and clue.line))


def names(case: Case, *slugs: str) -> tuple[str, ...]:
    """Which of those clues the case has, for ``explains``."""
    return tuple(dict.fromkeys(clue.id for clue in case.clues if clue.id in slugs))


def is_told(case: Case, *slugs: str) -> bool:
    """Whether the user named one of those messages as what went wrong."""
    return any(clue.told for clue in case.clues_of(*slugs))


def value_of(case: Case, slug: str, *keys: str) -> str:
    """The first value of a clue under one of those names; empty where none is stated."""
    found = (clue.values.get(key, "") for clue in case.clues_of(slug) for key in keys)
    return next((value for value in found if value), "")


def distributions(case: Case) -> tuple[Distribution, ...]:
    """The packages that are known to be installed."""
    return case.environment.distributions if case.environment else ()


def version_of(case: Case, *packages: str) -> str | None:
    """The version of the first of those packages that is installed, of pip's or of conda's."""
    for name in packages:
        found = next((row.version for row in distributions(case) if row.name == name), None)
        if found is None and case.environment is not None:
            rows = case.environment.conda_packages or ()
            found = next((row.version for row in rows if row.name == name), None)
        if found is not None:
            return found
    return None


def wanted_version(case: Case, *packages: str) -> str | None:
    """The version of a package that somebody tried to install; empty where they named none."""
    rows = case.report.wanted if case.report else ()
    return next((row.version or "" for row in rows if row.name in packages), None)


def is_named(case: Case, *packages: str) -> bool:
    """Whether one of those packages is installed or was asked for."""
    return version_of(case, *packages) is not None or wanted_version(case, *packages) is not None


def is_whole(case: Case) -> bool:
    """Whether the known packages are all of the environment, so that one that is not there is absent."""
    if case.environment is None:
        return False
    return not case.is_report or len(case.environment.distributions) >= WHOLE_LIST


def variable(case: Case, *variables: str) -> str | None:
    """The value of the first of those variables that is set; None where none is known to be."""
    rows = case.machine.variables
    return next((row.value for name in variables for row in rows if row.name == name), None)


def says(case: Case, *words: str) -> bool:
    """Whether one of those words (in small letters) is in what was told."""
    if case.report is None:
        return False
    text = f"{case.report.symptom}\n{case.report.text}".lower()
    return any(word in text for word in words)


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
        explains=names(case, *clues, *also),
    )


def pip_install(case: Case, requirements: str, *, upgrade: bool = False, reinstall: bool = False) -> str:
    """The command of pip, or of uv where it made the environment, that installs requirements."""
    rows = distributions(case)
    by_uv = any(row.installer == "uv" for row in rows)
    options = (" --upgrade" if upgrade else "") + (
        (" --reinstall" if by_uv else " --force-reinstall") if reinstall else ""
    )
    return f"{'uv pip' if by_uv else 'python -m pip'} install{options} {requirements}"


def pip_uninstall(case: Case, packages: str) -> str:
    """The command that takes packages out."""
    by_uv = any(row.installer == "uv" for row in distributions(case))
    return f"uv pip uninstall {packages}" if by_uv else f"python -m pip uninstall --yes {packages}"
