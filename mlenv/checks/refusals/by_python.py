"""Rules of the Python that was asked: its threads, its series, and its age."""

from __future__ import annotations

import datetime as dt

from mlenv.checks.interpreters import AskedPython
from mlenv.checks.refusals.refusal import Refusal, Verdict
from mlenv.checks.refusals.rows import find_builds, find_framework
from mlenv.checks.registry import Case
from mlenv.facts.version import numbers, series
from mlenv.matrix import query
from mlenv.matrix.load import Matrix

_YOUNG = dt.timedelta(days=300)
"""Frameworks follow a new series of Python within some months; TensorFlow took ten for 3.13."""
# Series of Python that ended before the matrix begins, and the last day of their support (PEPs 373 to 537).
_ENDED = {
    "2.7": dt.date(2020, 1, 1),
    "3.4": dt.date(2019, 3, 18),
    "3.5": dt.date(2020, 9, 30),
    "3.6": dt.date(2021, 12, 23),
    "3.7": dt.date(2023, 6, 27),
}


def by_thread(_case: Case, matrix: Matrix, refusal: Refusal, python: AskedPython) -> Verdict | None:
    """A free-threaded Python, which needs wheels of its own."""
    if not python.free_threaded:
        return None
    builds = find_builds(matrix, refusal, None)
    if python.series and any(python.series in build.pythons for build in builds):
        return None
    reason = f"the free-threaded Python{' ' + python.series if python.series else ''} needs wheels of its own"
    return Verdict(slug="python-free-threaded-no-wheel", grade="shown", reason=reason)


def by_python(case: Case, matrix: Matrix, refusal: Refusal, python: AskedPython) -> Verdict | None:
    """A series of Python that the wanted release, or all that there were on the day, have no wheels for."""
    told = python.version or next((tag.python for tag in refusal.here if tag.python), "")
    if not told:
        return None
    if numbers(told)[:1] == (2,):
        return Verdict(slug="python-too-old", grade="shown", reason="Python 2 has had no new wheels since 2020")
    platform = case.machine.platform if case.machine.architecture else None
    builds = find_builds(matrix, refusal, platform) or find_builds(matrix, refusal, None)
    served = sorted({name for build in builds for name in build.pythons if not name.endswith("t")}, key=numbers)
    here = series(told)
    if platform == "macos-x86_64" and here not in served and _has_left(matrix, refusal, platform):
        return Verdict(slug="macos-x86-no-wheel", grade="shown", reason=f"newer releases have no wheels for {platform}")
    if served and here not in served:
        slug = "python-too-new" if numbers(here) > numbers(served[-1]) else "python-too-old"
        reason = f"there are wheels for Python {served[0]} to {served[-1]}, and Python {here} runs here"
        return Verdict(slug=slug, grade="shown", reason=reason)
    return None if served else _by_age(matrix, refusal, here)


def _has_left(matrix: Matrix, refusal: Refusal, platform: str) -> bool:
    """Whether the newest release has left out a platform that older ones served."""
    framework = find_framework(matrix, refusal.package)
    newest = next(iter(query.newest_first(framework)), None) if framework else None
    return newest is not None and not any(platform in build.platforms for build in newest.builds)


def _by_age(matrix: Matrix, refusal: Refusal, here: str) -> Verdict | None:
    """What the dates tell where the matrix has no row: wheels are made after the Python that they are for."""
    offered = [row for row in refusal.offered or () if row]
    if refusal.version and offered and all(numbers(row) > numbers(refusal.version) for row in offered):
        reason = f"for Python {here} there are newer versions only ({offered[0]} and later)"
        return Verdict(slug="python-too-new", grade="shown", reason=reason)
    row = next((row for row in matrix.pythons if row.version == here), None)
    ended = row.end_of_life if row else _ENDED.get(here)
    if ended is not None and ended <= matrix.day:
        return Verdict(
            slug="python-too-old", grade="likely", reason=f"Python {here} has had no support since {ended:%B %Y}"
        )
    if row is not None and matrix.day - row.released <= _YOUNG:
        reason = f"Python {here} came out in {row.released:%B %Y}, and wheels follow months later"
        return Verdict(slug="python-too-new", grade="likely", reason=reason)
    newest = matrix.pythons[0].version if matrix.pythons else ""
    if newest and numbers(here) > numbers(newest):
        return Verdict(slug="python-too-new", grade="shown", reason=f"Python {here} was not released yet")
    return _by_oldest_row(matrix, refusal, here)


def _by_oldest_row(matrix: Matrix, refusal: Refusal, here: str) -> Verdict | None:
    """A version older than every row is older than a Python that came after the oldest row."""
    framework = find_framework(matrix, refusal.package)
    if framework is None or not framework.release or not refusal.version:
        return None
    oldest = query.newest_first(framework)[-1]
    row = next((row for row in matrix.pythons if row.version == here), None)
    if row is None or numbers(refusal.version) >= numbers(oldest.version) or row.released < oldest.released:
        return None
    reason = f"Python {here} came out after {refusal.package} {refusal.version}"
    return Verdict(slug="python-too-new", grade="shown", reason=reason)
