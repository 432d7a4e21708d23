"""The rules that decide whether a build may be used here.  One small predicate each, with its reason.

A rule takes a :class:`Question` and answers with a :class:`Failure` or nothing.  What is unknown
is never treated as good.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

from mlenv.facts.version import at_least, numbers
from mlenv.resolve.gpu_rules import driver_knows_gpus, has_code_for_gpus, has_device, has_driver, has_rocm
from mlenv.resolve.place_rules import fits_jetson, fits_wsl, reaches_gpu
from mlenv.resolve.question import Failure, Question, Rule


def may_be_chosen(question: Question) -> Failure | None:
    """Yanked, broken, too old and unwanted versions fall."""
    release = question.release
    name = f"{question.framework.id} {release.version}"
    if release.yanked:
        return Failure(rule="yanked", text=f"{name} was withdrawn")
    if release.broken:
        return Failure(rule="broken", text=f"{name} does not work: {release.broken}")
    if question.framework.floor and numbers(release.version) < numbers(question.framework.floor):
        return Failure(rule="below-floor", text=f"{name} is older than anything worth having of it")
    if len(question.specifier) and not question.specifier.contains(release.version, prereleases=True):
        text = f"{question.framework.id} {release.version} is not {question.specifier}"
        return Failure(rule="requested-version", text=text)
    return None


def may_join(question: Question) -> Failure | None:
    """What asks for an environment of its own, or has ended, is installed only where it is asked for."""
    framework = question.framework
    if not question.optional:
        return None
    if framework.status == "dead":
        return Failure(rule="dead", text=f"{framework.name} is no longer maintained; ask for it by name")
    if framework.solitary:
        return Failure(rule="solitary", text=f"{framework.name} asks for an environment of its own")
    return None


def is_built_for_platform(question: Question) -> Failure | None:
    """There is a build for this system and processor."""
    platform = question.machine.platform
    if platform in question.build.platforms:
        return None
    built = ", ".join(question.build.platforms)
    return Failure(rule="platform", text=f"{question.name} is built for {built}, this machine is {platform}")


def is_requested_variant(question: Question) -> Failure | None:
    """``--accelerator cu126`` asks for that build of every framework that has device code."""
    asked, build = question.variant, question.build
    if asked is None or build.variant in ("any", asked):
        return None
    named_so = any(row.variant == asked for release in question.framework.release for row in release.builds)
    if not named_so and build.runtime and asked.startswith(build.runtime):
        return None  # jax calls its CUDA 12 build cuda12: the CUDA major is what it shares with cu126
    return Failure(rule="requested-build", text=f"{question.name} is not the {asked} build asked for")


def is_requested_package(question: Question) -> Failure | None:
    """``jax[cuda13]`` asks for the build with those libraries, ``xgboost-cpu`` for that package of XGBoost."""
    build, framework = question.build, question.framework
    package = build.distribution or framework.distribution
    if question.distribution and question.distribution != package:
        text = f"{question.name} comes as {package}, not as {question.distribution}"
        return Failure(rule="requested-package", text=text)
    if not question.extras:
        return None
    telling = {extra for release in framework.release for row in release.builds for extra in row.extra.split(",")}
    missing = [name for name in question.extras if name in telling and name not in build.extra.split(",")]
    if not missing:
        return None
    return Failure(rule="requested-package", text=f"{question.name} is not the build of the extra {', '.join(missing)}")


def fits_libc(question: Question) -> Failure | None:
    """The C library is new enough, and of the kind that the wheel was built for."""
    build, libc = question.build, question.machine.os.libc
    if question.machine.os.family != "linux" or not (build.glibc or build.musl):
        return None
    if libc is None:
        text = f"{question.name} needs glibc {build.glibc} and the C library of this machine is not known"
        return Failure(rule="libc-unknown", text=text, remedy="say which C library the machine has")
    floor = build.musl if libc.family == "musl" else build.glibc
    if not floor:
        text = (
            f"{question.name} has wheels for {'glibc' if build.glibc else 'musl'} only, this machine has {libc.family}"
        )
        return Failure(rule="libc-kind", text=text, remedy=f"use a system with glibc {build.glibc} or newer")
    if at_least(libc.version, floor):
        return None
    text = f"{question.name} needs {libc.family} {floor}, this machine has {libc.version}"
    return Failure(rule="libc", text=text, remedy=f"use a newer system ({libc.family} {floor} or newer)")


def fits_macos(question: Question) -> Failure | None:
    """MacOS is new enough for the wheel, and for Metal where it is to be used."""
    build, system = question.build, question.machine.os
    if system.family != "macos":
        return None
    floor = build.macos
    if question.accelerator == "mps" and build.mps_macos:
        floor = build.mps_macos if not floor or at_least(build.mps_macos, floor) else floor
    if not floor:
        return None
    if system.version is None:
        return Failure(rule="macos-unknown", text=f"{question.name} needs macOS {floor}; the version here is not known")
    if at_least(system.version, floor):
        return None
    text = f"{question.name} needs macOS {floor} or newer, this machine has {system.version}"
    return Failure(rule="macos", text=text, remedy=f"update macOS to {floor} or newer")


def fits_cpu(question: Question) -> Failure | None:
    """The processor has the instructions that the build was compiled to use.

    Flags that nobody could read do not forbid: the plan warns instead (every x86-64 processor
    since 2011 has AVX, and a crash would show in the verification).
    """
    flags = question.machine.cpu.flags
    if not flags:
        return None
    known = _all_flags(flags)
    missing = [flag for flag in question.build.cpu_flags if flag not in known]
    if not missing:
        return None
    names = ", ".join(flag.upper() for flag in missing)
    text = f"{question.name} is compiled for processors with {names}, which this one lacks"
    return Failure(rule="cpu-flags", text=text, remedy="use another machine, or a build from source")


_PRESUPPOSES = {
    "avx512f": ("avx2", "fma"),
    "avx2": ("avx",),
    "avx": ("sse4_2",),
    "sse4_2": ("sse4_1", "popcnt"),
    "sse4_1": ("ssse3",),
}
"""Instruction sets that come with others, as the levels of the x86-64 psABI have it: a description that names
the newest one need not name them all."""


@functools.lru_cache(maxsize=8)
def _all_flags(flags: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_implied(flags))


def _implied(flags: Iterable[str]) -> Iterator[str]:
    """The flags and all that they presuppose."""
    for flag in flags:
        yield flag
        yield from _implied(_PRESUPPOSES.get(flag, ()))


RULES: tuple[Rule, ...] = (
    may_join,
    may_be_chosen,
    is_built_for_platform,
    is_requested_variant,
    is_requested_package,
    fits_libc,
    fits_macos,
    fits_cpu,
    has_device,
    reaches_gpu,
    fits_jetson,
    fits_wsl,
    has_driver,
    has_rocm,
    driver_knows_gpus,
    has_code_for_gpus,
)
"""In this order: a build that falls by an earlier rule is not shown with a later one."""
