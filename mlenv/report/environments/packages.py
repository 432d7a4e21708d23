"""What differs between the packages of two environments."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.machine import Machine
from mlenv.matrix.rows import FileFamily
from mlenv.report.environments.change import Area, Change, Verdict, make_change, raise_risk
from mlenv.report.environments.held import Contents, Held
from mlenv.report.environments.knowledge import Knowledge
from mlenv.report.environments.package_case import Case, Sides, share_no_file, share_other_bytes
from mlenv.report.environments.package_rules import (
    ADDED_RULES,
    FILE_RULES,
    INDEX_RULES,
    REMOVED_RULES,
    SOURCE_RULES,
    VERSION_RULES,
)
from mlenv.report.environments.variants import judge_build
from mlenv.report.environments.versions import Distance, measure


def compare_packages(
    before: Contents, after: Contents, machine: Machine, knowledge: Knowledge, *, same_python: bool
) -> Iterator[Change]:
    """Every difference of the packages; ``machine`` is the one that the new environment is for."""
    sides = Sides(before=before, after=after, knowledge=knowledge, same_python=same_python)
    for name in sorted({*before.packages, *after.packages}):
        old, new = before.packages.get(name), after.packages.get(name)
        if old is None or new is None:
            yield _appear(name, old, new, sides)
            continue
        case = Case(old=old, new=new, distance=measure(old.version, new.version), sides=sides)
        yield from _compare_version(case)
        yield from _compare_build(case, machine)
        yield from _compare_origin(case)
    yield from _compare_families(before, after, knowledge)


def _area(name: str, sides: Sides) -> Area:
    return "framework" if name in sides.before.asked | sides.after.asked else "package"


def _appear(name: str, old: Held | None, new: Held | None, sides: Sides) -> Change:
    held = new or old
    assert held is not None
    case = Case(old=held, new=held, distance=Distance("none"), sides=sides)
    verdict = (ADDED_RULES if new else REMOVED_RULES).judge(case)
    version = held.full_version or "some version"
    return make_change(name, _area(name, sides), ("", version) if new else (version, ""), verdict)


def _compare_version(case: Case) -> Iterator[Change]:
    kind = case.distance.kind
    if case.distance.step == "none":
        return
    verdict = VERSION_RULES.judge(case)
    if kind == "downgraded":
        verdict = Verdict(raise_risk(verdict.risk), f"a downgrade: {verdict.reason}")
    states = case.old.version or "not stated", case.new.version or "not stated"
    yield make_change(case.new.name, _area(case.new.name, case.sides), states, verdict, kind)


def _compare_build(case: Case, machine: Machine) -> Iterator[Change]:
    """A package without a label belongs to its plan's build, where the other one states its own."""
    old, new = case.labels
    if old != new:
        verdict = judge_build(old, new, machine, case.sides.knowledge.drivers)
        subject, area = f"build of {case.new.name}", _area(case.new.name, case.sides)
        yield make_change(subject, area, (old or "no label", new or "no label"), verdict)


def _compare_origin(case: Case) -> Iterator[Change]:
    name, area = case.new.name, _area(case.new.name, case.sides)
    if case.moved:
        old, new = case.places
        yield make_change(f"index of {name}", area, (old or "not known", new or "not known"), INDEX_RULES.judge(case))
    if case.old.source != case.new.source:
        words = {True: "source", False: "wheel"}
        states = words[case.old.source], words[case.new.source]
        yield make_change(f"form of {name}", area, states, SOURCE_RULES.judge(case))
    if share_other_bytes(case) or share_no_file(case):
        states = _tell_files(case.old, case.new)
        yield make_change(f"files of {name}", area, states, FILE_RULES.judge(case))


def _tell_files(old: Held, new: Held) -> tuple[str, str]:
    """The first file that differs, with the beginning of its hash."""
    both = sorted(old.files.keys() & new.files.keys())
    names = next(((name, name) for name in both if old.files[name] != new.files[name]), None)
    first, second = names or (min(old.files), min(new.files))
    return _tell_file(old, first), _tell_file(new, second)


def _tell_file(held: Held, name: str) -> str:
    value = next(iter(held.files[name].values()), "")
    return f"{name} ({value[:12]})"


def _compare_families(before: Contents, after: Contents, knowledge: Knowledge) -> Iterator[Change]:
    """Distributions that write the same files, side by side."""
    for family in knowledge.families:
        states = _find_together(family, before), _find_together(family, after)
        if states[0] == states[1]:
            continue
        verdict = Verdict("high", f"both write {family.path}: the one installed last wins, removing one breaks both")
        if not states[1]:
            verdict = Verdict("none", f"they no longer write {family.path} side by side")
        yield make_change(f"rivals for {family.title}", "package", states, verdict)


def _find_together(family: FileFamily, contents: Contents) -> str:
    """The distributions of a family that stand side by side; empty where there are not two."""
    names = [name for name in sorted(family.distributions) if name in contents.packages]
    return ", ".join(names) if len(names) > 1 else ""
