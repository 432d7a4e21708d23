"""What a rule is asked, and how it answers."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from packaging.specifiers import SpecifierSet

from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Accelerator, Build, Framework, Release


def name_build(framework: str, release: Release, build: Build) -> str:
    """``torch 2.15.0 cu132``, for sentences; builds without accelerator code have no second name."""
    variant = "" if build.variant == "any" else f" {build.variant}"
    return f"{framework} {release.version}{variant}"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a build falls: the rule's id, what was asked and found, and what would lift it.

    ``driver`` is the lowest NVIDIA driver that would lift it, where a newer driver does.
    """

    rule: str
    text: str
    remedy: str = ""
    driver: str = ""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A build of a release, to be used on ``accelerator`` of a machine.

    ``variant``, ``extras`` and ``distribution`` are what the request pins of the build by name, by an
    extra that brings a device's libraries (``cuda13``), and by the package that it comes in.
    ``optional`` says that the request can do without it.
    """

    machine: Machine
    matrix: Matrix
    framework: Framework
    release: Release
    build: Build
    accelerator: Accelerator
    specifier: SpecifierSet
    variant: str | None = None
    extras: tuple[str, ...] = ()
    distribution: str = ""
    optional: bool = False

    @property
    def name(self) -> str:
        """``torch 2.15.0 cu132``, for sentences."""
        return name_build(self.framework.id, self.release, self.build)


Rule = Callable[[Question], Failure | None]
