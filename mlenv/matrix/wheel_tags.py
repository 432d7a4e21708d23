"""What the tags in a wheel's file name say (PEP 425, PEP 600, PEP 656): platforms, floors, Pythons."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

import msgspec

LEGACY_MANYLINUX = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
"""The glibc that the names from before PEP 600 stand for."""

# manylinux_2_28_x86_64, manylinux2014_aarch64, musllinux_1_2_x86_64, linux_x86_64
_LINUX = re.compile(r"(?:(many|musl)linux_(\d+)_(\d+)|(manylinux\d+)|linux)_(.+)")
# macosx_11_0_arm64, macosx_10_9_universal2
_MACOS = re.compile(r"macosx_(\d+)_(\d+)_(.+)")
_WINDOWS = {"win_amd64": "x86_64", "win_arm64": "aarch64", "win32": "i686"}


class PlatformTag(msgspec.Struct, frozen=True, kw_only=True):
    """A platform tag taken apart.

    ``architecture`` is as the tag spells it (``universal2``, ``arm64``), on Windows as on Linux.
    ``floor`` is the lowest version of glibc, musl (``libc`` says which) or macOS; empty where the
    tag names none.
    """

    system: Literal["any", "linux", "windows", "macos"]
    architecture: str = ""
    libc: Literal["glibc", "musl", ""] = ""
    floor: tuple[int, ...] = ()


@lru_cache(maxsize=1024)
def parse_platform_tag(tag: str) -> PlatformTag | None:
    """A platform tag taken apart; None for one that is not known here."""
    if tag == "any":
        return PlatformTag(system="any")
    if tag in _WINDOWS:
        return PlatformTag(system="windows", architecture=_WINDOWS[tag])
    if match := _MACOS.fullmatch(tag):
        major, minor, architecture = match.groups()
        return PlatformTag(system="macos", architecture=architecture, floor=(int(major), int(minor)))
    if match := _LINUX.fullmatch(tag):
        return _linux_tag(*match.groups())
    return None


def _linux_tag(family: str | None, major: str, minor: str, legacy: str | None, architecture: str) -> PlatformTag | None:
    if legacy is not None:
        floor = LEGACY_MANYLINUX.get(legacy)
        return floor and PlatformTag(system="linux", architecture=architecture, libc="glibc", floor=floor)
    if family is None:
        return PlatformTag(system="linux", architecture=architecture)
    libc: Literal["glibc", "musl"] = "glibc" if family == "many" else "musl"
    return PlatformTag(system="linux", architecture=architecture, libc=libc, floor=(int(major), int(minor)))


@lru_cache(maxsize=1024)
def series_of(interpreter: str, abi: str, newest: int) -> tuple[str, ...]:
    """The series of CPython 3 that an interpreter tag and an ABI tag admit, none for others.

    ``("any",)`` stands for every Python 3, free-threaded ones included.  The stable ABI reaches
    upwards to the minor version ``newest``: ``abi3`` to ordinary builds, ``abi3t`` to
    free-threaded ones.  ``cp311-none`` is for 3.11 alone, however the file came to be named so.
    """
    if interpreter.startswith("py3") and abi == "none":
        return ("any",)
    match = re.fullmatch(r"cp3(\d+)", interpreter)
    if match is None:
        return ()
    minor = int(match[1])
    if abi in ("abi3", "abi3t"):
        return tuple(f"3.{number}{abi[4:]}" for number in range(minor, newest + 1))
    if abi != "none" and not abi.startswith(f"cp3{minor}"):
        return ()
    return (f"3.{minor}t",) if abi.endswith("t") else (f"3.{minor}",)
