"""Refreshing what was just refreshed changes nothing."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mlenv.matrix.canonical import render_file
from mlenv.matrix.refresh.framework import refresh_framework
from mlenv.matrix.refresh.platforms import put_together, take_apart
from mlenv.matrix.rows import Build, Framework, Platform, Release
from mlenv.matrix.sources.published import PublishedProject
from tests.unit.matrix.refresh.refresh_cases import (
    build,
    each,
    files,
    framework,
    listing,
    metadata,
    project,
    release,
)

SERIES = ("3.10", "3.12", "3.13", "3.14", "3.14t", "3.15")
PLATFORM_TAGS = (
    "manylinux1_x86_64",
    "manylinux2014_x86_64",
    "manylinux_2_28_x86_64",
    "manylinux_2_34_aarch64",
    "musllinux_1_2_x86_64",
    "win_amd64",
    "macosx_11_0_arm64",
    "macosx_14_0_arm64",
    "macosx_10_13_universal2",
)
PLATFORMS: tuple[Platform, ...] = ("linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64", "macos-x86_64")
GPU = {"variant": "cu126", "accelerators": ("cuda",), "cuda": "12.6.3", "sass": ("9.0",), "runtime": "cu12"}

series = st.lists(st.sampled_from(SERIES), min_size=1, max_size=4, unique=True).map(
    lambda names: tuple(one for one in SERIES if one in names)
)
wheels = st.builds(each, series, st.sampled_from(PLATFORM_TAGS))
tags = st.one_of(
    st.lists(wheels, min_size=1, max_size=4).map(lambda groups: tuple(tag for group in groups for tag in group)),
    st.sampled_from([("py3-none-any",), ("sdist",), ("sdist", "py3-none-any"), ("cp312-abi3-win_amd64",)]),
)
plain = st.builds(
    build,
    platforms=st.lists(st.sampled_from(PLATFORMS), min_size=1, max_size=3, unique=True).map(tuple),
    pythons=series,
    glibc=st.sampled_from(["", "2.17", "2.28", "2.36"]),
    musl=st.sampled_from(["", "1.2"]),
    macos=st.sampled_from(["", "11.0", "13.0"]),
    source_only=st.booleans(),
)
gpu = st.builds(lambda one: build(platforms=("linux-x86_64",), pythons=one, **GPU), series)


@st.composite
def releases(draw: st.DrawFn) -> tuple[Release, ...]:
    numbers = draw(st.lists(st.integers(1, 6), min_size=1, max_size=3, unique=True))
    builds = st.lists(st.one_of(plain, gpu), min_size=1, max_size=3).filter(stand_apart)
    return tuple(release(f"{number}.0", *draw(builds)) for number in sorted(numbers, reverse=True))


def stand_apart(builds: list[Build]) -> bool:
    """As the checks of the matrix ask: one build of a variant for a platform and Python."""
    places = [(one.variant, platform, python) for one in builds for platform in one.platforms for python in one.pythons]
    return len(places) == len(set(places))


@st.composite
def listings(draw: st.DrawFn) -> PublishedProject:
    numbers = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True))
    required = st.sampled_from(["", ">=3.10", ">=3.13", "<3.15,>=3.10"])
    groups = [files(f"acme-{number}.0", *draw(tags), **{"requires-python": draw(required)}) for number in numbers]
    return project("acme", *groups)


def once(before: Framework, found: PublishedProject) -> Framework:
    read = metadata(acme=["cuda-toolkit==12.6.3", "numpy>=2"])
    after, troubles = refresh_framework(before, listing(found), read)
    assert () == troubles
    return after


@settings(deadline=None, max_examples=40)
@given(rows=releases(), found=listings())
def test_the_second_time_changes_nothing(rows: tuple[Release, ...], found: PublishedProject) -> None:
    first = once(framework(*rows), found)
    assert all(stand_apart(list(row.builds)) for row in first.release)
    assert render_file(first) == render_file(once(first, found))


@settings(deadline=None, max_examples=40)
@given(builds=st.lists(st.one_of(plain, gpu), min_size=1, max_size=4))
def test_builds_taken_apart_and_put_together_say_the_same(builds: list[Build]) -> None:
    apart = take_apart(builds)
    assert sorted(map(repr, apart)) == sorted(map(repr, take_apart(put_together(apart))))
