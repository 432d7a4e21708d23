"""Whether the rows of the matrix can be installed: uv is asked to resolve what a plan would ask for.

Only metadata is read, and only wheels are taken; a dependency that comes as source is left out where
the row or its framework says so (``brings pydotplus, which is source only``).
``MLENV_LIVE_MATRIX`` says how much is asked: ``sample`` (what stands when
nothing is said: the newest Python of each newest row, the oldest of its first platform),
``newest`` (three Pythons of each newest row) or ``all`` (three Pythons of every row that may be
chosen).  uv cannot be told to resolve for a free-threaded Python that is not installed, so those
series are left out.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration
from mlenv.facts.system import Libc
from mlenv.facts.version import numbers
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Framework, Platform, Release
from mlenv.plan.build import PlanOptions, build_plan
from mlenv.plan.places import PROJECT_FILE
from mlenv.probe.log import Log
from mlenv.probe.python.package_configuration import read_package_configuration
from mlenv.resolve.request import Request, Wanted
from mlenv.resolve.resolution import Pick, Resolution
from mlenv.supply.wheels import offers_of
from mlenv.system.host import LiveHost
from mlenv.system.network import answers
from mlenv.system.process import Completed, run

pytestmark = [pytest.mark.live, pytest.mark.registry, pytest.mark.drift]

MATRIX = Matrix()
SCOPE = os.environ.get("MLENV_LIVE_MATRIX", "sample")
GLIBC = ((2, 17), (2, 28), *((2, minor) for minor in range(31, 41)))
"""The versions of glibc for which uv has a name."""
ORDINARY_GLIBC = (2, 28)
ORDINARY_MACOS = "14.0"
"""What an ordinary system has: a row may name a lower floor that some dependency has long left."""
SIDE_BY_SIDE = 4
SECONDS = 300
NO_WHEEL = re.compile(r"([a-z0-9-]+)(?:\[[^]]*\])?(?:[<>=!~]\S*)? (?:has|have) no usable wheels")
SOURCE = re.compile(r"\bsource\b|\bbuilt while it is installed\b")
LARGE = 50_000_000
"""A source archive is fetched whole for its metadata; one that is larger than this is not."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One question for uv."""

    framework: Framework
    release: Release
    build: Build
    platform: Platform
    python: str

    def __str__(self) -> str:
        name = self.build.distribution or self.framework.distribution
        extra = f"[{self.build.extra}]" if self.build.extra else ""
        return f"{name}{extra}=={self.release.version} ({self.build.variant}) on {self.platform}, Python {self.python}"


# ---------------------------------------------------------------- which rows


def cases_of(framework: Framework) -> list[Case]:
    rows = [
        (release, build, platform)
        for release in framework.release
        if may_be_chosen(framework, release)
        for build in release.builds
        if build.evidence != "unknown"
        for platform in build.platforms
    ]
    if SCOPE != "all":
        rows = keep_newest(rows)
    return [
        Case(framework=framework, release=release, build=build, platform=platform, python=python)
        for place, (release, build, platform) in enumerate(rows)
        for python in some_pythons(build, first=place == 0)
    ]


def may_be_chosen(framework: Framework, release: Release) -> bool:
    worth_having = numbers(release.version) >= numbers(framework.floor)
    return worth_having and not (release.broken or release.yanked)


Row = tuple[Release, Build, Platform]


def keep_newest(rows: list[Row]) -> list[Row]:
    """Of each way to install on each platform the newest row, and for an index of its own besides."""
    newest: dict[tuple[object, ...], Row] = {}
    for release, build, platform in rows:
        way = (build.accelerators, build.distribution, build.extra, "default" in build.indexes, platform)
        newest.setdefault(way, (release, build, platform))
    return list(newest.values())


