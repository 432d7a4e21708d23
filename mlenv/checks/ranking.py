"""The most likely root cause first: findings in order, and consequences folded under their cause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from mlenv.checks.causality import CONSEQUENCES
from mlenv.checks.finding import Finding
from mlenv.clues.clue import Clue

_SEVERITY = {"error": 0, "warning": 1, "info": 2}
_GRADE = {"named": 0, "shown": 1, "likely": 2}


def rank_findings(findings: Sequence[Finding], clues: Iterable[Clue]) -> tuple[Finding, ...]:
    """Findings by how well they explain what the user saw, then by how well they are known.

    What explains a message that the user named comes before what explains another one in the report,
    and both before what explains none; a cause comes before its consequences, which are folded
    under it.  Among equals the order of the checks decides.
    """
    listed = list(clues)
    told = {clue.id for clue in listed if clue.told}
    seen = {clue.id for clue in listed}

    def key(finding: Finding) -> tuple[int, int, int]:
        explains = set(finding.explains)
        relevance = 0 if explains & told else 1 if explains & seen else 2
        if finding.severity == "info":
            relevance = 3
        return relevance, _GRADE[finding.grade], _SEVERITY[finding.severity]

    return _fold(sorted(findings, key=key))


def _fold(ranked: list[Finding]) -> tuple[Finding, ...]:
    """Findings with the ids of their consequences, each of which comes after its cause."""
    present = {finding.id for finding in ranked}
    under = {
        consequence: cause
        for cause, consequences in CONSEQUENCES.items()
        if cause in present
        for consequence in consequences
        if consequence in present
    }
    causes = [finding for finding in ranked if finding.id not in under]
    found: list[Finding] = []
    for cause in causes:
        below = [finding for finding in ranked if _root(finding.id, under) == cause.id and finding.id != cause.id]
        found.append(replace(cause, consequences=tuple(dict.fromkeys(finding.id for finding in below))))
    found += [finding for finding in ranked if finding.id in under]
    return tuple(found) if len(found) == len(ranked) else tuple(ranked)


def _root(slug: str, under: dict[str, str]) -> str:
    """The last cause above a finding."""
    passed = {slug}
    while slug in under and under[slug] not in passed:
        slug = under[slug]
        passed.add(slug)
    return slug
