"""Which releases get a row of their own, and what happens where one cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from mlenv.matrix.refresh.framework import refresh_framework
from tests.unit.matrix.refresh.refresh_cases import (
    build,
    files,
    framework,
    listing,
    metadata,
    project,
    refresh,
    release,
    unreadable,
    versions,
)

PURE = "py3-none-any"


def row(version: str) -> Any:
    return release(version, build(glibc=""))


@pytest.mark.parametrize(
    ("have", "listed", "expected"),
    [
        pytest.param(["1.4.0"], ["1.4.0", "1.5.0"], ["1.5.0", "1.4.0"], id="a-new-line"),
        pytest.param(["1.4.0"], ["1.4.0", "1.4.2", "1.4.1"], ["1.4.2", "1.4.0"], id="the-newest-patch"),
        pytest.param(["1.9.0"], ["1.9.0", "1.10.0", "1.10.1"], ["1.10.1", "1.9.0"], id="ten-is-after-nine"),
        pytest.param(["1.4.0"], ["1.4.0", "1.5.0", "2.0.0"], ["2.0.0", "1.5.0", "1.4.0"], id="two-lines"),
        pytest.param(["1.4.0", "1.3.0"], ["1.4.0", "1.3.7", "1.3.0"], ["1.4.0", "1.3.0"], id="old-patch-stays-out"),
        pytest.param(
            ["1.4.0"],
            ["1.4.0", "1.3.1", "1.3.0", "1.2.0", "1.1.0", "1.0.0", "0.9.0"],
            ["1.4.0", "1.3.1", "1.2.0", "1.1.0"],
            id="older-lines-up-to-four",
        ),
        pytest.param(["1.4.0"], ["1.4.0", "2.0.0rc1", "2.0.0.dev3", "2.0.0a1"], ["1.4.0"], id="pre-releases"),
        pytest.param(["1.4.0"], ["1.4.0", "0.4.9"], ["1.4.0"], id="below-the-floor"),
        pytest.param(["2.0"], ["2.0.0", "2.0.1"], ["2.0.1", "2.0"], id="a-version-in-other-words"),
        pytest.param(["1.4.0"], ["1.4.0", "1.4.0.post1"], ["1.4.0.post1", "1.4.0"], id="post-release"),
        pytest.param(["1.4.0"], ["1.4.0", "1!0.1"], ["1!0.1", "1.4.0"], id="a-new-epoch"),
    ],
)
def test_new_releases(have: list[str], listed: list[str], expected: list[str]) -> None:
    before = framework(*(row(version) for version in have), floor="0.5")
    found = project("acme", *(files(f"acme-{version}", PURE) for version in listed))
    assert expected == versions(refresh(before, found))


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"yanked": "broken"}, id="yanked"),
        pytest.param({"day": "2026-11-23"}, id="after-the-day-of-the-listing"),
    ],
)
def test_releases_that_get_no_row(fields: dict[str, Any]) -> None:
    found = project("acme", files("acme-1.4.0", PURE), files("acme-1.5.0", PURE, **fields))
    assert ["1.4.0"] == versions(refresh(framework(row("1.4.0")), found))


def test_a_dead_project_gets_no_release() -> None:
    before = framework(row("1.4.0"), status="dead", successor="other")
    found = project("acme", files("acme-1.4.0", PURE), files("acme-1.5.0", PURE))
    assert before == refresh(before, found)


def test_an_older_row_of_an_ended_distribution_brings_no_new_release() -> None:
    old = release("0.3", build(distribution="acme-gpu", glibc=""))
    found = project("acme-gpu", files("acme_gpu-0.3", PURE), files("acme_gpu-9.9", PURE))
    before = framework(row("1.4.0"), old)
    assert before == refresh(before, found)


def test_a_new_release_that_cannot_be_read_is_told_of_and_left_for_the_next_time() -> None:
    before = framework(row("1.4.0"))
    found = project("acme", files("acme-1.4.0", PURE), files("acme-1.5.0", PURE))
    after, troubles = refresh_framework(before, listing(found), unreadable)
    assert before == after
    told = "the package index: no answer in time (https://files.test/acme-1.5.0-py3-none-any.whl)"
    assert [told] == [str(trouble) for trouble in troubles]
    assert ["1.5.0", "1.4.0"] == versions(refresh(after, found))


def test_one_release_that_cannot_be_read_does_not_keep_out_another() -> None:
    def read(wheel: Any) -> Any:
        return unreadable(wheel) if "1.5.0" in wheel.filename else metadata()(wheel)

    found = project("acme", *(files(f"acme-1.{minor}.0", PURE) for minor in (4, 5, 6)))
    after, troubles = refresh_framework(framework(row("1.4.0")), listing(found), read)
    assert (["1.6.0", "1.4.0"], 1) == (versions(after), len(troubles))


def test_the_sources_name_the_index_where_a_row_does() -> None:
    before = framework(release("1.4.0", build(glibc="", source=("wiki",)), source=("wiki",)), sources={"wiki": "ours"})
    found = project("acme", files("acme-1.4.0", PURE), files("acme-1.5.0", PURE))
    assert {"wiki": "ours", "pypi": "PyPI: acme listing and METADATA"} == refresh(before, found).sources
    assert {"wiki": "ours"} == refresh(before, project("acme", files("acme-1.4.0", PURE))).sources
