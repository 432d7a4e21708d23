"""For which Pythons and platforms a single file carries its compiled parts."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mlenv.errors import UsageError

PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
PLATFORMS = {
    "linux-x86_64": "x86_64-manylinux_2_17",
    "linux-aarch64": "aarch64-manylinux_2_17",
    "musl-x86_64": "x86_64-unknown-linux-musl",
    "musl-aarch64": "aarch64-unknown-linux-musl",
    "macos-x86_64": "x86_64-apple-darwin",
    "macos-aarch64": "aarch64-apple-darwin",
    "windows-x86_64": "x86_64-pc-windows-msvc",
    "windows-aarch64": "aarch64-pc-windows-msvc",
}
"""Our names of platforms, as :func:`mlenv.pyz.bootstrap.find_platform` gives them, and those of uv."""

UNBORN = (("windows-aarch64", "3.10"),)
"""Pairs that were never released: CPython is made for Windows on Arm since 3.11."""


class Target(msgspec.Struct, frozen=True, order=True):
    """A series of CPython on a platform."""

    python: str
    platform: str

    @property
    def id(self) -> str:
        """``cp312-linux-x86_64``, as the file asks for it when it begins."""
        return f"cp{self.python.replace('.', '')}-{self.platform}"

    def uv_platform(self, *, large: bool = False) -> str:
        """The platform's name for uv; the ``large`` distributions have no wheels for the oldest glibc."""
        name = PLATFORMS[self.platform]
        return name.replace("manylinux_2_17", "manylinux_2_28") if large else name


def choose_targets(platforms: Sequence[str] = (), pythons: Sequence[str] = ()) -> tuple[Target, ...]:
    """Every pair of the platforms and Pythons named, of all where none are; :class:`UsageError` for unknown ones."""
    _refuse_unknown("platform", platforms, tuple(PLATFORMS))
    _refuse_unknown("Python", pythons, PYTHONS)
    pairs = ((platform, python) for platform in platforms or PLATFORMS for python in pythons or PYTHONS)
    return tuple(Target(python, platform) for platform, python in pairs if (platform, python) not in UNBORN)


def _refuse_unknown(what: str, named: Sequence[str], known: Sequence[str]) -> None:
    for name in named:
        if name not in known:
            raise UsageError(f"the single file knows no {what} {name!r}", hint=f"known: {', '.join(known)}")
