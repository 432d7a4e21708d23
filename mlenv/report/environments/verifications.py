"""What differs between the proofs of two environments."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.pattern import lazy
from mlenv.report.environments.change import Change, Verdict, make_change
from mlenv.report.redact import mask_text
from mlenv.verify.result import Result, Verification

_GOODNESS = {"pass": 0, "warn": 1, "skip": 2, "error": 3, "fail": 4}
# 128x64 @ 64x192 exact in float32, float64, bfloat16
_ARITHMETIC = lazy(r"\b(?:b?float\d+\w*|tf32|fp\d+|bf16|u?int\d+|complex\d+)\b")
Key = tuple[str, str, str]


def compare_verifications(before: Verification, after: Verification) -> Iterator[Change]:
    """What was proven and is not any more, and the reverse."""
    old, new = _by_key(before), _by_key(after)
    tested = [{result.framework for result in side.results} for side in (before, after)]
    for framework in sorted(tested[0] ^ tested[1]):
        yield _appear(framework, gone=framework in tested[0])
    for key in sorted({*old, *new}):
        if key[0] in tested[0] & tested[1]:
            yield from _compare_results(key, old.get(key), new.get(key))


def _by_key(verification: Verification) -> dict[Key, Result]:
    """Results by framework, check and device number; the first GPU and the CPU are each check's first device."""
    found: dict[Key, Result] = {}
    for result in verification.results:
        number = sum((result.framework, result.check) == key[:2] for key in found)
        found[(result.framework, result.check, str(number))] = result
    return found


def _appear(framework: str, *, gone: bool) -> Change:
    if gone:
        verdict = Verdict("medium", "was proven to work, and is not this time")
        return make_change(f"proof of {framework}", "verification", ("verified", ""), verdict)
    return make_change(f"proof of {framework}", "verification", ("", "verified"), Verdict("none", "is proven now"))


def _compare_results(key: Key, old: Result | None, new: Result | None) -> Iterator[Change]:
    framework, check, number = key
    subject = f"{check}{f' {int(number) + 1}' if number != '0' else ''} of {framework}"
    if old is None or new is None:
        yield _appear_result(subject, old, new)
        return
    if old.status != new.status:
        yield make_change(subject, "verification", (old.status, new.status), _judge_status(old, new))
    elif old.status in ("pass", "warn"):
        yield from _compare_work(subject, old, new)


def _appear_result(subject: str, old: Result | None, new: Result | None) -> Change:
    result = old or new
    assert result is not None
    gone = old is not None
    verdict = Verdict("none", "is looked at now")
    if gone:
        verdict = Verdict("medium" if result.status == "pass" else "none", "was looked at, and not this time")
    elif result.status in ("fail", "error"):
        verdict = Verdict("high", mask_text(result.detail) or "it fails")
    states = (result.status, "") if gone else ("", result.status)
    return make_change(subject, "verification", states, verdict)


def _judge_status(old: Result, new: Result) -> Verdict:
    if _GOODNESS[new.status] > _GOODNESS[old.status]:
        return Verdict("high", mask_text(new.detail) or "it was better before")
    return Verdict("none", "better than before")


def _compare_work(subject: str, old: Result, new: Result) -> Iterator[Change]:
    """The same verdict on another device, or in other number formats, is another proof."""
    kinds = _kind_of_device(old), _kind_of_device(new)
    if kinds[0] != kinds[1] and all(kinds):
        verdict = Verdict("high", "it was computed on another device")
        yield make_change(f"device of {subject}", "verification", kinds, verdict)
    formats = [_find_formats(result) for result in (old, new)]
    if formats[0] != formats[1]:
        lost = [name for name in formats[0] if name not in formats[1]]
        verdict = Verdict("none", "more number formats are proven")
        if lost:
            verdict = Verdict("high", f"no longer proven in {', '.join(lost)}")
        states = ", ".join(formats[0]) or "none", ", ".join(formats[1]) or "none"
        yield make_change(f"arithmetic of {subject}", "verification", states, verdict)


def _kind_of_device(result: Result) -> str:
    return (result.device or "").partition(":")[0]


def _find_formats(result: Result) -> list[str]:
    return sorted(set(_ARITHMETIC.findall(result.detail)))
