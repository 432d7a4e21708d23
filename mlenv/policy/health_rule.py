"""The rule that GPUs must be in good health: the verification's own checks, counted."""

from __future__ import annotations

from mlenv.policy.rule import Answer, PolicyCase, Rule, breaks, passes, unchecked
from mlenv.verify.result import LEVELS, Level


def health_rule(wanted: bool | Level) -> Rule:
    """``gpu.health``: nothing failed, and with a level that as much was looked at."""
    level: Level = wanted if isinstance(wanted, str) else "quick"
    asked = f" at the level {level} or deeper" if isinstance(wanted, str) else ""

    def judge(case: PolicyCase) -> Answer:
        found = [result for result in case.results if result.group == "gpu"]
        if not found:
            return unchecked("the health of the GPUs was not checked")
        if isinstance(wanted, str) and not reaches(case.level, level):
            return unchecked(f"the health of the GPUs was not checked{asked}", f"mlenv verify --level {level}")
        bad = list(dict.fromkeys(result.check for result in found if result.status == "fail"))
        if bad:
            return breaks(f"failed: {', '.join(bad)}", ", ".join(bad), remedy="see those results")
        dark = list(dict.fromkeys(result.check for result in found if result.status == "error"))
        if dark:
            return unchecked(f"could not be checked: {', '.join(dark)}")
        seen = [result for result in found if result.status in ("pass", "warn")]
        if not seen:
            return unchecked("every check of the GPUs' health was skipped")
        return passes(f"{len(seen)} checks of health, none failed", float(len(seen)))

    text = f"The checks of each GPU's health were made{asked}, and none failed."
    return Rule(key="gpu.health", wanted=str(wanted).lower(), text=text, judge=judge)


def reaches(level: Level | None, wanted: Level) -> bool:
    """Whether a verification went as deep as is asked for."""
    return level is not None and LEVELS.index(level) >= LEVELS.index(wanted)
