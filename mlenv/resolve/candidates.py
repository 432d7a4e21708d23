"""Candidates: every build of a framework judged for an accelerator, best first."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

import msgspec
from packaging.specifiers import SpecifierSet

from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.matrix.query import newest_first
from mlenv.matrix.rows import Accelerator, Build, Framework, Release
from mlenv.resolve.claims import Claim, make_claims
from mlenv.resolve.preference import Costs, is_heavy, older_builds, serves, staleness_of
from mlenv.resolve.question import Failure, Question, name_build
from mlenv.resolve.request import Request, Wanted
from mlenv.resolve.rules import RULES, is_built_for_platform
from mlenv.resolve.visibility import PerMachine

_NAME = re.compile(r"[^A-Za-z0-9._-]")
"""What ends the name in a requirement."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A build, judged: ``failures`` are the rules it falls by, none where it may be chosen.

    ``uses_accelerator`` tells whether it runs on the wanted device or on the CPU beside it;
    ``writes`` which distribution it brings of each file family that it touches; ``rank`` its place
    in the order of preference within its field.
    """

    wanted: Wanted
    framework: Framework
    release: Release
    build: Build
    uses_accelerator: bool
    failures: tuple[Failure, ...] = ()
    writes: dict[str, str] = {}
    costs: Costs = Costs(0, 0, 0, 0, 0)
    rank: int = 0

    @property
    def name(self) -> str:
        """``torch 2.15.0 cu132``, for sentences."""
        return name_build(self.framework.id, self.release, self.build)

    @property
    def distribution(self) -> str:
        """The name of the package to install."""
        return self.build.distribution or self.framework.distribution

    @functools.cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What it wants to be true of an environment, in the order in which a clash is told."""
        names = dict.fromkeys((self.framework.id, self.distribution))
        return make_claims(names, self.release, self.build, self.writes)


class Field(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All builds of one requested framework for an accelerator, judged, best first."""

    wanted: Wanted
    framework: Framework
    rows: tuple[Candidate, ...]

    @functools.cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        """The builds that no rule forbids."""
        return tuple(row for row in self.rows if not row.failures)

    @functools.cached_property
    def fallen(self) -> tuple[Candidate, ...]:
        """The builds that a rule forbids."""
        return tuple(row for row in self.rows if row.failures)


_JUDGED: PerMachine[tuple[Matrix, Field]] = PerMachine()
"""Fields of the machine that was asked about last: the sources, the search and every round of a proof
ask for the same."""


def judge_field(request: Request, machine: Machine, matrix: Matrix, wanted: Wanted, accelerator: Accelerator) -> Field:
    """Judge the builds of a framework that could run on an accelerator or on the CPU beside it."""
    judged = _JUDGED.of(machine)
    key = f"{accelerator} {request.variant} {wanted!r}"
    known = judged.get(key)
    if known is None or known[0] is not matrix:
        known = judged[key] = matrix, _judge_field(request, machine, matrix, wanted, accelerator)
    return known[1]


def _judge_field(request: Request, machine: Machine, matrix: Matrix, wanted: Wanted, accelerator: Accelerator) -> Field:
    framework = matrix.framework(wanted.name)
    rows = sorted(
        _judge_builds(request, machine, matrix, wanted, framework, accelerator),
        key=lambda row: row.costs,  # stable: of equals the first in the file
    )
    return Field(
        wanted=wanted,
        framework=framework,
        rows=tuple(msgspec.structs.replace(row, rank=rank) for rank, row in enumerate(rows)),
    )


def _judge_builds(
    request: Request, machine: Machine, matrix: Matrix, wanted: Wanted, framework: Framework, accelerator: Accelerator
) -> Iterator[Candidate]:
    specifier = SpecifierSet(wanted.specifier)
    staleness = staleness_of(framework)
    may_idle = accelerator != "cpu" and serves(framework, accelerator)
    for release in newest_first(framework):
        ages = {device: older_builds(release.builds, device) for device in {accelerator, "cpu"}}
        for build in release.builds:
            device = _device(build, accelerator)
            if device is None:
                continue
            question = Question(
                machine=machine,
                matrix=matrix,
                framework=framework,
                release=release,
                build=build,
                accelerator=device,
                specifier=specifier,
                variant=request.variant if device == accelerator else None,
                extras=wanted.extras,
                distribution=wanted.distribution,
                optional=wanted.optional,
            )
            yield Candidate(
                wanted=wanted,
                framework=framework,
                release=release,
                build=build,
                uses_accelerator=device == accelerator and build.variant != "any",
                failures=judge(question),
                writes=_families_of(matrix, build.distribution or framework.distribution, build),
                costs=Costs(
                    idle=int(may_idle and device != accelerator),
                    unproven=int(build.evidence == "unknown"),
                    heavy=int(is_heavy(build, device)),
                    staleness=staleness[release.version],
                    older_build=ages[device][build.variant],
                ),
            )


def judge(question: Question) -> tuple[Failure, ...]:
    """Every rule that a build falls by; of one for other platforms nothing more is asked."""
    elsewhere = is_built_for_platform(question)
    if elsewhere is not None:
        return (elsewhere,)
    return tuple(failure for rule in RULES if (failure := rule(question)) is not None)


def _families_of(matrix: Matrix, distribution: str, build: Build) -> dict[str, str]:
    """The file families that a build writes into, and by which distribution."""
    families = matrix.family_of
    brought = (_NAME.split(text, maxsplit=1)[0] for text in build.brings)
    return {families[name]: name for name in (*build.requires, *brought, distribution) if name in families}


def _device(build: Build, accelerator: Accelerator) -> Accelerator | None:
    """The device a build would run on when the accelerator is wanted; None where it has no use."""
    if accelerator in build.accelerators:
        return accelerator
    return "cpu" if "cpu" in build.accelerators else None
