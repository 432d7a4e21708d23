"""A rule of a policy: a question to a machine, an environment and what was seen of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Literal

import msgspec

from mlenv.facts.environment import Environment
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.policy.conditions import ConditionKind, admits, word_condition
from mlenv.verify.result import Action, Level, Result


class PolicyCase(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy is held against.

    ``results`` are those of the verification, with the checks of the environment's files, of the
    GPUs' health and of rates; ``level`` is how much of that was asked for, None where nothing was.
    ``today`` decides on ends of life and of waivers.
    """

    machine: Machine
    matrix: Matrix
    today: dt.date
    environment: Environment | None = None
    results: tuple[Result, ...] = ()
    level: Level | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule found: whether it holds, in words and as a value, and what would help."""

    status: Literal["pass", "warn", "fail", "skip", "error"]
    detail: str
    found: float | str = ""
    reason: str = ""
    remedy: str = ""
    action: Action = ""
    about: str = ""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: ``key`` as in the file (``gpu.driver``), what it wants, and a sentence for people."""

    key: str
    wanted: str
    text: str
    judge: Callable[[PolicyCase], Answer]
    framework: str = ""

    @property
    def check(self) -> str:
        """The id of its result."""
        return f"policy.{self.key}"


Read = Callable[[PolicyCase], "float | str | None"]


def passes(detail: str, found: float | str = "") -> Answer:
    """The rule holds."""
    return Answer(status="pass", detail=detail, found=found)


def breaks(detail: str, found: float | str = "", *, remedy: str = "", action: Action = "", about: str = "") -> Answer:
    """The rule does not hold."""
    return Answer(
        status="fail",
        detail=detail,
        found=found,
        reason="policy-broken",
        remedy=remedy,
        action=action,
        about=about,
    )


def unknown(detail: str, remedy: str = "") -> Answer:
    """The fact is not known, which never counts as good."""
    return Answer(status="error", detail=detail, reason="unknown-fact", remedy=remedy)


def unchecked(detail: str, remedy: str = "") -> Answer:
    """Nobody looked, which never counts as good."""
    return Answer(status="error", detail=detail, reason="not-checked", remedy=remedy)


def passed_over(detail: str) -> Answer:
    """Another rule says already what is wrong, or the question does not arise."""
    return Answer(status="skip", detail=detail, reason="does-not-arise")


def compare_rule(
    key: str,
    kind: ConditionKind,
    wanted: str,
    title: str,
    read: Read,
    *,
    unit: str = "",
    remedy: str = "",
    action: Action = "",
) -> Rule:
    """A rule that a single fact decides; ``title`` is what the fact is called."""
    words = word_condition(wanted, unit)

    def judge(case: PolicyCase) -> Answer:
        found = read(case)
        verdict = None if found is None else admits(kind, wanted, found)
        if found is None or verdict is None:
            return unknown(f"{title} is not known; {words} is asked for")
        shown = word_value(found, unit)
        if verdict:
            return passes(f"{title} is {shown}; {words} is asked for", found)
        return breaks(f"{title} is {shown}, and not {words}", found, remedy=remedy, action=action)

    return Rule(key=key, wanted=wanted, text=f"{_begin(title)} is {words}.", judge=judge)


def same_rule(key: str, wanted: bool | str, title: str, read: Callable[[PolicyCase], bool | str | None]) -> Rule:
    """A rule that asks for one value of a fact; of a bool, ``title`` is the statement that it makes."""
    asked = word_fact(wanted, title)

    def judge(case: PolicyCase) -> Answer:
        found = read(case)
        if found is None:
            return unknown(f"it is not known whether {asked}")
        said = word_fact(found, title)
        return passes(said, _plain(found)) if found == wanted else breaks(f"{said}; asked for: {asked}", _plain(found))

    return Rule(key=key, wanted=_plain(wanted), text=f"{_begin(asked)}.", judge=judge)


def word_fact(value: bool | str, title: str) -> str:
    """``the system is linux``; ``it is not so that ECC is on`` is said as ``ECC is not on``."""
    if isinstance(value, str):
        return f"{title} is {value}"
    return title if value else title.replace(" is ", " is not ", 1)


def word_value(found: float | str, unit: str = "") -> str:
    """A number with its unit, short; texts as they are."""
    if isinstance(found, str):
        return found
    shown = f"{found:.0f}" if found >= 100 or found == int(found) else f"{found:.1f}"
    return f"{shown} {unit}".rstrip()


def _plain(value: bool | str) -> str:
    return value if isinstance(value, str) else str(value).lower()


def _begin(text: str) -> str:
    return text[:1].upper() + text[1:]
