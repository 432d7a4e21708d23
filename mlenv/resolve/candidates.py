"""Candidates: which builds of a framework could be used on an accelerator, best first."""

from __future__ import annotations

import msgspec
from packaging.specifiers import SpecifierSet

from mlenv.facts.machine import Machine
from mlenv.facts.version import numbers
from mlenv.matrix.load import Matrix
from mlenv.matrix.query import newest_first
from mlenv.matrix.rows import Accelerator, Build, Framework, Release
from mlenv.resolve.question import Failure, Question, name_build
from mlenv.resolve.request import Request, Wanted
from mlenv.resolve.rules import RULES, is_built_for_platform

Key = tuple[int, int, int, int, int, int]


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A build that no rule forbids.

    ``uses_accelerator`` tells whether it runs on the wanted device or on the CPU beside it;
    ``writes`` which distribution it brings of each file family that it touches.
    """

    wanted: Wanted
    framework: Framework
    release: Release
    build: Build
    uses_accelerator: bool
    writes: dict[str, str] = {}
    rank: int

    @property
    def name(self) -> str:
        """``torch 2.15.0 cu132``, for sentences."""
        return name_build(self.framework.id, self.release, self.build)

    @property
    def distribution(self) -> str:
        """The name of the package to install."""
        return self.build.distribution or self.framework.distribution


class Fallen(msgspec.Struct, frozen=True, kw_only=True):
    """A build that a rule forbids, and every rule that does."""

    framework: str
    release: Release
    build: Build
    failures: tuple[Failure, ...]
    rank: int

    @property
    def name(self) -> str:
        """``torch 2.15.0 cu132``, for sentences."""
        return name_build(self.framework, self.release, self.build)


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """All builds of one requested framework for an accelerator, judged."""

    wanted: Wanted
    framework: Framework
    candidates: tuple[Candidate, ...]
    fallen: tuple[Fallen, ...]

    @property
    def accelerates(self) -> bool:
        """Whether any candidate uses the accelerator."""
        return any(candidate.uses_accelerator for candidate in self.candidates)


def judge_field(request: Request, machine: Machine, matrix: Matrix, wanted: Wanted, accelerator: Accelerator) -> Field:
    """Sort the builds of a framework into candidates, best first, and fallen ones.

    A framework that has code for the accelerator may still run on the CPU beside others; one
    without (numpy) is neutral.
    """
    framework = matrix.framework(wanted.name)
    specifier = SpecifierSet(wanted.specifier)
    passed: list[tuple[Key, Candidate]] = []
    fallen: list[tuple[Key, Fallen]] = []
    for position, release in enumerate(newest_first(framework)):
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
                optional=wanted.optional,
            )
            failures = judge(question)
            key = _key(build, position, uses=device == accelerator, wanted=accelerator)
            if failures:
                row = Fallen(framework=framework.id, release=release, build=build, failures=failures, rank=0)
                fallen.append((key, row))
            else:
                uses = device == accelerator and build.variant != "any"
                candidate = Candidate(
                    wanted=wanted,
                    framework=framework,
                    release=release,
                    build=build,
                    uses_accelerator=uses,
                    writes=_families_of(matrix, build.distribution or framework.distribution, build),
                    rank=0,
                )
                passed.append((key, candidate))
    ranks = {key: rank for rank, key in enumerate(sorted({key for key, _ in (*passed, *fallen)}))}
    return Field(
        wanted=wanted,
        framework=framework,
        candidates=tuple(
            msgspec.structs.replace(row, rank=ranks[key]) for key, row in sorted(passed, key=lambda pair: pair[0])
        ),
        fallen=tuple(
            msgspec.structs.replace(row, rank=ranks[key]) for key, row in sorted(fallen, key=lambda pair: pair[0])
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
    return {families[name]: name for name in (*build.requires, distribution) if name in families}


def _device(build: Build, accelerator: Accelerator) -> Accelerator | None:
    """The device a build would run on when the accelerator is wanted; None where it has no use."""
    if accelerator in build.accelerators:
        return accelerator
    return "cpu" if "cpu" in build.accelerators else None


def _key(build: Build, position: int, *, uses: bool, wanted: Accelerator) -> Key:
    """Preference, smallest first.

    The wanted device before the CPU; proven builds before unproven ones; on the CPU the build
    that carries no GPU code before one that does (it spares gigabytes); the newest release; then
    the newest CUDA or ROCm.
    """
    unproven = build.evidence == "unknown"
    heavy = is_heavy(build, wanted if uses else "cpu")
    version = numbers(build.cuda or build.variant)
    major, minor = (*version, 0, 0)[:2] if version else (0, 0)
    if not build.cuda and build.variant.startswith("cu"):
        major, minor = 0, version[0] if version else 0
    return (not uses, unproven, heavy, position, -major, -minor)


def is_heavy(build: Build, accelerator: Accelerator) -> bool:
    """Whether a build carries GPU libraries that nothing would use."""
    return accelerator == "cpu" and build.variant.startswith(("cu", "rocm", "xpu"))