def some_pythons(build: Build, *, first: bool) -> list[str]:
    """The newest Python, and as the scope wants it the oldest and one between."""
    ordinary = sorted((python for python in build.pythons if not python.endswith("t")), key=numbers)
    if not ordinary:
        return []
    picked = [ordinary[-1]]
    if first or SCOPE != "sample":
        picked.append(ordinary[0])
    if SCOPE != "sample":
        picked.append(ordinary[len(ordinary) // 2])
    return list(dict.fromkeys(picked))


# ---------------------------------------------------------------- where from


@functools.cache
def configuration() -> PackageConfiguration:
    """What this user's pip and uv are told, without further indexes: rows speak of the default one."""
    found = read_package_configuration(LiveHost(), Log())
    return msgspec.structs.replace(found, extra_index_urls=(), find_links=())


@functools.cache
def wheel_folders() -> PackageConfiguration:
    """The same with the folders of wheels, for builds that the default index does not have."""
    found = read_package_configuration(LiveHost(), Log())
    return msgspec.structs.replace(found, extra_index_urls=())


@functools.cache
def is_in_reach(index: str, variant: str) -> bool:
    return answers(MATRIX.indexes[index].url.format(variant=variant)).state == "found"


def machine_for(case: Case, packages: PackageConfiguration) -> Machine:
    """A machine of the platform, as the plan wants one."""
    system, _, architecture = case.platform.partition("-")
    return msgspec.convert(
        {"os": {"family": system}, "architecture": architecture, "packages": msgspec.to_builtins(packages)}, Machine
    )


def find_source(case: Case) -> tuple[str, PackageConfiguration] | None:
    """The id of the source that has a build, and what the installer is told; None where it is out of reach."""
    if "default" in case.build.indexes:
        return "default", configuration()
    if has_wheel(case):
        return "default", wheel_folders()
    index = next((name for name in case.build.indexes if is_in_reach(name, case.build.variant)), None)
    return (f"{index}-{case.build.variant}", configuration()) if index else None


def has_wheel(case: Case) -> bool:
    """Whether a configured folder of wheels has the build."""
    machine = machine_for(case, wheel_folders())
    newest_libc = Libc(family="glibc", version="2.40")
    machine = msgspec.structs.replace(machine, os=msgspec.structs.replace(machine.os, libc=newest_libc))
    folders = [Path(setting.value) for setting in wheel_folders().find_links]
    names = [path.name for folder in folders if folder.is_dir() for path in folder.iterdir()]
    project = case.build.distribution or case.framework.distribution
    local = case.build.variant if case.build.local else ""
    offers = offers_of(names, project=project, machine=machine, source="links")
    return any(
        (offer.version, offer.local) == (case.release.version, local) and offer.fits(case.python) for offer in offers
    )


# ---------------------------------------------------------------- asking


def project_of(case: Case, source: str, packages: PackageConfiguration) -> str:
    """The project file that a plan for this row alone would have."""
    wanted = Wanted(name=case.framework.id)
    only_there = "default" not in case.build.indexes
    pick = Pick(
        wanted=wanted,
        framework=case.framework.id,
        release=case.release,
        build=case.build,
        source=source,
        local=case.build.variant if case.build.local and only_there else "",
    )
    resolution = Resolution(
        request=Request(wanted=(wanted,)),
        accelerator=case.build.accelerators[0],
        variant=case.build.variant,
        python=case.python,
        interpreter=None,
        picks=(pick,),
        passthrough=(),
        reasons=(),
        rejected=(),
        warnings=(),
    )
    options = PlanOptions(environment=".venv")
    plan = build_plan(resolution, machine_for(case, packages), MATRIX, None, options)
    return next(file.text for file in plan.files if file.path == PROJECT_FILE)


def platform_argument(case: Case, glibc: tuple[int, ...]) -> str:
    """``x86_64-manylinux_2_28``: the row's own floor where that is higher than the glibc named."""
    system, _, architecture = case.platform.partition("-")
    if system == "windows":
        return "x86_64-pc-windows-msvc"
    if system == "macos":
        return f"{'aarch64' if architecture == 'arm64' else architecture}-apple-darwin"
    floor = max(glibc, numbers(case.build.glibc)[:2])
    major, minor = next(version for version in GLIBC if version >= floor)
    return f"{architecture}-manylinux_{major}_{minor}"


def environment_of(case: Case) -> Mapping[str, str]:
    """uv takes the version of macOS to resolve for from a variable."""
    floors = [floor for floor in (case.build.macos, case.build.mps_macos, ORDINARY_MACOS) if floor]
    return {**os.environ, "MACOSX_DEPLOYMENT_TARGET": max(floors, key=numbers)}


def compile_row(
    case: Case, uv: str, folder: Path, *, glibc: tuple[int, ...] = ORDINARY_GLIBC, without: Sequence[str] = ()
) -> Completed:
    """What uv answers, with wheels only; ``without`` are dependencies that it leaves out."""
    excludes = folder / "excludes.txt"
    excludes.write_text("\n".join(without), encoding="utf-8")
    left_out = ("--excludes", str(excludes)) if without else ()
    wheels_only = () if case.build.source_only else ("--only-binary", ":all:")
    return run(
        (
            *(uv, "pip", "compile", "--no-header", "--no-annotate", "--no-python-downloads"),
            *("--project", str(folder), "--python", sys.executable, "--python-version", case.python),
            *("--python-platform", platform_argument(case, glibc), *wheels_only, *left_out),
            str(folder / "pyproject.toml"),
        ),
        timeout=SECONDS,
        environ=environment_of(case),
    )


def problem_of(case: Case, uv: str, folder: Path) -> str | None:
    """Why uv cannot install a row as it is meant, in one line; None where it can."""
    found = find_source(case)
    assert found is not None
    folder.mkdir()
    (folder / "pyproject.toml").write_text(project_of(case, *found), encoding="utf-8")
    without: list[str] = []
    done = compile_row(case, uv, folder)
    while not done.ok and (named := known_sources(case, done.stderr, without)):
        without += named
        done = compile_row(case, uv, folder, without=without)
    if done.ok:
        return what_is_wrong(case, done.stdout, done.stderr)
    glibc = "" if case.build.source_only else find_glibc(case, uv, folder, without)
    return f"{case}: {glibc}{one_line(done.stderr) or 'no answer in time'}"


def find_glibc(case: Case, uv: str, folder: Path, without: Sequence[str]) -> str:
    """The lowest glibc with which a row resolves, in words; empty where none helps."""
    if not case.platform.startswith("linux") or not compile_row(case, uv, folder, glibc=GLIBC[-1], without=without).ok:
        return ""
    works = next(glibc for glibc in GLIBC if compile_row(case, uv, folder, glibc=glibc, without=without).ok)
    return f"needs glibc {works[0]}.{works[1]}, the row says {case.build.glibc or 'nothing'}: "


# Because all versions of pydotplus have no usable wheels and causalml==0.15.5 depends on pydotplus, ...
# Because all of: pyfarmhash==0.2.2 pyfarmhash==0.3.2 have no usable wheels and ...
def known_sources(case: Case, said: str, known: Sequence[str] = ()) -> list[str]:
    """Dependencies without a wheel of which the matrix says in words that they come as source."""
    rows = (case.build.note, case.release.note, case.framework.note, *case.framework.traps)
    sentences = [text.lower() for text in rows if SOURCE.search(text)]
    names = dict.fromkeys(
        re.findall(r"([a-z0-9-]+)(?:\[[^]]*\])?(?:[<>=!~]\S*)? (?:has|have) no usable wheels", plain(said))
    )
    return [name for name in names if name not in known and any(name in text for text in sentences)]


def plain(said: str) -> str:
    """uv's words on one line, without the markers that it repeats at each name."""
    return " ".join(re.sub(r"\{[^}]*\}", "", said).split())


def what_is_wrong(case: Case, locked: str, said: str) -> str | None:
    """An answer that does not work all the same: an extra that fell away, files that two packages write."""
    if "does not have an extra named" in said:
        return f"{case}: {one_line(said)}"
    names = set(re.findall(r"^([a-z0-9._-]+)==", locked, flags=re.MULTILINE))
    for family in MATRIX.families:
        rivals = sorted(names.intersection(family.distributions))
        if len(rivals) > 1:
            return f"{case}: brings {' and '.join(rivals)}, which write the same files"
    return None


# error: No solution found when resolving dependencies
#   cause: Because jax-cuda13-plugin==0.12.0.1 has no wheels with a matching platform tag and ...
def one_line(said: str) -> str:
    """What uv said, without its progress, hints and line breaks."""
    lines = [line for line in said.split("\nhint:")[0].splitlines() if "will be used to build dependencies" not in line]
    text = plain(" ".join(lines))
    return re.sub(r"^error: No solution found when resolving dependencies( for split)?:? cause: ", "", text)[:600]


def reason_to_skip(case: Case) -> str | None:
    archive = max(build.bytes or 0 for build in case.release.builds)  # one for all platforms
    if case.build.source_only and archive > LARGE:
        return f"uv would fetch a source archive of {archive / 1e6:.0f} MB"
    if find_source(case) is None:
        return f"out of reach: {' and '.join(MATRIX.indexes[name].title for name in case.build.indexes)}"
    return None


@pytest.mark.parametrize("name", MATRIX.framework_ids)
def test_the_newest_rows_resolve(name: str, uv: str, tmp_path: Path) -> None:
    cases = [(case, reason_to_skip(case)) for case in cases_of(MATRIX.framework(name))]
    asked = [case for case, reason in cases if reason is None]
    if not asked:
        pytest.skip("; ".join(sorted({reason for _, reason in cases if reason})) or "no row may be chosen")
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        jobs = [pool.submit(problem_of, case, uv, tmp_path / str(number)) for number, case in enumerate(asked)]
        problems = [problem for job in jobs if (problem := job.result()) is not None]
    assert [] == problems


def test_what_uv_says_is_understood() -> None:
    said = "error: No solution found when resolving dependencies\n  cause: Because a has no\n  wheels.\n\nhint: x"
    assert "Because a has no wheels." == one_line(said)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Because all versions of pydotplus have no usable wheels and causalml", ["pydotplus"]),
        ("Because pydotplus{python_full_version < '3.13'}==2.0.2 has no usable wheels", ["pydotplus"]),
        ("Because all of: pydotplus==2.0 pydotplus==2.0.2 have no\n usable wheels", ["pydotplus"]),
        ("Because all versions of numba have no usable wheels", []),
    ],
)
def test_a_dependency_that_comes_as_source_is_told_by_the_row(said: str, expected: list[str]) -> None:
    framework = MATRIX.framework("causalml")
    release = next(release for release in framework.release if "pydotplus" in release.note)
    build = release.builds[0]
    case = Case(framework=framework, release=release, build=build, platform="linux-x86_64", python=build.pythons[0])
    assert expected == known_sources(case, said)
