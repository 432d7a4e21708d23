"""A Python environment as its files show it: nothing of it was imported."""

from __future__ import annotations

from typing import Literal

from mlenv.facts.fact import Fact
from mlenv.facts.reading import Reading

EnvironmentKind = Literal["venv", "conda", "system"]
ShadowKind = Literal["working-directory", "python-path", "user-site"]
LoaderWay = Literal["preload", "rpath", "ld-library-path", "runpath", "cache", "default"]


class Distribution(Fact, frozen=True, kw_only=True):
    """An installed distribution.

    ``name`` is normalised (lower case, hyphens).  ``build`` is the build tag that its own files
    state where the version does not carry it (``cu132`` for a torch 2.15.0 of the default index).
    ``path`` is its folder of metadata, ``installer`` who put it there (``uv``, ``pip``, ``conda``),
    ``source`` what it came from where that is no index (an address, a folder, a repository), and
    ``editable`` that it runs from that folder.
    """

    name: str
    version: str
    build: str | None = None
    path: str | None = None
    installer: str | None = None
    source: str | None = None
    editable: bool = False


class CondaPackage(Fact, frozen=True, kw_only=True):
    """A package of conda in the environment, with its build string and its channel."""

    name: str
    version: str
    build: str | None = None
    channel: str | None = None


class Shadow(Fact, frozen=True, kw_only=True):
    """A file or folder that Python would import in place of the environment's own ``module``.

    ``found`` says how it comes first: it lies in the working directory, in a folder of
    ``PYTHONPATH``, or in the user's own site-packages.
    """

    module: str
    path: str
    found: ShadowKind


class Overlap(Fact, frozen=True, kw_only=True):
    """A file that several installed distributions claim; the last one installed wrote it."""

    path: str
    distributions: tuple[str, ...]


class OpenMp(Fact, frozen=True, kw_only=True):
    """An OpenMP runtime in the environment: ``runtime`` is ``libgomp``, ``libiomp5``, ``libomp`` or ``vcomp``."""

    runtime: str
    path: str
    distribution: str | None = None


class LoadedLibrary(Fact, frozen=True, kw_only=True):
    """The file that the dynamic loader would take for a library of CUDA or ROCm.

    ``distribution`` asks for ``soname`` (``libcudnn.so.9``); ``path`` is None where nothing is found.
    ``way`` is how the loader comes to it, ``owner`` the distribution that the file belongs to, None
    for a file of the system.  ``version`` is the one that the real file's name states.
    """

    distribution: str
    soname: str
    path: str | None = None
    way: LoaderWay | None = None
    owner: str | None = None
    version: str | None = None


class Environment(Fact, frozen=True, kw_only=True):
    """A virtual or conda environment at ``path``, or a whole installation of Python.

    ``python`` is its interpreter's version, ``executable`` the interpreter's path, ``bits`` its
    word size and ``architecture`` what it was made for.  ``home`` is the folder of the interpreter
    that a virtual environment was made from; ``system_packages`` that it sees that one's packages.
    ``externally_managed`` is PEP 668's marker: pip may not write there.
    ``user_site`` is the user's own site-packages, where this environment would look into it and it exists.
    What is None was not looked for or could not be read.
    """

    path: str
    kind: EnvironmentKind | None = None
    python: str | None = None
    executable: str | None = None
    bits: int | None = None
    architecture: str | None = None
    home: str | None = None
    system_packages: bool | None = None
    externally_managed: bool = False
    user_site: str | None = None
    distributions: tuple[Distribution, ...] = ()
    conda_packages: tuple[CondaPackage, ...] | None = None
    shadows: tuple[Shadow, ...] | None = None
    overlaps: tuple[Overlap, ...] | None = None
    openmp: tuple[OpenMp, ...] | None = None
    libraries: tuple[LoadedLibrary, ...] | None = None
    manifest: str | None = None
    readings: tuple[Reading, ...] = ()

    def distribution(self, name: str) -> Distribution | None:
        """The installed distribution of that (normalised) name."""
        return next((dist for dist in self.distributions if dist.name == name), None)
