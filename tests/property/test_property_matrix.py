"""What holds for every row of the matrix, and for every answer that is made from it.

The checks of ``mlenv matrix check`` look at form and references; these properties are about sense.
Each gathers every row that breaks it, so that a failure shows them all.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from mlenv.facts.drivers import Nvidia
from mlenv.facts.gpu import Gpu
from mlenv.facts.hardware import Cpu
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.system import Architecture, Libc, OperatingSystem, SystemFamily
from mlenv.facts.version import numbers, series
from mlenv.matrix import query
from mlenv.matrix.files import Files, load_files
from mlenv.matrix.load import Matrix
from mlenv.matrix.product import find_gpu
from mlenv.matrix.query import DriverSystem
from mlenv.matrix.rows import Build, CondaRoute, Framework, Release
from mlenv.matrix.walk import walk_rows
from mlenv.resolve.candidates import Candidate, judge_field
from mlenv.resolve.devices import accelerators_to_try
from mlenv.resolve.request import Request, Wanted
from mlenv.resolve.resolution import Resolution
from mlenv.resolve.solve import resolve

MATRIX = Matrix()
FILES: Files = load_files(MATRIX)
FRAMEWORKS = {name: MATRIX.framework(name) for name in MATRIX.framework_ids}

ALPHAS = dt.timedelta(days=240)
"""How long before a Python comes out wheels for it appear at the earliest: with its first alphas."""
REACH = dt.timedelta(days=4 * 366)
"""How far a wheel for any Python 3 may reach ahead: what comes later nobody has tried."""
WITHOUT_CODE = ("jupyter",)
"""Packages that only name their parts: they fit every Python that their parts do."""
ONE_WHEEL_PER_PYTHON = (
    *("torch", "torchvision", "torchaudio", "tensorflow", "jax", "numpy", "pandas", "scipy", "scikit-learn"),
    *("matplotlib", "spacy", "ray", "catboost", "onnx", "onnxruntime", "openvino", "cupy", "paddlepaddle"),
)
"""Projects without wheels for the stable ABI: each wheel was compiled on the Python it is for."""
SPARSE = dt.timedelta(days=3 * 365)
"""A project without any release for so long is not active."""
VIRTUAL_PACKAGE = re.compile(r"__(cuda|glibc|osx|win|linux|unix|archspec)( ?[<>=!].*)?")
CONDA_NAME = re.compile(r"[a-z0-9_][a-z0-9._-]*")
BUILD_SELECTOR = re.compile(r"[A-Za-z0-9._*|-]+")


class Place(NamedTuple):
    """A build and where it stands."""

    framework: Framework
    release: Release
    build: Build

    def __str__(self) -> str:
        return f"{self.framework.id} {self.release.version} {self.build.variant} {'/'.join(self.build.platforms)}"


def every_release() -> Iterator[tuple[Framework, Release]]:
    yield from ((framework, release) for framework in FRAMEWORKS.values() for release in framework.release)


def every_build() -> Iterator[Place]:
    yield from (Place(framework, release, build) for framework, release in every_release() for build in release.builds)


def is_sound(release: Release) -> bool:
    return not (release.broken or release.yanked)


def is_worth_having(framework: Framework, release: Release) -> bool:
    return numbers(release.version) >= numbers(framework.floor) and is_sound(release)


def test_there_is_a_table() -> None:
    assert () == FILES.broken
    assert len(FRAMEWORKS) >= 30
    assert sum(1 for _ in every_build()) >= 1500


# ---------------------------------------------------------------- CUDA and GPUs


def test_the_cuda_of_every_build_is_known_with_its_lowest_driver() -> None:
    known = {row.version for row in MATRIX.drivers.cuda_release}
    without_row = [str(place) for place in every_build() if place.build.cuda and series(place.build.cuda) not in known]
    without_floor = [
        f"{place}: CUDA {place.build.cuda} on {system}"
        for place in every_build()
        if place.build.cuda
        for system in systems_of(place.build)
        if query.driver_floor(MATRIX.drivers, place.build.cuda, system=system) is None
    ]
    assert ([], []) == (without_row, without_floor)


def systems_of(build: Build) -> set[DriverSystem]:
    return {"windows" if platform.startswith("windows") else "linux" for platform in build.platforms}


def test_a_driver_that_a_build_asks_for_is_not_below_that_of_its_cuda() -> None:
    """A project may ask for more than CUDA does; less would be a slip of the pen."""
    wrong = [
        f"{place}: driver {place.build.driver} < {floor}"
        for place in every_build()
        if place.build.driver
        and (floor := query.driver_floor(MATRIX.drivers, place.build.cuda, system="linux"))
        and numbers(place.build.driver)[:1] < numbers(floor)[:1]
    ]
    assert [] == wrong


def test_every_product_is_found_by_its_own_name() -> None:
    lost = [
        gpu.name
        for gpu in MATRIX.gpus.gpu
        if (found := find_gpu(MATRIX.gpus, gpu.name, vendor=gpu.vendor)) is None
        or (found.compute_capability, found.gfx) != (gpu.compute_capability, gpu.gfx)
    ]
    assert [] == lost


def test_code_names_devices_that_some_driver_serves() -> None:
    known = {item for row in MATRIX.drivers.architecture for item in row.compute_capabilities}
    known |= {item for rule in MATRIX.drivers.code_rule for item in rule.also_on}
    wrong = [
        f"{place}: {code}"
        for place in every_build()
        for code in (*place.build.sass, *place.build.ptx)
        if code.rstrip("af") not in known
    ]
    assert [] == wrong


# ---------------------------------------------------------------- builds


def test_no_two_builds_answer_the_same_question() -> None:
    """One variant, distribution, extra, platform and Python: one build."""
    for framework, release in every_release():
        seen: dict[tuple[str, ...], Build] = {}
        for build in release.builds:
            for platform, python in itertools.product(build.platforms, build.pythons):
                key = (build.variant, build.distribution, platform, python)
                assert seen.setdefault(key, build) is build, f"{framework.id} {release.version}: {key}"


def test_a_build_names_each_platform_and_python_once() -> None:
    wrong = [
        str(place)
        for place in every_build()
        for names in (place.build.platforms, place.build.pythons, place.build.indexes, place.build.accelerators)
        if len(set(names)) != len(names)
    ]
    assert [] == wrong


def test_requires_python_admits_every_python_of_a_build() -> None:
    wrong = [
        f"{place}: {python} is not {place.release.requires_python}"
        for place in every_build()
        for python in place.build.pythons
        if not admits(place.release.requires_python, python)
    ]
    assert [] == wrong


def admits(requires_python: str, python: str) -> bool:
    specifier = SpecifierSet(requires_python)
    return any(specifier.contains(f"{python.rstrip('t')}.{patch}") for patch in range(40))


def test_the_pythons_of_a_build_stand_in_order() -> None:
    def order(python: str) -> tuple[tuple[int, ...], bool]:
        return (numbers(python), python.endswith("t"))

    wrong = [
        str(place) for place in every_build() if list(place.build.pythons) != sorted(place.build.pythons, key=order)
    ]
    assert [] == wrong


# ---------------------------------------------------------------- dates


BORN = {row.version: row.released for row in MATRIX.pythons}


def days_ahead(release: Release, python: str) -> dt.timedelta:
    """How long after a release a Python came out; of Pythons older than the table: nothing."""
    born = BORN.get(python.rstrip("t"))
    return dt.timedelta() if born is None else born - release.released


def test_every_python_is_in_the_table_or_older_than_it() -> None:
    oldest = min(numbers(version) for version in BORN)
    named = {python.rstrip("t") for place in every_build() for python in place.build.pythons}
    assert set() == {python for python in named if python not in BORN and numbers(python) > oldest}


def test_a_wheel_of_its_own_is_not_older_than_the_first_alphas_of_its_python() -> None:
    wrong = [
        f"{place}: {python}, {ahead.days} days later"
        for place in every_build()
        if place.framework.id in ONE_WHEEL_PER_PYTHON and not place.build.source_only
        for python in place.build.pythons
        if (ahead := days_ahead(place.release, python)) > ALPHAS
    ]
    assert [] == wrong


def test_a_wheel_for_any_python_claims_no_far_future() -> None:
    wrong = [
        f"{place}: {python}, {ahead.days} days later"
        for place in every_build()
        if is_worth_having(place.framework, place.release) and place.framework.id not in WITHOUT_CODE
        for python in place.build.pythons
        if (ahead := days_ahead(place.release, python)) > REACH
    ]
    assert [] == wrong


def test_what_reaches_ahead_leaves_no_python_out() -> None:
    """A wheel for Pythons to come is one file for all of them, so a gap is a mistake."""
    wrong = []
    for place in every_build():
        ordinary = [numbers(python)[1] for python in place.build.pythons if not python.endswith("t")]
        reaches = any(days_ahead(place.release, python) > ALPHAS for python in place.build.pythons)
        if reaches and ordinary and ordinary != list(range(ordinary[0], ordinary[-1] + 1)):
            wrong.append(f"{place}: {place.build.pythons}")
    assert [] == wrong


def test_releases_stand_newest_first_and_each_once() -> None:
    for framework in FRAMEWORKS.values():
        versions = [Version(release.version) for release in framework.release]
        assert sorted(set(versions), reverse=True) == versions, framework.id


def test_the_first_release_of_a_line_is_not_older_than_that_of_the_line_before() -> None:
    """Old lines get late patches, so only lines are compared: each one's earliest release known."""
    for framework in FRAMEWORKS.values():
        first: dict[int, dt.date] = {}
        for release in framework.release:
            major = Version(release.version).release[0]
            first[major] = min(first.get(major, release.released), release.released)
        days = [first[major] for major in sorted(first)]
        assert sorted(days) == days, f"{framework.id}: {first}"


