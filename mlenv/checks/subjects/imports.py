"""Imports: whether the frameworks of the environment start."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.finding import Finding, Fix
from mlenv.checks.registry import Case, ImportAttempt, Skip, check
from mlenv.matrix.load import Matrix

MEANINGS = {
    "SIGILL": "the processor lacks an instruction that the build uses",
    "SIGKILL": "the system ended it, most often for want of memory",
    "SIGBUS": "a file of it could not be read, most often because a disk or /dev/shm is full",
}


@check("framework-import-crashed", subject="environment")
def framework_import_crashed(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A framework whose import kills the interpreter."""
    for attempt in _attempts(case, "crashed"):
        signal = attempt.signal or "an unknown signal"
        meaning = f": {MEANINGS[signal]}" if signal in MEANINGS else ""
        yield _describe(
            case,
            attempt,
            slug="framework-import-crashed",
            title=f"Importing {attempt.framework} crashes (killed by {signal})",
            cause=f"The interpreter that imported {attempt.framework} was killed by {signal}{meaning}.",
        )


@check("framework-import-failed", subject="environment")
def framework_import_failed(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A framework whose import ends in an exception."""
    for attempt in _attempts(case, "failed"):
        yield _describe(
            case,
            attempt,
            slug="framework-import-failed",
            title=f"{attempt.framework} cannot be imported",
            cause=f"Importing {attempt.framework} ends in an error{_last_line(attempt)}",
        )


@check("framework-import-timed-out", subject="environment")
def framework_import_timed_out(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A framework whose import does not end."""
    for attempt in _attempts(case, "timed_out"):
        yield _describe(
            case,
            attempt,
            slug="framework-import-timed-out",
            title=f"Importing {attempt.framework} does not end",
            cause=f"The interpreter that imported {attempt.framework} gave no answer in the time it had.",
        )


def _attempts(case: Case, outcome: str) -> list[ImportAttempt]:
    if case.imports is None:
        raise Skip("no import was tried")
    if not case.imports:
        raise Skip("there is no framework to import")
    return [attempt for attempt in case.imports if attempt.outcome == outcome]


def _describe(case: Case, attempt: ImportAttempt, *, slug: str, title: str, cause: str) -> Finding:
    path = case.environment.path if case.environment else None
    return Finding(
        id=slug,
        severity="error",
        title=title,
        cause=cause,
        evidence=tuple(attempt.detail.strip().splitlines()[-3:]),
        fix=(
            Fix(
                text="Make the environment anew, all packages from one plan",
                command="mlenv install" + (f" --env {path}" if path else "") + " --profile pytorch",
            ),
        ),
        applies_to=(attempt.framework,),
    )


def _last_line(attempt: ImportAttempt) -> str:
    lines = attempt.detail.strip().splitlines()
    return f": {lines[-1]}" if lines else "."
