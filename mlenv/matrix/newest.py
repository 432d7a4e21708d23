"""A framework cut down to its newest releases: what most questions are about, at a tenth of the reading."""

from __future__ import annotations

from msgspec.structs import replace

from mlenv.matrix.query import newest_first, newest_with_builds
from mlenv.matrix.rows import Accelerator, Framework


def keep_newest(framework: Framework) -> Framework:
    """The framework with the newest release of all, and the newest one with builds for each platform and accelerator.

    :func:`~mlenv.matrix.query.newest_with_builds` answers from it as from the whole.
    """
    kept = {release.version for release in newest_first(framework)[:1]}
    for platform, accelerator in _places(framework):
        found = newest_with_builds(framework, platform, accelerator)
        kept.update([found[0].version] if found else [])
    return replace(framework, release=tuple(release for release in framework.release if release.version in kept))


def _places(framework: Framework) -> set[tuple[str, Accelerator | None]]:
    builds = [build for release in framework.release for build in release.builds]
    return {
        (platform, accelerator)
        for build in builds
        for platform in build.platforms
        for accelerator in (None, *build.accelerators)
    }
