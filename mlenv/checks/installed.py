"""Which builds of the frameworks an environment holds."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.checks.finding import Fix
from mlenv.checks.registry import Case, Skip
from mlenv.checks.remedy import install_profile
from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.pattern import lazy
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Framework, Release

FRAMEWORKS = ("torch", "tensorflow", "jax")
PROFILES = {"torch": "pytorch-gpu", "tensorflow": "tensorflow-gpu", "jax": "jax-gpu"}
_CUDA_TAG = lazy(r"cu(?P<major>\d\d)(?P<minor>\d+)")


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """A framework in an environment.

    ``variant`` is empty where nothing says which build it is; ``build`` is None where the matrix
    has no row for it (a nightly build); ``cuda`` is the toolkit it was built with, where known.
    """

    framework: Framework
    version: str
    variant: str = ""
    build: Build | None = None
    cuda: str = ""

    @property
    def name(self) -> str:
        """``PyTorch 2.14.1 (cu130)``."""
        return f"{self.framework.name} {self.version}" + (f" ({self.variant})" if self.variant else "")

    @property
    def is_cpu_build(self) -> bool:
        """Whether it uses no accelerator at all."""
        return self.build.accelerators == ("cpu",) if self.build else self.variant == "cpu"


def require_installed(case: Case, matrix: Matrix) -> list[Installed]:
    """The frameworks of the environment; :class:`Skip` where there is none."""
    if case.environment is None:
        raise Skip("no environment was looked at")
    found = list(_find_installed(case.environment, matrix, case.machine.platform))
    if not found:
        raise Skip("the environment has no framework")
    return found


def _find_installed(environment: Environment, matrix: Matrix, platform: str) -> Iterator[Installed]:
    for name in FRAMEWORKS:
        candidates = (environment.distribution(other) for other in (name, f"{name}-cpu"))
        dist = next((row for row in candidates if row is not None), None)
        if dist is not None and name in matrix.framework_ids:
            yield _identify(environment, matrix.framework(name), dist, platform)


def _identify(environment: Environment, framework: Framework, dist: Distribution, platform: str) -> Installed:
    version, _, local = dist.version.partition("+")
    tag = local or dist.build or ""
    release = next((row for row in framework.release if row.version == version), None)
    build = _find_build(environment, framework, release, dist, platform) if release else None
    variant = build.variant if build else tag
    return Installed(
        framework=framework,
        version=version,
        variant="" if variant == "any" else variant,
        build=build,
        cuda=build.cuda if build and build.cuda else _cuda_of(tag),
    )


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


# cu126
def _cuda_of(tag: str) -> str:
    match = _CUDA_TAG.fullmatch(tag)
    return f"{match['major']}.{match['minor']}" if match else ""


def place(case: Case, item: Installed) -> str:
    """``PyTorch 2.14.1 (cu130) in /home/me/.venv``, for evidence."""
    return f"{item.name} in {case.environment.path}" if case.environment else item.name


def reinstall(case: Case, item: Installed) -> Fix:
    """Let mlenv put a build that fits in the same place."""
    return install_profile(PROFILES[item.framework.id], environment=case.environment)
