"""Rules about measured rates, and about the verification itself."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.policy.framework_rules import ACCELERATORS, is_seen
from mlenv.policy.health_rule import reaches
from mlenv.policy.model import PerformancePolicy, Ratios, VerifyPolicy
from mlenv.policy.rule import Answer, PolicyCase, Rule, breaks, passes, unchecked
from mlenv.policy.waivers import WAIVED
from mlenv.verify.result import Level, Result

_WORDS = {
    "bf16": "what the GPU can do in bf16",
    "memory": "the bandwidth of the GPU's memory",
    "host_to_device": "the link's bandwidth, to the GPU",
    "device_to_host": "the link's bandwidth, from the GPU",
    "spread": "the fastest GPU's rate, by the slowest",
}
_CHECKS = {
    "bf16": "perf.bf16",
    "memory": "perf.membw",
    "host_to_device": "perf.h2d",
    "device_to_host": "perf.d2h",
    "spread": "perf.spread",
}
BASELINE, TIMES = "baseline.", "baseline.seconds"
SLOWER, NOT_MEASURED = "slower-than-baseline", "not-measured"
"""What the comparison with a baseline says of a rate; by itself both are no failure."""


def performance_rules(performance: PerformancePolicy) -> Iterator[Rule]:
    """The rules of the table ``[performance]``."""
    for name in performance.ratios.__struct_fields__:
        least = getattr(performance.ratios, name)
        if least is not None:
            yield _ratio_rule(name, least)
    if performance.baseline is not None:
        yield _baseline_rule(performance.baseline, performance.baseline_tolerance)


def _ratio_rule(name: str, least: float) -> Rule:
    def judge(case: PolicyCase) -> Answer:
        rows = [row for row in _rates(case, name) if row.reason != WAIVED]
        if not rows and _rates(case, name):
            return passes(_rates(case, name)[0].detail, WAIVED)
        measured = [(row, ratio) for row in rows if isinstance(ratio := row.measured.get("ratio"), (int, float))]
        dark = next((row for row in rows if row.status in ("error", "skip")), None)
        if dark is not None or not measured:
            said = f": {dark.detail}" if dark else ""
            return unchecked(f"{_WORDS[name]} was not measured{said}", "mlenv verify --level deep")
        worst, ratio = min(measured, key=lambda pair: pair[1])
        place = f" on {worst.device}" if worst.device else ""
        if ratio >= least:
            return passes(f"{ratio:.0%} of {_WORDS[name]}{place}", ratio)
        return breaks(f"{ratio:.0%} of {_WORDS[name]}{place}, and not {least:.0%}", ratio, about=worst.about)

    text = f"At least {least:.0%} of {_WORDS[name]} is reached."
    return Rule(key=f"performance.ratios.{name}", wanted=f">={least:g}", text=text, judge=judge)


def _rates(case: PolicyCase, name: str) -> list[Result]:
    return [row for row in case.results if row.check == _CHECKS[name]]


def measured_ratios(case: PolicyCase) -> dict[str, float]:
    """The worst ratio of each rate that was measured whole."""
    found: dict[str, float] = {}
    for name in Ratios.__struct_fields__:
        rows = _rates(case, name)
        ratios = [ratio for row in rows if isinstance(ratio := row.measured.get("ratio"), (int, float))]
        if ratios and len(ratios) == len(rows):
            found[name] = min(ratios)
    return found


def _baseline_rule(path: str, tolerance: float | None) -> Rule:
    allowed = f" by more than {tolerance:.0%}" if tolerance is not None else ""

    def judge(case: PolicyCase) -> Answer:
        rows = [row for row in case.results if row.check.startswith(BASELINE) and row.check != TIMES]
        if all(row.status == "skip" for row in rows):
            return unchecked(f"nothing was compared with {path}", "mlenv verify --level deep")
        slow = next((row for row in rows if row.status == "fail" or row.reason == SLOWER), None)
        if slow is not None:
            return breaks(slow.detail, slow.reason, remedy=slow.remedy, about=slow.about)
        dark = next((row for row in rows if row.status == "error" or row.reason == NOT_MEASURED), None)
        if dark is not None:
            return unchecked(dark.detail, dark.remedy)
        return passes(f"{len(rows)} rates compared with {path}", float(len(rows)))

    text = f"No rate falls below that of {path}{allowed}."
    return Rule(key="performance.baseline", wanted=path, text=text, judge=judge)


def verify_rules(verify: VerifyPolicy) -> Iterator[Rule]:
    """The rules of the table ``[verify]``."""
    if verify.level is not None:
        yield _level_rule(verify.level)
    if verify.require_gpu:
        yield Rule(
            key="verify.require_gpu",
            wanted="true",
            text="Some framework is seen to compute on an accelerator.",
            judge=_judge_gpu,
        )


def _level_rule(wanted: Level) -> Rule:
    def judge(case: PolicyCase) -> Answer:
        if case.level is None:
            return unchecked("nothing was verified", f"mlenv verify --level {wanted}")
        if reaches(case.level, wanted):
            return passes(f"verified at the level {case.level}", case.level)
        return breaks(f"verified at the level {case.level}, and not {wanted}", case.level, remedy=f"--level {wanted}")

    text = f"The verification is made at the level {wanted} or deeper."
    return Rule(key="verify.level", wanted=wanted, text=text, judge=judge)


def _judge_gpu(case: PolicyCase) -> Answer:
    frameworks = [row for row in case.results if row.group == "framework"]
    if not frameworks:
        return unchecked("no framework was checked")
    proof = next((row for row in frameworks if _computed_there(row)), None)
    if proof is not None:
        return passes(f"{proof.framework} computed on {proof.device}", proof.device or "")
    return breaks("no framework computed on an accelerator", "none")


def _computed_there(row: Result) -> bool:
    kind = (row.device or "").split(":")[0]
    return (
        is_seen(row)
        and row.status in ("pass", "warn")
        and kind in ACCELERATORS
        and row.check not in ("device", "import", "version")
    )
