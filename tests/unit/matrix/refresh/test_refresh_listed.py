"""Rows that stand already, beside what the index lists now."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from mlenv.matrix.rows import Build
from tests.unit.matrix.refresh.refresh_cases import (
    LINUX,
    build,
    builds_of,
    each,
    files,
    framework,
    project,
    refresh,
    release,
)

THREE = ("3.12", "3.13", "3.14")


def row(*tags: str, before: Build | None = None, **listed: Any) -> list[str]:
    """The builds of acme 1.0 after a refresh with wheels of those tags."""
    old = framework(release("1.0", before or build(pythons=THREE)))
    return builds_of(refresh(old, project("acme", files("acme-1.0", *tags, **listed))), "1.0")


def test_what_is_listed_as_it_stands_does_not_change() -> None:
    before = framework(release("1.0", build(pythons=THREE)))
    assert before == refresh(before, project("acme", files("acme-1.0", *each(THREE, LINUX))))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param(each((*THREE, "3.15"), LINUX), ["any linux-x86_64 3.12/3.13/3.14/3.15 glibc 2.28"], id="gains"),
        pytest.param(each((*THREE, "3.14t"), LINUX), ["any linux-x86_64 3.12/3.13/3.14/3.14t glibc 2.28"], id="free"),
        pytest.param(each(THREE[:2], LINUX), ["any linux-x86_64 3.12/3.13 glibc 2.28"], id="loses"),
        pytest.param(each(("3.11", *THREE), LINUX), ["any linux-x86_64 3.12/3.13/3.14 glibc 2.28"], id="below-the-row"),
        pytest.param(each((*THREE, "3.16"), LINUX), ["any linux-x86_64 3.12/3.13/3.14 glibc 2.28"], id="not-out-yet"),
        pytest.param(each(THREE, "win_amd64"), [], id="no-wheel-for-the-platform"),
        pytest.param((f"cp312-abi3-{LINUX}",), ["any linux-x86_64 3.12/3.13/3.14 glibc 2.28"], id="stable-abi"),
        pytest.param(("py3-none-any",), ["any linux-x86_64 3.12/3.13/3.14 glibc 2.28"], id="pure"),
    ],
)
def test_pythons(tags: tuple[str, ...], expected: list[str]) -> None:
    assert expected == row(*tags)


def test_requires_python_ends_what_a_row_believed() -> None:
    listed = project("acme", files("acme-1.0", "py3-none-any", **{"requires-python": "<3.14,>=3.12"}))
    after = refresh(framework(release("1.0", build(pythons=THREE, glibc=""), requires_python=">=3.12")), listed)
    assert [">=3.12,<3.14"] == [row.requires_python for row in after.release]
    assert ["any linux-x86_64 3.12/3.13"] == builds_of(after, "1.0")


def test_requires_python_in_other_words_is_the_same() -> None:
    before = framework(release("1.0", build(), requires_python="<4, >=3.12"))
    listed = files("acme-1.0", *each(("3.12",), LINUX), **{"requires-python": ">=3.12,<4"})
    assert before == refresh(before, project("acme", listed))


@pytest.mark.parametrize(
    ("before", "tags", "expected"),
    [
        pytest.param(
            build(pythons=("3.12", "3.14"), glibc="2.17"),
            (*each(("3.12",), "manylinux2014_x86_64"), *each(("3.14",), LINUX)),
            ["any linux-x86_64 3.12/3.14 glibc 2.28"],
            id="the-most-demanding-python",
        ),
        pytest.param(
            build(pythons=("3.12", "3.14"), platforms=("macos-arm64",), glibc="", macos="11.0"),
            (*each(("3.12",), "macosx_11_0_arm64"), *each(("3.14",), "macosx_14_0_arm64")),
            ["any macos-arm64 3.12 macos 11.0", "any macos-arm64 3.14 macos 14.0"],
            id="a-newer-macos-stands-apart",
        ),
        pytest.param(
            build(platforms=("macos-arm64",), glibc="", macos="13.0"),
            each(("3.12",), "macosx_11_0_arm64"),
            ["any macos-arm64 3.12 macos 13.0"],
            id="the-row-knows-better-about-macos",
        ),
        pytest.param(
            build(glibc="2.34"), each(("3.12",), LINUX), ["any linux-x86_64 3.12 glibc 2.28"], id="plain-is-lowered"
        ),
        pytest.param(
            build(glibc="2.34", variant="cu126", cuda="12.6.3"),
            each(("3.12",), LINUX),
            ["cu126 linux-x86_64 3.12 glibc 2.34"],
            id="device-code-is-not-lowered",
        ),
        pytest.param(
            build(glibc="2.17", variant="cu126", cuda="12.6.3"),
            each(("3.12",), LINUX),
            ["cu126 linux-x86_64 3.12 glibc 2.28"],
            id="device-code-is-raised",
        ),
        pytest.param(
            build(glibc="2.5"),
            each(("3.12",), "manylinux1_x86_64"),
            ["any linux-x86_64 3.12 glibc 2.17"],
            id="manylinux1-promises-too-much",
        ),
        pytest.param(
            build(),
            (*each(("3.12",), LINUX), *each(("3.12",), "musllinux_1_2_x86_64")),
            ["any linux-x86_64 3.12 glibc 2.28 musl 1.2"],
            id="musl-joins",
        ),
        pytest.param(
            build(pythons=("3.12", "3.13"), musl="1.2"),
            (*each(("3.12", "3.13"), LINUX), *each(("3.12",), "musllinux_1_2_x86_64")),
            ["any linux-x86_64 3.12/3.13 glibc 2.28"],
            id="musl-for-some-pythons-is-none",
        ),
    ],
)
def test_floors(before: Build, tags: tuple[str, ...], expected: list[str]) -> None:
    assert expected == row(*tags, before=before)


def test_platforms_part_where_their_wheels_do() -> None:
    both = build(platforms=("linux-x86_64", "windows-x86_64"), pythons=("3.12", "3.13"))
    tags = (*each(("3.12", "3.13"), LINUX), *each(("3.12",), "win_amd64"))
    assert ["any linux-x86_64 3.12/3.13 glibc 2.28", "any windows-x86_64 3.12"] == row(*tags, before=both)


def test_yanked_and_back_again() -> None:
    before = framework(release("1.0", build()))
    wheels = each(("3.12",), LINUX)
    after = refresh(before, project("acme", files("acme-1.0", *wheels, yanked="broken")))
    assert [True] == [row.yanked for row in after.release]
    assert before.release[0].builds == after.release[0].builds
    assert before == refresh(after, project("acme", files("acme-1.0", *wheels)))


@pytest.mark.parametrize(
    ("indexes", "expected"),
    [
        pytest.param(("default",), True, id="gone"),
        pytest.param(("pytorch",), False, id="never-there"),
        pytest.param(("pytorch", "default"), True, id="gone-from-one"),
    ],
)
def test_a_release_that_is_listed_no_more(indexes: tuple[str, ...], expected: bool) -> None:
    before = framework(release("1.0", build(indexes=indexes)), status="dead", successor="other")
    after = refresh(before, project("acme", files("acme-0.9", "py3-none-any")))
    assert [expected] == [row.yanked for row in after.release]


def test_a_listing_that_was_not_read_says_nothing() -> None:
    before = framework(release("1.0", build()))
    assert before == refresh(before)


def test_the_day_is_that_of_the_first_file() -> None:
    after = refresh(
        framework(release("1.0", build())),
        project("acme", files("acme-1.0", *each(("3.12",), LINUX), day="2026-02-27")),
    )
    assert [dt.date(2026, 2, 27)] == [row.released for row in after.release]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param(("sdist",), ["any linux-x86_64 3.12/3.13/3.14"], id="stays"),
        pytest.param(("py3-none-any", "sdist"), ["any linux-x86_64 3.12/3.13/3.14"], id="beside-wheels"),
        pytest.param(("py3-none-any",), [], id="the-source-is-gone"),
    ],
)
def test_source_only(tags: tuple[str, ...], expected: list[str]) -> None:
    source = build(pythons=THREE, glibc="", source_only=True)
    assert expected == row(*tags, before=source)


def test_builds_of_another_distribution_are_asked_for_there() -> None:
    cpu, gpu = build(variant="cpu"), build(variant="cu12", distribution="acme-gpu", cuda="12.6")
    after = refresh(
        framework(release("1.0", cpu, gpu)),
        project("acme", files("acme-1.0", *each(("3.12", "3.13"), LINUX))),
        project("acme-gpu", files("acme_gpu-1.0", *each(("3.12",), LINUX))),
    )
    assert ["cpu linux-x86_64 3.12/3.13 glibc 2.28", "cu12 linux-x86_64 3.12 glibc 2.28"] == builds_of(after, "1.0")


def test_a_new_python_joins_the_build_with_the_newest_ones_alone() -> None:
    old, new = build(pythons=("3.10", "3.12"), glibc="2.17"), build(pythons=("3.13",))
    tags = (*each(("3.10", "3.12"), "manylinux2014_x86_64"), *each(("3.13", "3.14", "3.14t"), LINUX))
    expected = ["any linux-x86_64 3.10/3.12 glibc 2.17", "any linux-x86_64 3.13/3.14/3.14t glibc 2.28"]
    before = framework(release("1.0", old, new))
    assert expected == builds_of(refresh(before, project("acme", files("acme-1.0", *tags))), "1.0")


def test_free_threaded_pythons_may_stand_apart() -> None:
    before = framework(release("1.0", build(pythons=("3.13", "3.14")), build(pythons=("3.14t",), note="slower")))
    assert before == refresh(before, project("acme", files("acme-1.0", *each(("3.13", "3.14", "3.14t"), LINUX))))


def test_a_wheel_takes_the_place_of_source() -> None:
    before = framework(release("1.0", build(pythons=("3.12",)), build(pythons=("3.13",), glibc="", source_only=True)))
    listed = project("acme", files("acme-1.0", *each(("3.12", "3.13"), LINUX), "sdist"))
    assert ["any linux-x86_64 3.12/3.13 glibc 2.28"] == builds_of(refresh(before, listed), "1.0")


def test_a_version_in_other_words_is_the_same_release() -> None:
    before = framework(release("1.0", build()))
    assert before == refresh(before, project("acme", files("acme-1.0.0", *each(("3.12",), LINUX))))
