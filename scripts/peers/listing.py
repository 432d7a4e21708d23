"""The wheels of a framework on an index with one page per build, made from the matrix's rows."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

import msgspec

from mlenv.facts.version import at_least, numbers
from mlenv.matrix.rows import Build, Framework, Release

from .described import Described

MACOS_PAGE = "cpu"
"""The page of the index that also holds the wheels for macOS, which the matrix knows from the default index."""


class Wheel(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a page: its name, the version in it, and the Pythons that it admits."""

    file: str
    version: str
    requires_python: str


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """The releases of a framework that were out on a day."""

    project: str
    releases: tuple[Release, ...]

    def pages(self, index: str) -> dict[str, tuple[Wheel, ...]]:
        """The pages of an index by build, each with its wheels."""
        found: dict[str, list[Wheel]] = defaultdict(list)
        for release in self.releases:
            for build in release.builds:
                if index in build.indexes:
                    found[build.variant] += list_wheels(self.project, release, build)
                elif any(platform.startswith("macos") for platform in build.platforms):
                    found[MACOS_PAGE] += list_wheels(self.project, release, build)
        return {variant: tuple(wheels) for variant, wheels in found.items()}

    def newest(self, machine: Described, *, variant: str = "") -> tuple[str, str] | None:
        """The release and build that pip takes there from a build's page, or without one from the default index."""
        for release in self.releases:
            for build in release.builds:
                wanted = build.variant == variant if variant else "default" in build.indexes
                if wanted and not release.yanked and suits(build, machine):
                    return release.version, build.variant
        return None


def make_listing(framework: Framework, day: dt.date | None) -> Listing:
    """The releases of a framework that were out on a day, newest first."""
    known = [release for release in framework.release if day is None or release.released <= day]
    known.sort(key=lambda release: numbers(release.version), reverse=True)
    return Listing(project=framework.distribution, releases=tuple(known))


def suits(build: Build, machine: Described) -> bool:
    """Whether pip would take a build's wheel on a machine: system, C library or macOS, and its own Python."""
    if machine.platform not in build.platforms or machine.python not in build.pythons:
        return False
    if machine.platform.startswith("linux"):
        return at_least(machine.glibc or "0", build.glibc or "0")
    return not build.macos or at_least(str(machine.tables.get("os_version", "0")), build.macos)


def list_wheels(project: str, release: Release, build: Build) -> Iterator[Wheel]:
    """The wheels of a build: one for each platform and Python."""
    version = f"{release.version}+{build.variant}" if build.local else release.version
    for platform in build.platforms:
        for python in build.pythons:
            plain = python.removesuffix("t").replace(".", "")
            tags = f"cp{plain}-cp{plain}{'t' if python.endswith('t') else ''}-{platform_tag(build, platform)}"
            yield Wheel(
                file=f"{project}-{version}-{tags}.whl", version=version, requires_python=release.requires_python
            )


def platform_tag(build: Build, platform: str) -> str:
    """The tag in a wheel's name that says where it runs."""
    system, processor = platform.split("-")
    if system == "windows":
        return "win_amd64"
    if system == "macos":
        return f"macosx_{(build.macos or '11.0').replace('.', '_')}_{processor}"
    return f"manylinux_{(build.glibc or '2.17').replace('.', '_')}_{processor}"
