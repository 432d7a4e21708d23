"""What a requirement admits, judged for a machine: the document of ``mlenv matrix why``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlenv.facts.machine import Machine
from mlenv.facts.version import numbers
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Framework, Release
from mlenv.report.matrix.requirement import Asked
from mlenv.report.matrix.verdict import explain_build
from mlenv.report.matrix.why import (
    SCHEMA,
    BehindRow,
    JudgedRelease,
    MatrixWhyDocument,
    Project,
    preference,
)
from mlenv.resolve.words import WORDS


def explain_requirement(matrix: Matrix, asked: Asked, machine: Machine | None) -> MatrixWhyDocument:
    """Every release and build that a requirement admits, judged for a machine where there is one."""
    known = sorted(asked.framework.release, key=lambda row: numbers(row.version), reverse=True)
    admitted = [release for release in known if asked.specifier.contains(release.version, prereleases=True)]
    behind: dict[str, BehindRow] = {}
    judged = tuple(_judge_release(matrix, asked, release, machine, behind) for release in admitted)
    return MatrixWhyDocument(
        schema=SCHEMA,
        matrix_version=matrix.version,
        matrix_digest=matrix.digest,
        requirement=asked.text,
        day=matrix.day,
        answer=_answer(asked, judged, machine),
        remarks=tuple(_remarks(matrix, asked, known, admitted)),
        project=_project(asked.framework),
        versions=tuple(release.version for release in known),
        releases=judged,
        rows=tuple(sorted(behind.values(), key=lambda row: (not row.file.startswith("frameworks/"), row.file))),
        machine=machine,
    )


def _judge_release(
    matrix: Matrix, asked: Asked, release: Release, machine: Machine | None, behind: dict[str, BehindRow]
) -> JudgedRelease:
    meant = [build for build in release.builds if _is_meant(asked, build)]
    here = [build for build in meant if machine is None or machine.platform in build.platforms]
    others = {platform for build in meant if build not in here for platform in build.platforms}
    return JudgedRelease(
        version=release.version,
        released=release.released,
        requires_python=release.requires_python,
        requires=release.requires,
        constraints=release.constraints,
        prereleases=release.prereleases,
        yanked=release.yanked,
        broken=release.broken,
        note=release.note,
        builds=tuple(explain_build(matrix, asked, release, build, machine, behind) for build in here),
        elsewhere=tuple(sorted(others)),
    )


def _is_meant(asked: Asked, build: Build) -> bool:
    """Whether the requirement means a build: its package, its extra and its local version part."""
    distribution = build.distribution or asked.framework.distribution
    extras = _extras_of(asked.framework) & asked.extras
    return (
        asked.distribution in ("", distribution)
        and (not extras or not extras.isdisjoint(build.extra.split(",")))
        and asked.variant in ("", build.variant)
    )


def _extras_of(framework: Framework) -> set[str]:
    """The extras that builds need; one build may need several (``cuda,cudnn``)."""
    builds = (build for release in framework.release for build in release.builds)
    return {extra for build in builds for extra in build.extra.split(",")} - {""}


def _remarks(matrix: Matrix, asked: Asked, known: list[Release], admitted: list[Release]) -> Iterator[str]:
    """What of the requirement the matrix has no row for, and what it has instead."""
    name, framework = asked.framework.id, asked.framework
    if not known:
        yield f"No release of {name} was out by {matrix.day}."
    elif not admitted:
        yield f"The matrix has no row for {name} {asked.specifier}; it has {_list(row.version for row in known)}."
    extras = _extras_of(framework)
    for extra in sorted(asked.extras - extras):
        has = f"they have {_list(sorted(extras))}" if extras else "they have none"
        yield f"No build of {name} depends on the extra [{extra}]; {has}."
    variants = dict.fromkeys(build.variant for release in admitted for build in release.builds)
    if asked.variant and variants and asked.variant not in variants:
        yield f"No build of it is called {asked.variant}; there are {_list(variants)}."


def _answer(asked: Asked, judged: tuple[JudgedRelease, ...], machine: Machine | None) -> str:
    """The outcome in a sentence: the newest build that runs on the machine's GPU, else on its CPU."""
    rows = [(release, build) for release in judged for build in release.builds]
    if not rows:
        return "No build of it is for this platform." if judged else "No row fits it."
    if machine is None:
        return f"Rows that fit it: {_count(len(rows), 'build')} of {_count(len(judged), 'release')}."
    release, build = min(rows, key=lambda row: preference(row[1]))  # of equals the newest release
    name = f"{asked.framework.id} {release.version}{'' if build.build == 'any' else f' {build.build}'}"
    if build.verdict == "runs" and build.device is not None:
        newest = "newest build of it" if len(judged) > 1 else "build of it"
        return f"{name} is the {newest} that runs here, on {WORDS[build.device]}."
    if build.verdict == "cpu-only":
        return f"{name} runs here on the CPU only."
    return "No build of it is known to run here." if build.verdict == "unproven" else "No build of it runs here."


def _project(framework: Framework) -> Project:
    others = (build.distribution for release in framework.release for build in release.builds)
    return Project(
        id=framework.id,
        name=framework.name,
        summary=framework.summary,
        distributions=tuple(dict.fromkeys((framework.distribution, *filter(None, others)))),
        status=framework.status,
        successor=framework.successor,
        solitary=framework.solitary,
        floor=framework.floor,
        conda=framework.conda,
        traps=framework.traps,
        note=framework.note,
    )


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