def test_nothing_was_checked_before_it_came_out() -> None:
    wrong = [
        f"{framework.id} {release.version}"
        for framework, release in every_release()
        if release.released > framework.checked_on
    ]
    assert [] == wrong


# ---------------------------------------------------------------- conditions on neighbours


def companions_of(place: Place) -> Iterator[tuple[Framework, str]]:
    """The conditions of a build on frameworks that the matrix has."""
    release = place.release
    for name, text in (*release.requires.items(), *release.constraints.items(), *place.build.requires.items()):
        known = MATRIX.distributions.get(name)
        if known is not None:
            yield FRAMEWORKS[known], text


def shares_ground(one: Build, two: Build) -> bool:
    return not set(one.platforms).isdisjoint(two.platforms) and not set(one.pythons).isdisjoint(two.pythons)


def may_meet(build: Build, companion: Framework) -> bool:
    """Whether a companion is built for a platform of this build at all; else its condition never counts."""
    return any(
        not set(build.platforms).isdisjoint(row.platforms) for release in companion.release for row in release.builds
    )


def test_every_condition_fits_a_release_on_common_ground() -> None:
    """A companion exists, is not broken, and has a build for a platform and Python that both have."""
    wrong = []
    for place in every_build():
        if not is_sound(place.release):
            continue
        for companion, text in companions_of(place):
            specifier = SpecifierSet(text)
            fits = [
                release
                for release in companion.release
                if specifier.contains(release.version, prereleases=True) and is_sound(release)
            ]
            met = any(shares_ground(place.build, build) for release in fits for build in release.builds)
            if may_meet(place.build, companion) and not met:
                wrong.append(f"{place}: {companion.id} {text}")
    assert [] == wrong


