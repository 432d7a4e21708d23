"""The rows of the matrix that a refusal could have been about."""

from __future__ import annotations

from mlenv.checks.refusals.refusal import Refusal
from mlenv.matrix import query
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Framework, Release

_ALIASES = {"jaxlib": "jax", "pytorch": "torch", "tensorflow-intel": "tensorflow", "tensorflow-macos": "tensorflow"}


def find_framework(matrix: Matrix, package: str) -> Framework | None:
    """The framework that a package is of; None for another package."""
    name = matrix.distributions.get(package) or _ALIASES.get(package, "")
    return matrix.framework(name) if name in matrix.framework_ids else None


def is_framework(matrix: Matrix, refusal: Refusal) -> bool:
    """Whether the matrix has releases of what was refused."""
    framework = find_framework(matrix, refusal.package)
    return framework is not None and bool(framework.release)


def find_builds(matrix: Matrix, refusal: Refusal, platform: str | None) -> list[Build]:
    """The builds that could have been meant: of the version asked for, else of every release of the day."""
    framework = find_framework(matrix, refusal.package)
    if framework is None:
        return []
    version, _, local = refusal.version.partition("+")
    releases = [row for row in query.newest_first(framework) if _is_meant(row, version)]
    builds = [build for row in releases for build in row.builds if platform is None or platform in build.platforms]
    builds = [build for build in builds if not local or build.variant == local] or builds
    plain = [build for build in builds if "default" in build.indexes]
    return builds if local or not plain else plain


def _is_meant(release: Release, version: str) -> bool:
    """Whether a release is the one asked for; ``2.5`` names all of its series."""
    return not version or release.version == version or release.version.startswith(f"{version}.")
