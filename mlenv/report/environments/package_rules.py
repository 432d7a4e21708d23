"""The rules for packages: each says what one kind of difference risks, or nothing where it does not apply."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from mlenv.facts.version import numbers
from mlenv.report.environments.change import Risk, Verdict
from mlenv.report.environments.held import Contents, find_host
from mlenv.report.environments.package_case import Case, Sides, share_bytes, share_other_bytes
from mlenv.report.environments.versions import is_prerelease

ABI = {"numpy": "packages that were compiled for another major of NumPy fail as they are imported"}
"""Packages whose majors break what was compiled against them."""
FIRST_YEAR, LAST_YEAR = 1990, 2100
"""A version that begins with a year (``2026.10.18``) says nothing of an interface."""


Rule = Callable[[Case], Verdict | None]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rules in order: the first that speaks decides, and where none does ``otherwise``."""

    rules: tuple[Rule, ...]
    otherwise: Verdict

    def judge(self, case: Case) -> Verdict:
        """The verdict on a difference."""
        return next((verdict for rule in self.rules if (verdict := rule(case)) is not None), self.otherwise)


# ---------------------------------------------------------------- versions


def _lessen(risk: Risk) -> Risk:
    """A dependency counts one step less than what was asked for; other code is never without risk."""
    return "medium" if risk == "high" else "low"


def _weigh(case: Case, risk: Risk, reason: str) -> Verdict:
    return Verdict(risk if case.asked else _lessen(risk), reason)


def _breaks_abi(case: Case) -> Verdict | None:
    reason = ABI.get(case.new.name)
    return Verdict("high", reason) if reason and case.distance.step == "major" else None


def _calendar(case: Case) -> Verdict | None:
    first = [number for held in (case.old, case.new) for number in numbers(held.version)[:1]]
    dated = len(first) == 2 and all(FIRST_YEAR <= number <= LAST_YEAR for number in first)
    return _weigh(case, "medium", "its versions are dates") if dated and case.distance.step == "major" else None


def _major(case: Case) -> Verdict | None:
    words = "another major release" if case.asked else "another major release of a dependency"
    return _weigh(case, "high", f"{words}: its interface may change") if case.distance.step == "major" else None


def _unfinished(case: Case) -> Verdict | None:
    if is_prerelease(case.new.version) and not is_prerelease(case.old.version):
        return _weigh(case, "medium", "a pre-release takes the place of a release")
    return None


def _minor(case: Case) -> Verdict | None:
    words = "another minor release" if case.asked else "another minor release of a dependency"
    return _weigh(case, "medium", words) if case.distance.step == "minor" else None


def _unordered(case: Case) -> Verdict | None:
    reason = "another release; which one is newer cannot be told"
    return _weigh(case, "medium", reason) if case.distance.step == "unordered" else None


# ---------------------------------------------------------------- appearing and going


def _replaced(case: Case) -> Verdict | None:
    rival = _find_rival(case.new.name, case.sides.after, case.sides)
    return Verdict("medium", f"{rival} takes its place, which writes the same files") if rival else None


def _asked_and_gone(case: Case) -> Verdict | None:
    return Verdict("high", "was asked for and is gone") if case.new.name in case.sides.before.asked else None


def _from_elsewhere(case: Case) -> Verdict | None:
    words = {"repository": "a repository", "archive": "an archive", "folder": "a folder"}
    if case.new.origin == "index":
        return None
    return Verdict("medium", f"comes from {words[case.new.origin]} named directly, not from an index")


def _built(case: Case) -> Verdict | None:
    return Verdict("medium", "built from source: what it becomes depends on this machine") if case.new.source else None


def _replacing(case: Case) -> Verdict | None:
    rival = _find_rival(case.new.name, case.sides.before, case.sides)
    return Verdict("medium", f"takes the place of {rival}, which writes the same files") if rival else None


def _asked_and_new(case: Case) -> Verdict | None:
    return Verdict("low", "asked for and new") if case.asked else None


def _find_rival(name: str, there: Contents, sides: Sides) -> str:
    """A distribution of the same files that stands on one side alone."""
    family = sides.knowledge.family_of(name)
    here = sides.before if there is sides.after else sides.after
    names = family.distributions if family else ()
    return next((rival for rival in names if rival in there.packages and rival not in here.packages), "")


# ---------------------------------------------------------------- origin


def _same_bytes(case: Case) -> Verdict | None:
    return Verdict("low", "another place, the same file by its hash") if share_bytes(case) else None


def _other_origin(case: Case) -> Verdict | None:
    if case.old.origin == case.new.origin == "index":
        return None
    return Verdict("high", f"from {case.old.origin} to {case.new.origin}: another publisher may stand behind the name")


def _other_host(case: Case) -> Verdict | None:
    old, new = (find_host(place) for place in case.places)
    return Verdict("high", "another host: the same name may be another publisher's package") if old != new else None


def _other_list(case: Case) -> Verdict | None:
    old, new = case.labels
    return Verdict("low", "the list of the other build on the same host") if old != new else None


def _other_bytes(case: Case) -> Verdict | None:
    if share_other_bytes(case):
        return Verdict("high", "the same release is not the same file any more: its hash differs")
    return None


def _wheel_again(case: Case) -> Verdict | None:
    return None if case.new.source else Verdict("low", "a wheel again, no longer built here")


VERSION_RULES = Table(
    rules=(_breaks_abi, _calendar, _major, _unfinished, _minor, _unordered),
    otherwise=Verdict("low", "corrections of the same release series"),
)
REMOVED_RULES = Table(
    rules=(_replaced, _asked_and_gone), otherwise=Verdict("low", "a dependency that nothing asks for any more")
)
ADDED_RULES = Table(
    rules=(_from_elsewhere, _built, _replacing, _asked_and_new), otherwise=Verdict("low", "a new dependency")
)
INDEX_RULES = Table(
    rules=(_same_bytes, _other_origin, _other_host, _other_list),
    otherwise=Verdict("medium", "another index on the same host"),
)
FILE_RULES = Table(rules=(_other_bytes,), otherwise=Verdict("low", "another file of the same release"))
SOURCE_RULES = Table(
    rules=(_wheel_again,),
    otherwise=Verdict("medium", "built from source now: what it becomes depends on this machine"),
)