def test_every_condition_can_be_read() -> None:
    """Only a build may name a library without a condition: it brings that library's files."""
    for place in every_build():
        stated = (*place.release.requires.items(), *place.release.constraints.items())
        for name, text in (*stated, *place.build.requires.items()):
            assert canonicalize_name(name) == name, place
            assert SpecifierSet(text) is not None
        assert [] == [name for name, text in stated if not text], place


# ---------------------------------------------------------------- projects


def test_every_conda_route_is_well_formed() -> None:
    wrong = [
        f"{framework.id}: {problem}"
        for framework in FRAMEWORKS.values()
        if framework.conda is not None
        for problem in problems_of_route(framework.conda)
    ]
    assert [] == wrong


def problems_of_route(route: CondaRoute) -> Iterator[str]:
    accelerators = {"cpu", "cuda", "rocm", "xpu", "mps", "tpu"}
    if not CONDA_NAME.fullmatch(route.channel):
        yield f"channel {route.channel!r}"
    for name in (route.package, *route.packages.values()):
        if not CONDA_NAME.fullmatch(name):
            yield f"package {name!r}"
    for table in (route.builds, route.packages, route.virtual):
        yield from (f"no accelerator is {name!r}" for name in table if name not in accelerators)
    yield from (f"selector {text!r}" for text in route.builds.values() if not BUILD_SELECTOR.fullmatch(text))
    yield from (f"virtual package {text!r}" for text in route.virtual.values() if not VIRTUAL_PACKAGE.fullmatch(text))


