"""Releases that came out since: which of them get a row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from packaging.version import Version

from mlenv.matrix.rows import Framework
from mlenv.matrix.sources.published import PublishedProject, PublishedRelease


def find_new(framework: Framework, project: PublishedProject, today: dt.date) -> tuple[PublishedRelease, ...]:
    """The releases that lack a row, newest first.

    Those are the newest patch of every minor line that is newer than the newest row (or its
    newer patch), and of as many older lines as a file keeps where it has fewer.  Pre-releases,
    yanked ones and what is below the floor get none.
    """
    usable = [release for release in project.releases if _is_usable(framework, release, today)]
    have = {Version(row.version) for row in framework.release}
    newest = max((Version(row.version) for row in framework.release), default=None)
    lines = {line_of(Version(row.version)) for row in framework.release}
    found = []
    for release in newest_of_lines(usable):
        version = Version(release.version)
        newer = newest is None or version > newest
        missing = line_of(version) not in lines and len(lines) < framework.lines
        if version not in have and (newer or missing):
            found.append(release)
            lines.add(line_of(version))
    return tuple(found)


def _is_usable(framework: Framework, release: PublishedRelease, today: dt.date) -> bool:
    if release.prerelease or release.yanked or (release.released or today) > today:
        return False
    if not release.wheels and not release.has_sdist:
        return False
    return not framework.floor or Version(release.version) >= Version(framework.floor)


def newest_of_lines(releases: Iterable[PublishedRelease]) -> list[PublishedRelease]:
    """The newest patch of each minor line, newest line first."""
    best: dict[tuple[int, ...], PublishedRelease] = {}
    for release in sorted(releases, key=lambda row: Version(row.version), reverse=True):
        best.setdefault(line_of(Version(release.version)), release)
    return list(best.values())


def line_of(version: Version) -> tuple[int, ...]:
    """The minor line of a version: epoch, major and minor."""
    return (version.epoch, *(*version.release, 0)[:2])
