"""Known failures that are accepted until a day: they stay in sight and stop failing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from msgspec.structs import replace

from mlenv.matrix.toml_file import one_line
from mlenv.policy.model import Policy, Waiver
from mlenv.report.redact import mask_text
from mlenv.verify.result import DeviceKind, Result, Status, find_status

WAIVED, UNUSED, EXPIRED = "waived", "waiver-unused", "waiver-expired"
NOT_LOCKED = "not-locked"
"""The reason of a result about a package that the lock does not have; a policy may allow it."""


def apply_waivers(policy: Policy, results: Iterable[Result], today: dt.date) -> tuple[Result, ...]:
    """The results with the accepted failures as warnings, and a result for each waiver that is of no use.

    An expired waiver is a failure by itself; one that matches no failure is a warning.
    A check that could not run is not accepted: nobody knows what it would have found.
    """
    listed = tuple(results)
    return (*waive_each(policy, listed, today), *_judge_waivers(policy, listed, today))


def waive_each(policy: Policy, results: Iterable[Result], today: dt.date) -> tuple[Result, ...]:
    """The results with the accepted failures as warnings, and nothing else."""
    valid = [waiver for waiver in policy.waive if not is_expired(waiver, today)]
    return tuple(_waive(result, valid) for result in results)


def is_expired(waiver: Waiver, today: dt.date) -> bool:
    """Whether the last day of a waiver is over."""
    return today > waiver.expires


def _waive(result: Result, waivers: list[Waiver]) -> Result:
    waiver = next((waiver for waiver in waivers if matches(waiver, result)), None)
    if waiver is None or result.reason == WAIVED:
        return result
    said = one_line(mask_text(waiver.reason))
    detail = f"waived until {waiver.expires}: {said} ({result.detail})"
    return replace(result, status="warn", reason=WAIVED, detail=detail)


def matches(waiver: Waiver, result: Result) -> bool:
    """Whether a waiver is about a result that failed, or warned.

    A framework's check goes by its own name (``compile``) and with the framework's (``torch.compile``).
    """
    if result.status not in ("fail", "warn"):
        return False
    names = [result.check]
    if result.framework:
        names += [f"{result.framework}.{result.check}", f"fw.{result.framework}.{result.check}"]
    by_check = any(fnmatchcase(name, waiver.check) or name == waiver.check for name in names)
    by_device = waiver.device is None or _is_one_of(waiver.device, result.device)
    return by_check and by_device and (waiver.gpu is None or _is_one_of(waiver.gpu, result.about))


def _is_one_of(pattern: str, names: str | None) -> bool:
    """Whether a pattern is one of several names with commas between (``cuda:0, cuda:1``)."""
    return any(fnmatchcase(name.strip(), pattern) for name in (names or "").split(",") if name.strip())


def _judge_waivers(policy: Policy, results: tuple[Result, ...], today: dt.date) -> Iterator[Result]:
    for number, waiver in enumerate(policy.waive, 1):
        used = any(matches(waiver, result) for result in results)
        name = one_line(waiver.check)
        if is_expired(waiver, today):
            remedy = "mend it, or agree on a new day" if used else "nothing fails there: remove the waiver"
            yield _note(number, "fail", EXPIRED, f"the waiver of {name} ended on {waiver.expires}", remedy)
        elif not used:
            detail = f"the waiver of {name} meets no failure"
            yield _note(number, "warn", UNUSED, detail, "remove it where it is not needed on any machine")


def _note(number: int, status: str, reason: str, detail: str, remedy: str) -> Result:
    return Result(
        check=f"policy.waive.{number}",
        status="fail" if status == "fail" else "warn",
        detail=detail,
        reason=reason,
        group="policy",
        remedy=remedy,
    )


def find_policy_status(policy: Policy, results: Iterable[Result], device: DeviceKind = "auto") -> Status:
    """The verdict over results with their waivers applied.

    With ``fail_on = "warn"`` a warning counts as a failure, but for what was waived, and for a waiver
    that meets nothing on this machine: it may be meant for another one.
    """
    listed = tuple(results)
    accepted = {WAIVED, UNUSED, *((NOT_LOCKED,) if policy.env.extra_packages == "allow" else ())}
    hard = (result for result in listed if result.status == "warn" and result.reason not in accepted)
    if policy.verify.fail_on == "warn" and any(hard):
        return "error"
    return find_status(listed, device)
