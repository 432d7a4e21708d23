"""Imports: whether the frameworks of the environment start."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.finding import Finding
from mlenv.checks.registry import Case, ImportAttempt, Skip, check
from mlenv.checks.remedy import install_profile
from mlenv.matrix.load import Matrix

SHOWN = 3
MEANINGS = {
    "SIGILL": "the processor lacks an instruction that the build uses",
    "SIGKILL": "the system ended it, most often for want of memory",
    "SIGBUS": "a file of it could not be read, most often because a disk or /dev/shm is full",
}


@check("framework-import-crashed", subject="environment")
def framework_import_crashed(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A framework whose import kills the interpreter."""
    for attempt in _attempts(case, "crashed"):
        signal = attempt.signal or "an unknown signal"
        meaning = f": {MEANINGS[signal]}" if signal in MEANINGS else ""
        yield _describe(
            case,
            matrix,
            attempt,
            slug="framework-import-crashed",
            title=f"Importing {attempt.framework} crashes (killed by {signal})",
            cause=f"The interpreter that imported {attempt.framework} was killed by {signal}{meaning}.",
        )


@check("framework-import-failed", subject="environment")
def framework_import_failed(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A framework whose import ends in an exception."""
    for attempt in _attempts(case, "failed"):
        yield _describe(
            case,
            matrix,
            attempt,
            slug="framework-import-failed",
            title=f"{attempt.framework} cannot be imported",
            cause=f"Importing {attempt.framework} ends in an error{_first_line(attempt)}",
        )


@check("framework-import-timed-out", subject="environment")
def framework_import_timed_out(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """A framework whose import does not end."""
    for attempt in _attempts(case, "timed_out"):
        yield _describe(
            case,
            matrix,
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


def _describe(case: Case, matrix: Matrix, attempt: ImportAttempt, *, slug: str, title: str, cause: str) -> Finding:
    return Finding(
        id=slug,
        severity="error",
        title=title,
        cause=cause,
        evidence=_telling_lines(attempt.detail),
        fix=(install_profile(_profile_of(matrix, attempt.framework), environment=case.environment),),
        applies_to=(attempt.framework,),
        # What a message names as the cause stands before the mere fact.
        grade="likely",
    )


def _telling_lines(detail: str) -> tuple[str, ...]:
    """The lines that speak of the framework: not those of the import machinery or of mlenv itself."""
    lines = detail.strip().splitlines()[1:]
    own = ('File "<frozen', "/verify/payloads/", "/importlib/", "Current thread", "Fatal Python error")
    telling = [line for line in lines if not any(sign in line for sign in own)]
    frames = [line for line in telling if line.startswith("File ")]
    return tuple([line for line in telling if line not in frames][-SHOWN:] + frames[:SHOWN])


def _profile_of(matrix: Matrix, framework: str) -> str:
    """The profile that installs a framework, the one with the fewest others in it."""
    profiles = [matrix.profile(name) for name in matrix.profile_names]
    fitting = [profile for profile in profiles if framework in (*profile.frameworks, *profile.optional)]
    return min(fitting, key=lambda profile: len(profile.frameworks)).name if fitting else "starter"


def _first_line(attempt: ImportAttempt) -> str:
    lines = attempt.detail.strip().splitlines()
    return f": {lines[0]}" if lines else "."
