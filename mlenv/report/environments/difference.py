"""What changed between two generations of an environment, ranked by risk."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.execute.manifest import Manifest
from mlenv.report.environments.change import Change, Verdict, make_change, rank
from mlenv.report.environments.contents import read_contents
from mlenv.report.environments.held import Contents
from mlenv.report.environments.knowledge import Knowledge
from mlenv.report.environments.machines import compare_machines
from mlenv.report.environments.packages import compare_packages
from mlenv.report.environments.settings import compare_settings
from mlenv.report.environments.verifications import compare_verifications


def compare(before: Manifest, after: Manifest, knowledge: Knowledge | None = None) -> tuple[Change, ...]:
    """Every difference between two generations: the highest risk first, frameworks before what they need.

    ``knowledge`` are the rows of the matrix that tell of rival packages, drivers and conda's names;
    without them less is said.  Where a lock cannot be read the planned packages are compared, and a
    change of the ``lock`` says so.
    """
    return rank(_find(before, after, knowledge or Knowledge()))


def _find(before: Manifest, after: Manifest, knowledge: Knowledge) -> Iterator[Change]:
    old, new = (read_contents(manifest, knowledge) for manifest in (before, after))
    yield from compare_settings(before, after, knowledge)
    if before != after:
        yield from _tell_locks(old, new)
    yield from compare_packages(old, new, after.machine, knowledge, same_python=_share_wheels(before, after))
    yield from compare_verifications(before.verification, after.verification)
    yield from compare_machines(before.machine, after.machine)


def _share_wheels(before: Manifest, after: Manifest) -> bool:
    """Whether the same wheels serve both: the same Python on the same platform."""
    same_python = before.plan.python == after.plan.python
    return same_python and before.machine.platform == after.machine.platform


def _tell_locks(before: Contents, after: Contents) -> Iterator[Change]:
    """A lock that names not everything, where the other state may hide behind it."""
    if before.complete and after.complete:
        return
    states = "read" if before.complete else "not read", "read" if after.complete else "not read"
    reason = "a lock cannot be read or does not name everything: of such an environment the planned packages are known"
    yield make_change("lock", "environment", states, Verdict("medium", reason))
