"""Rules about what is installed."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.policy.conditions import admits
from mlenv.policy.model import EnvironmentPolicy
from mlenv.policy.requirements import Wanted, find_installed, name_together, parse_unwanted, parse_wanted
from mlenv.policy.rule import Answer, PolicyCase, Rule, breaks, passes, unchecked, unknown
from mlenv.policy.waivers import NOT_LOCKED
from mlenv.verify.result import Result

LOCK, PIP_CHECK, RIVALS = "env.lock", "env.pip_check", "env.rivals"
"""The checks of the environment's files that these rules read."""


def environment_rules(env: EnvironmentPolicy) -> Iterator[Rule]:
    """The rules of the table ``[env]``."""
    if env.lock is not None:
        yield _relayed("lock", env.lock, LOCK, f"What is installed is what {env.lock} says.")
    if env.extra_packages is not None:
        yield _extra_rule(env.extra_packages)
    if env.pip_check:
        yield _relayed("pip_check", "true", PIP_CHECK, "Every installed package has what it requires.")
    if env.rivals:
        yield _relayed("rivals", "true", RIVALS, "No two packages that overwrite each other stand side by side.")
    for text in env.forbid:
        yield _forbid_rule(text)
    for text in env.require:
        yield _require_rule(text)


def _relayed(key: str, wanted: str, check: str, text: str) -> Rule:
    """A rule that another check has answered; one that was not made is no answer."""

    def judge(case: PolicyCase) -> Answer:
        found = _results(case, check)
        if not found or all(row.status == "skip" for row in found):
            return unchecked(f"{check} was not checked")
        bad = next((row for status in ("fail", "error") for row in found if row.status == status), None)
        if bad is None:
            seen = next((row for row in found if row.status == "pass"), found[0])
            return passes(seen.detail or f"{check} holds", seen.status)
        if bad.status == "error":
            return unchecked(f"{check} could not be checked: {bad.detail}", bad.remedy)
        return breaks(bad.detail, bad.reason, remedy=bad.remedy, action=bad.action)

    return Rule(key=f"env.{key}", wanted=wanted, text=text, judge=judge)


def _results(case: PolicyCase, check: str) -> list[Result]:
    return [row for row in case.results if row.check == check]


def _extra_rule(wanted: str) -> Rule:
    words = {"allow": "may stand beside it", "warn": "are a warning", "forbid": "are a failure"}

    def judge(case: PolicyCase) -> Answer:
        found = _results(case, LOCK)
        if not found or any(row.status in ("error", "skip") for row in found):
            return unchecked("what is installed was not compared with the lock")
        extra = [row for row in found if row.reason == NOT_LOCKED]
        said = "; ".join(row.detail for row in extra[:3]) + ("; ..." if len(extra) > 3 else "")
        if not extra or wanted == "allow":
            return passes(said or "nothing is installed beyond the lock", float(len(extra)))
        if wanted == "warn":
            return Answer(status="warn", detail=said, found=float(len(extra)), reason="extra-packages")
        return breaks(said, float(len(extra)), remedy="remove them, or lock them")

    text = f"Packages that are not in the lock {words[wanted]}."
    return Rule(key="env.extra_packages", wanted=wanted, text=text, judge=judge)


def _forbid_rule(text: str) -> Rule:
    parts = parse_unwanted(text) or ()
    named = name_together(parts)
    alone = len(parts) == 1

    def judge(case: PolicyCase) -> Answer:
        if case.environment is None:
            return unknown("it is not known what is installed: no environment was looked at")
        found = [(part, find_installed(case.environment, part)) for part in parts]
        there = [f"{part.name} {version}" for part, version in found if version and _fits(part, version)]
        shown = " and ".join(there)
        if len(there) == len(parts):
            return breaks(
                f"{shown} {'is' if alone else 'are both'} installed",
                shown,
                remedy=f"uninstall {parts[-1].name}",
                action="reinstall_env",
            )
        return passes(f"{named} is not there" if alone else f"{named} do not stand side by side", shown)

    words = f"{named} is not installed." if alone else f"{named.replace('+', ' and ')} are not installed together."
    return Rule(key=f"env.forbid.{named}", wanted="absent", text=words, judge=judge)


def _require_rule(text: str) -> Rule:
    wanted = parse_wanted(text) or Wanted(name=text)
    named = name_together([wanted])

    def judge(case: PolicyCase) -> Answer:
        if case.environment is None:
            return unknown("it is not known what is installed: no environment was looked at")
        found = find_installed(case.environment, wanted)
        if found is None:
            return breaks(f"{wanted.name} is not installed", "not installed", remedy=f"install {named}")
        if not wanted.condition:
            return passes(f"{wanted.name} {found} is installed", found)
        verdict = admits("version", wanted.condition, found)
        if verdict is None:
            return unknown(f"the version {found} of {wanted.name} cannot be compared with {wanted.condition}")
        if verdict:
            return passes(f"{wanted.name} {found} is installed", found)
        return breaks(f"{wanted.name} is {found}, and not {wanted.condition}", found, remedy=f"install {named}")

    return Rule(
        key=f"env.require.{named}", wanted=wanted.condition or "present", text=f"{named} is installed.", judge=judge
    )


def _fits(wanted: Wanted, version: str) -> bool:
    """A version that cannot be compared counts as the one that is not wanted."""
    return not wanted.condition or admits("version", wanted.condition, version) is not False
