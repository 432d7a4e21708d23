"""Which rows of the matrix the frameworks of an environment are."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.facts.environment import Distribution, Environment
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Framework, Release

FRAMEWORKS = ("torch", "tensorflow", "jax")
"""The large ones, which have wheels of their own for each accelerator."""


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """A framework in an environment; ``build`` is None where the matrix has no row for it (a nightly build)."""

    framework: Framework
    version: str
    build: Build | None = None


def find_installed(environment: Environment, matrix: Matrix, platform: str) -> Iterator[Installed]:
    """The frameworks of an environment on a platform."""
    for name in FRAMEWORKS:
        candidates = (environment.distribution(other) for other in (name, f"{name}-cpu"))
        dist = next((row for row in candidates if row is not None), None)
        if dist is not None and name in matrix.framework_ids:
            yield _identify(environment, matrix.framework(name), dist, platform)


def _identify(environment: Environment, framework: Framework, dist: Distribution, platform: str) -> Installed:
    version = dist.version.partition("+")[0]
    release = next((row for row in framework.release if row.version == version), None)
    build = _find_build(environment, framework, release, dist, platform) if release else None
    return Installed(framework=framework, version=version, build=build)


def _find_build(
    environment: Environment, framework: Framework, release: Release, dist: Distribution, platform: str
) -> Build | None:
    builds = [build for build in release.builds if platform in build.platforms]
    local = dist.version.partition("+")[2]
    named = next((build for build in builds if build.variant == (local or dist.build)), None)
    if named or local:
        # What the files state may be no build of the matrix: TensorFlow's say the CUDA it was made with.
        return named
    own = [build for build in builds if (build.distribution or framework.distribution) == dist.name]
    extended = [build for build in own if build.extra and _has_extra(environment, framework, build)]
    plain = [build for build in own if not build.extra and "default" in build.indexes]
    return next(iter(extended or (plain if len({build.variant for build in plain}) == 1 else [])), None)


def _has_extra(environment: Environment, framework: Framework, build: Build) -> bool:
    """Whether what an extra brings is there: JAX's plugin, or the libraries that the row names."""
    if environment.distribution(f"{framework.id}-{build.variant}-plugin") is not None:
        return True
    libraries = [name for name in build.requires if name.startswith("nvidia-")]
    return bool(libraries) and all(environment.distribution(name) is not None for name in libraries)
