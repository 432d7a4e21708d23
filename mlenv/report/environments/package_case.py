"""A package in two environments, and what is asked about it."""

from __future__ import annotations

import msgspec

from mlenv.report.environments.held import Contents, Held
from mlenv.report.environments.knowledge import Knowledge
from mlenv.report.environments.versions import Distance


class Sides(msgspec.Struct, frozen=True, kw_only=True):
    """The two environments, and what is known about packages; ``same_python`` tells that wheels could be shared."""

    before: Contents
    after: Contents
    knowledge: Knowledge
    same_python: bool


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A package in both environments; for one that appears or is gone both states are the same."""

    old: Held
    new: Held
    distance: Distance
    sides: Sides

    @property
    def asked(self) -> bool:
        """Whether it was asked for, or decided on by the matrix, in either environment."""
        return self.new.name in self.sides.before.asked | self.sides.after.asked

    @property
    def labels(self) -> tuple[str, str]:
        """The builds: a package without a label belongs to its plan's where the other one has a label."""
        old, new = self.old.label, self.new.label
        if old and new:
            return old, new
        return (old or (self.sides.before.label if new else "")), (new or (self.sides.after.label if old else ""))

    @property
    def places(self) -> tuple[str, str]:
        """Where the two came from: their indexes where both are known, else the hosts of their files."""
        if self.old.index and self.new.index:
            return self.old.index, self.new.index
        return self.old.host, self.new.host

    @property
    def moved(self) -> bool:
        """Whether they came from different places; an unknown place tells nothing."""
        old, new = self.places
        return self.old.origin != self.new.origin or bool(old and new and old != new)

    @property
    def same_release(self) -> bool:
        """Whether it is one release in one build, so that its files should be the same."""
        old, new = self.labels
        return self.distance.step == "none" and old == new


def share_other_bytes(case: Case) -> bool:
    """Whether a file of one release has another hash now."""
    return case.same_release and any(
        case.old.files[name][algorithm] != case.new.files[name][algorithm]
        for name in case.old.files.keys() & case.new.files.keys()
        for algorithm in case.old.files[name].keys() & case.new.files[name].keys()
    )


def share_no_file(case: Case) -> bool:
    """Whether one release stands for other files, though the Python is the same."""
    known = bool(case.old.files and case.new.files)
    return case.same_release and case.sides.same_python and known and not case.old.files.keys() & case.new.files.keys()


def share_bytes(case: Case) -> bool:
    """Whether a file of both has the same hash, and none another one."""
    both = case.old.files.keys() & case.new.files.keys()
    return not share_other_bytes(case) and any(case.old.files[name] == case.new.files[name] for name in both)
