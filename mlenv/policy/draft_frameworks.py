"""What a drafted policy asks of frameworks: the series that is there, and what it was seen to do."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.policy.draft_words import key_line, series_condition
from mlenv.policy.framework_rules import (
    ACCELERATORS,
    find_arithmetic,
    find_build,
    find_version,
    find_work,
    read_arithmetic,
    results_of,
)
from mlenv.policy.rule import PolicyCase
from mlenv.verify.result import Result

_ACCURACY = {"fp32": "ieee", "tf32": "tf32", "fp16": "fp16", "bf16": "bf16"}
"""The names of arithmetic in a policy, the most accurate first; a good one is as good as a worse one."""


def draft_frameworks(case: PolicyCase) -> Iterator[str]:
    """A table for each framework of the environment; those that do not work are left out."""
    lines = [line for name in _names(case) for line in _draft(case, name)]
    if lines:
        yield from lines[:-1]  # the last one parts it from the next table
    else:
        yield "# What `mlenv policy init --env PATH --verify` sees of frameworks stands here:"
        yield "# [frameworks.torch]"
        yield '# version = ">=2.14,<2.16"'


def _names(case: PolicyCase) -> list[str]:
    """The frameworks that the matrix knows, in the order in which they are met."""
    rows = case.environment.distributions if case.environment else ()
    installed = [case.matrix.distributions[row.name] for row in rows if row.name in case.matrix.distributions]
    seen = [row.framework for row in case.results if row.framework in case.matrix.framework_ids]
    return sorted(dict.fromkeys([*installed, *seen]))


def _draft(case: PolicyCase, name: str) -> Iterator[str]:
    results = results_of(case, name)
    if any(row.status == "fail" and row.check == "import" for row in results):
        yield f"# {name} cannot be imported here, so nothing is asked of it."
        yield ""
        return
    version = next((row.version for row in results if row.version), None) or find_version(case, name)
    condition = series_condition(version) if version else None
    yield f"[frameworks.{name}]"
    if condition is not None:
        yield key_line("version", condition)
    build = find_build(case, name)
    if build is not None:
        yield key_line("build", build)
    yield from _draft_work(case, name, results)
    yield ""


def _has_accelerators(case: PolicyCase, name: str) -> bool:
    rows = case.matrix.framework(name).release
    return any(set(build.accelerators) - {"cpu"} for row in rows for build in row.builds)


def _draft_work(case: PolicyCase, name: str, results: tuple[Result, ...]) -> Iterator[str]:
    work = find_work(case, name)
    kinds = {(row.device or "").split(":")[0] for row in work if row.status == "pass"}
    wrong = {(row.device or "").split(":")[0] for row in work if row.status in ("fail", "error")}
    sound = [kind for kind in ACCELERATORS if kind in kinds - wrong]
    if sound:
        yield key_line("device", sound[0])
    elif not results and _has_accelerators(case, name):
        yield '# device = "cuda"             # `mlenv policy init --verify` finds out'
    found = [part for row in find_arithmetic(case, name) for part in read_arithmetic(row)[:1]]
    if found and set(found) <= set(_ACCURACY):
        coarsest = max(found, key=list(_ACCURACY).index)
        allowed = list(_ACCURACY.values())[: list(_ACCURACY).index(coarsest) + 1]
        yield key_line("precision", allowed, "how float32 is really computed")
