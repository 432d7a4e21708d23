"""The registry of checks and the runner that survives them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

import msgspec

from mlenv.checks.finding import CheckOutcome, Diagnosis, Finding, Status
from mlenv.checks.ranking import rank_findings
from mlenv.checks.unexplained import note_unexplained
from mlenv.clues.clue import Clue
from mlenv.errors import MlenvError
from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.facts.report import Report
from mlenv.matrix.load import Matrix

Subject = Literal["system", "processor", "memory", "disk", "python", "gpu", "environment"]
SUBJECTS: tuple[Subject, ...] = ("system", "processor", "memory", "disk", "python", "gpu", "environment")


class ImportAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """What happened when a child process of an environment imported one framework.

    ``outcome`` is ``imported``, ``failed`` (an exception, in ``detail``), ``crashed`` (``signal``
    names what killed it) or ``timed_out``.
    """

    framework: str
    outcome: Literal["imported", "failed", "crashed", "timed_out"]
    signal: str | None = None
    detail: str = ""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What a diagnosis looks at: a machine and, where one was named, an environment on it.

    ``imports`` holds the attempts to import its frameworks; None where nobody tried.  ``report`` is what
    somebody told beside that, ``clues`` the messages that are known in it (see :meth:`clue`).
    """

    machine: Machine
    environment: Environment | None = None
    imports: tuple[ImportAttempt, ...] | None = None
    report: Report | None = None
    clues: tuple[Clue, ...] = ()

    def clue(self, *slugs: str) -> Clue | None:
        """The first clue that is one of those, in the order of the slugs; None where no message says it."""
        return next((clue for slug in slugs for clue in self.clues if clue.id == slug), None)

    def clues_of(self, *slugs: str) -> tuple[Clue, ...]:
        """All clues that are one of those."""
        return tuple(clue for clue in self.clues if clue.id in slugs)

    @property
    def is_report(self) -> bool:
        """Whether this is told by somebody, and not read from a machine: what is not in it is unknown."""
        return self.report is not None


class Unknown(Exception):  # noqa: N818 - an outcome of a check, no error
    """Raised by a check that cannot judge; its text names the fact that is missing."""


class Skip(Exception):  # noqa: N818
    """Raised by a check that does not concern this machine; its text says why."""


CheckFunction = Callable[[Case, Matrix], Iterable[Finding]]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A registered check: ``summary`` is the first line of its docstring."""

    id: str
    subject: Subject
    function: CheckFunction

    @property
    def summary(self) -> str:
        """What it looks for, in one line."""
        return (self.function.__doc__ or "").strip().split("\n")[0]


_CHECKS: dict[str, Check] = {}


def check(slug: str, *, subject: Subject) -> Callable[[CheckFunction], CheckFunction]:
    """Register a check under an id that stays for good.

    The function yields findings; it raises :class:`Skip` where it does not concern the machine
    and :class:`Unknown` where a fact is missing.
    """

    def register(function: CheckFunction) -> CheckFunction:
        if slug in _CHECKS:
            raise ValueError(f"two checks are called {slug}")
        if subject not in SUBJECTS:  # checks of other packages come through no type checker of ours
            raise ValueError(f"{slug}: there is no subject {subject!r}")
        _CHECKS[slug] = Check(id=slug, subject=subject, function=function)
        return function

    return register


@contextmanager
def registered_together() -> Iterator[None]:
    """What is registered in this context counts only where it ends well."""
    before = dict(_CHECKS)
    try:
        yield
    except BaseException:
        _CHECKS.clear()
        _CHECKS.update(before)
        raise


def all_checks() -> tuple[Check, ...]:
    """Every registered check, by subject and in the order of their files; those of other packages come last."""
    from mlenv.checks import subjects  # noqa: F401 - importing registers them

    foreign_failures()
    return tuple(sorted(_CHECKS.values(), key=lambda item: SUBJECTS.index(item.subject)))


def foreign_failures() -> tuple[CheckOutcome, ...]:
    """The checks of other packages that could not be loaded; the others are registered now."""
    from mlenv.checks.plugins import load_installed

    return load_installed(registered_together)


def diagnose(case: Case, matrix: Matrix, checks: Iterable[Check] | None = None) -> Diagnosis:
    """Run checks over a case; one that crashes is reported and the rest go on.

    What a check found before it met something unknown counts.  Trouble with the matrix itself is
    an :class:`~mlenv.errors.MlenvError` and ends the diagnosis.
    """
    findings: list[Finding] = []
    chosen = all_checks() if checks is None else checks
    outcomes = [_run(item, case, matrix, findings) for item in chosen]
    if checks is None:
        outcomes += foreign_failures()
    unexplained = note_unexplained(case, findings, outcomes) if checks is None else None
    ranked = rank_findings([*findings, *((unexplained,) if unexplained else ())], case.clues)
    return Diagnosis(status=_judge(ranked, outcomes), findings=ranked, checks=tuple(outcomes))


def _run(item: Check, case: Case, matrix: Matrix, findings: list[Finding]) -> CheckOutcome:
    try:
        for finding in item.function(case, matrix):
            findings.append(finding)  # noqa: PERF402 - what came before an exception stays
    except Skip as reason:
        return CheckOutcome(id=item.id, subject=item.subject, outcome="skipped", detail=str(reason))
    except Unknown as reason:
        return CheckOutcome(id=item.id, subject=item.subject, outcome="unknown", detail=str(reason))
    except MlenvError:
        raise
    except Exception as error:
        detail = f"{type(error).__name__}: {error}"
        return CheckOutcome(id=item.id, subject=item.subject, outcome="crashed", detail=detail)
    return CheckOutcome(id=item.id, subject=item.subject, outcome="ran")


def _judge(findings: Iterable[Finding], outcomes: list[CheckOutcome]) -> Status:
    severities = {finding.severity for finding in findings}
    if "error" in severities:
        return "error"
    if not any(outcome.outcome == "ran" for outcome in outcomes):
        return "unknown"
    return "warning" if "warning" in severities else "ok"