def test_what_has_ended_names_its_successor_last_release_and_last_python() -> None:
    for framework in FRAMEWORKS.values():
        if framework.status == "dead":
            assert framework.successor, f"{framework.id} is dead: what is to be used in its place?"
        if framework.status != "active":
            assert framework.release, f"{framework.id}: which release was the last?"
            assert any(build.pythons for build in framework.release[0].builds), framework.id
            assert framework.note or framework.traps or framework.successor, f"{framework.id}: why is it not active?"


def test_an_active_project_has_releases_of_late() -> None:
    silent = {
        framework.id: str(newest)
        for framework in FRAMEWORKS.values()
        if framework.status == "active"
        and (newest := max(release.released for release in framework.release)) < MATRIX.info.as_of - SPARSE
    }
    assert {} == silent


def test_every_framework_has_a_proven_build_or_says_why_not() -> None:
    without = []
    for framework in FRAMEWORKS.values():
        sound = [release for release in framework.release if is_sound(release)]
        proven = any(build.evidence != "unknown" for release in sound for build in release.builds)
        explained = bool(framework.release) and not sound
        if not (proven or explained):
            without.append(framework.id)
    assert [] == without


def test_a_floor_leaves_a_release_that_works() -> None:
    wrong = [
        framework.id
        for framework in FRAMEWORKS.values()
        if framework.floor and not any(is_worth_having(framework, release) for release in framework.release)
    ]
    assert [] == wrong


# ---------------------------------------------------------------- sources and dates


def test_every_row_names_sources_that_its_file_has_and_every_file_its_day() -> None:
    problems = []
    for path, file in FILES.rows.items():
        sources: dict[str, str] | None = getattr(file, "sources", None)
        if sources is None:
            assert path == "matrix.toml" or path.startswith("profiles/"), path
            continue
        day = getattr(file, "checked_on", None)
        if not isinstance(day, dt.date) or day > MATRIX.info.as_of:
            problems.append(f"{path}: checked on {day}")
        problems += [f"{path}: source {name!r} says nothing" for name, text in sources.items() if len(text) < 8]
        for place, row in walk_rows(file):
            named: tuple[str, ...] = getattr(row, "source", ())
            if not named or any(name not in sources for name in named):
                problems.append(f"{path}: {place}: {named}")
    assert [] == problems


# ---------------------------------------------------------------- answers

