"""The fact that decides between Python, platform and C library."""

from __future__ import annotations

from mlenv.checks.interpreters import asked_python
from mlenv.checks.refusals.by_message import by_requirement, by_tags
from mlenv.checks.refusals.by_platform import by_c_library, by_floor, by_platform, by_word_size
from mlenv.checks.refusals.by_python import by_python, by_thread
from mlenv.checks.refusals.refusal import Refusal, Verdict
from mlenv.checks.registry import Case
from mlenv.matrix.load import Matrix


def judge(case: Case, matrix: Matrix, refusal: Refusal) -> Verdict | None:
    """The fact that decides; None where the report has none that does."""
    python = asked_python(case)
    for rule in (
        by_requirement,
        by_tags,
        by_c_library,
        by_word_size,
        by_platform,
        by_thread,
        by_python,
        by_floor,
    ):
        verdict = rule(case, matrix, refusal, python)
        if verdict is not None:
            return verdict
    return None
