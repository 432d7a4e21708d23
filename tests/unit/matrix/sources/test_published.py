"""Questions to what a source has published."""

from __future__ import annotations

import msgspec
import pytest

from mlenv.matrix.rows import Platform
from mlenv.matrix.sources.published import (
    Floor,
    PublishedRelease,
    PublishedWheel,
    SourceTrouble,
    bare_url,
    floor_of,
    named_series,
    pythons_on,
)


def wheel(
    *pythons: str, platform: Platform = "linux-x86_64", requires_python: str = "", **floors: str
) -> PublishedWheel:
    bare = PublishedWheel(filename="", url="", platform=platform, pythons=pythons, requires_python=requires_python)
    return msgspec.structs.replace(bare, **floors)


@pytest.mark.parametrize(
    ("wheels", "expected"),
    [
        ([wheel("3.12", glibc="2.17"), wheel("3.12", glibc="2.28")], Floor(glibc="2.17")),
        ([wheel("3.12", glibc="2.9"), wheel("3.13", glibc="2.28")], Floor(glibc="2.28")),
        ([wheel("3.12", glibc="2.9"), wheel("3.12", glibc="2.17")], Floor(glibc="2.9")),
        ([wheel("3.12", glibc="2.27"), wheel("3.12", musl="1.2")], Floor(glibc="2.27", musl="1.2")),
        ([wheel("3.12", glibc="2.27"), wheel("any")], Floor()),
        (
            [wheel("3.12", macos="10.13"), wheel("3.14", macos="10.15"), wheel("3.14", macos="14.0")],
            Floor(macos="10.15"),
        ),
        ([wheel("any", glibc="2.28")], Floor(glibc="2.28")),
        ([], Floor()),
    ],
)
def test_floor(wheels: list[PublishedWheel], expected: Floor) -> None:
    assert expected == floor_of(wheels)


def test_named_series_are_in_order() -> None:
    assert ("3.9", "3.14", "3.14t", "3.15") == named_series(
        [wheel("3.14t", "3.9"), wheel("3.15", "3.14"), wheel("any")]
    )


@pytest.mark.parametrize(
    ("wheels", "expected"),
    [
        ([wheel("any", requires_python=">=3.12")], ("3.12", "3.13", "3.13t")),
        ([wheel("any", requires_python=">=3.9,<3.13")], ("3.11", "3.12")),
        ([wheel("any", requires_python=">=3.11.4,!=3.12.1")], ("3.11", "3.12", "3.13", "3.13t")),
        ([wheel("3.11"), wheel("3.13")], ("3.11", "3.13")),
        ([wheel("3.13t", requires_python=">=3.9")], ("3.13t",)),
        ([wheel("3.13", platform="windows-x86_64")], ()),
    ],
)
def test_pythons(wheels: list[PublishedWheel], expected: tuple[str, ...]) -> None:
    release = PublishedRelease(version="1", wheels=tuple(wheels))
    assert expected == pythons_on(release, "linux-x86_64", ("3.11", "3.12", "3.13", "3.13t"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:secret@host/simple/", "https://host/simple/"),
        ("https://me:se/cr@et@host/simple/", "https://host/simple/"),
        ("https://host:8080/simple/", "https://host:8080/simple/"),
        ("", ""),
    ],
)
def test_addresses_are_bare(url: str, expected: str) -> None:
    assert expected == bare_url(url)


def test_trouble_names_source_and_address_without_secrets() -> None:
    trouble = SourceTrouble(source="the mirror", url="https://me:secret@host/numpy/", phrase="no answer in time")
    assert "the mirror: no answer in time (https://host/numpy/)" == str(trouble)
