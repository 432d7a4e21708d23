"""How two states of a machine's part are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlenv.report.environments.change import Change, Risk, Verdict, make_change, raise_risk
from mlenv.report.environments.versions import Distance, measure

UNKNOWN = "not known"


def tell_change(subject: str, old: str | None, new: str | None, verdict: Verdict) -> Change:
    """A change of something that both machines have, known or not."""
    return make_change(subject, "machine", (old or UNKNOWN, new or UNKNOWN), verdict)


def compare_versions(
    subject: str, before: str | None, after: str | None, judge: Callable[[Distance], Verdict]
) -> Iterator[Change]:
    """The change between two known versions of one thing."""
    distance = measure(before or "", after or "")
    if before and after and distance.step != "none":
        yield make_change(subject, "machine", (before, after), judge(distance), distance.kind)


def judge_step(distance: Distance, risk: Risk, reason: str) -> Verdict:
    """The verdict on a version; a downgrade counts one step more."""
    if distance.kind == "downgraded":
        return Verdict(raise_risk(risk), f"a downgrade: {reason}")
    return Verdict(risk, reason)
