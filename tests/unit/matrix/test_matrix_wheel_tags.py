"""What the tags of wheel names mean."""

from __future__ import annotations

import pytest

from mlenv.matrix.wheel_tags import PlatformTag, parse_platform_tag, series_of


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("any", PlatformTag(system="any")),
        ("linux_x86_64", PlatformTag(system="linux", architecture="x86_64")),
        ("manylinux1_x86_64", PlatformTag(system="linux", architecture="x86_64", libc="glibc", floor=(2, 5))),
        ("manylinux2014_aarch64", PlatformTag(system="linux", architecture="aarch64", libc="glibc", floor=(2, 17))),
        ("manylinux_2_28_x86_64", PlatformTag(system="linux", architecture="x86_64", libc="glibc", floor=(2, 28))),
        ("musllinux_1_2_armv7l", PlatformTag(system="linux", architecture="armv7l", libc="musl", floor=(1, 2))),
        ("win_amd64", PlatformTag(system="windows", architecture="x86_64")),
        ("win_arm64", PlatformTag(system="windows", architecture="aarch64")),
        ("macosx_10_9_universal2", PlatformTag(system="macos", architecture="universal2", floor=(10, 9))),
        ("macosx_14_0_arm64", PlatformTag(system="macos", architecture="arm64", floor=(14, 0))),
        ("manylinux2042_x86_64", None),
        ("ios_13_0_arm64_iphoneos", None),
    ],
)
def test_platform_tag(tag: str, expected: PlatformTag | None) -> None:
    assert expected == parse_platform_tag(tag)


@pytest.mark.parametrize(
    ("interpreter", "abi", "expected"),
    [
        ("cp312", "cp312", ("3.12",)),
        ("cp37", "cp37m", ("3.7",)),
        ("cp314", "cp314t", ("3.14t",)),
        ("cp312", "abi3", ("3.12", "3.13", "3.14", "3.15")),
        ("cp314", "abi3t", ("3.14t", "3.15t")),
        ("cp311", "none", ("3.11",)),
        ("py3", "none", ("any",)),
        ("py310", "none", ("any",)),
        ("py2", "none", ()),
        ("cp27", "cp27mu", ()),
        ("pp310", "pypy310_pp73", ()),
        ("cp312", "cp311", ()),
    ],
)
def test_series(interpreter: str, abi: str, expected: tuple[str, ...]) -> None:
    assert expected == series_of(interpreter, abi, 15)