PLACES: tuple[tuple[SystemFamily, Architecture], ...] = (
    *(("linux", "x86_64"), ("linux", "aarch64")),
    *(("windows", "x86_64"), ("macos", "arm64")),
)
LIBCS = st.sampled_from(["2.17", "2.28", "2.31", "2.35", "2.39"])
DRIVERS = st.sampled_from(["450.80.02", "470.256.02", "525.60.13", "550.54.14", "570.86.10", "580.65.06", "595.45.04"])
GPUS = st.one_of(
    st.builds(
        lambda capability: Gpu(vendor="nvidia", name=f"GPU {capability}", compute_capability=capability),
        st.sampled_from(["5.2", "6.1", "7.0", "7.5", "8.0", "8.6", "8.9", "9.0", "10.0", "12.0"]),
    ),
    st.builds(
        lambda gfx: Gpu(vendor="amd", name=gfx, gfx=gfx), st.sampled_from(["gfx803", "gfx90a", "gfx942", "gfx1100"])
    ),
    st.just(Gpu(vendor="intel", name="Intel Arc A770 Graphics")),
    st.just(Gpu(vendor="apple", name="Apple M3")),
)
VERSIONS = st.lists(st.sampled_from(["3.9.2", "3.10.4", "3.11.9", "3.12.3", "3.13.1", "3.14.0"]), unique=True)
NAMES = st.sampled_from(sorted(FRAMEWORKS))
FIRST_DAY = dt.date(2023, 6, 1)
DAYS = st.dates(min_value=FIRST_DAY, max_value=MATRIX.info.as_of)


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    family, architecture = draw(st.sampled_from(PLACES))
    gpu = draw(st.none() | GPUS)
    return Machine(
        os=OperatingSystem(
            family=family,
            version="15.1" if family == "macos" else None,
            libc=Libc(family="glibc", version=draw(LIBCS)) if family == "linux" else None,
            wsl=0,
        ),
        architecture=architecture,
        cpu=Cpu(flags=("avx", "avx2")),
        gpus=(gpu,) if gpu else (),
        nvidia=Nvidia(driver=draw(DRIVERS)) if gpu and gpu.vendor == "nvidia" else Nvidia(),
        pythons=tuple(PythonInterpreter(version=version, bits=64) for version in draw(VERSIONS)),
    )


def ask(machine: Machine, name: str, matrix: Matrix = MATRIX) -> tuple[Request, Resolution | None]:
    request = Request(wanted=(Wanted(name=name),))
    answer = resolve(request, machine, matrix)
    return request, answer if isinstance(answer, Resolution) else None


def candidates_of(request: Request, machine: Machine) -> Iterator[Candidate]:
    for accelerator in accelerators_to_try(request, machine):
        yield from judge_field(request, machine, MATRIX, request.wanted[0], accelerator).candidates


@settings(deadline=None, max_examples=150)
@given(machine=machines(), name=NAMES)
def test_nothing_unproven_is_chosen_where_something_proven_exists(machine: Machine, name: str) -> None:
    request, answer = ask(machine, name)
    assume(answer is not None)
    assert answer is not None
    if any(pick.build.evidence == "unknown" for pick in answer.picks):
        assert [] == [row.name for row in candidates_of(request, machine) if row.build.evidence != "unknown"]


@settings(deadline=None, max_examples=150)
@given(machine=machines(), name=NAMES)
def test_what_is_chosen_is_worth_having(machine: Machine, name: str) -> None:
    _, answer = ask(machine, name)
    assume(answer is not None)
    assert answer is not None
    for pick in answer.picks:
        framework = FRAMEWORKS[pick.framework]
        assert is_worth_having(framework, pick.release)
        assert machine.platform in pick.build.platforms
        assert answer.python in pick.build.pythons


def kind_of(answer: Resolution) -> tuple[str, bool]:
    """What must be the same for two answers to be compared: the device, and whether it is used."""
    return answer.accelerator, answer.picks[0].build.variant == "any"


@settings(deadline=None, max_examples=60)
@given(machine=machines(), name=NAMES, one=DAYS, two=DAYS)
def test_an_earlier_day_never_gives_a_newer_release(machine: Machine, name: str, one: dt.date, two: dt.date) -> None:
    earlier, later = sorted((one, two))
    _, before = ask(machine, name, Matrix(as_of=earlier))
    _, after = ask(machine, name, Matrix(as_of=later))
    if before is None:
        return
    assert after is not None, "what could be had then can be had later"
    assert all(pick.release.released <= earlier for pick in before.picks)
    if kind_of(before) == kind_of(after):
        assert Version(before.picks[0].release.version) <= Version(after.picks[0].release.version)
