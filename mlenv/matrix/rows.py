"""The rows of the compatibility matrix.

Each type is one kind of table in ``compat_matrix/``.  Rows hold names, versions and ids; the
rules that use them live in :mod:`mlenv.resolve` and :mod:`mlenv.checks`, and the commands in
:mod:`mlenv.plan`.  Every row names its ``source`` by ids of the file's ``[sources]`` table.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

Evidence = Literal["measured", "build-config", "documentation", "inferred", "unknown"]
"""How a row is known, best first: read out of the published file, taken from the project's build
configuration, stated by its documentation, concluded by us, or only likely."""

Accelerator = Literal["cpu", "cuda", "rocm", "xpu", "mps", "tpu"]
VENDOR_OF: dict[str, str] = {"cuda": "nvidia", "rocm": "amd", "xpu": "intel", "mps": "apple", "tpu": "google"}
"""Whose GPUs an accelerator drives."""
Platform = Literal["linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64", "macos-x86_64"]
Role = Literal["library", "framework"]


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all rows: immutable, and a wrong key is an error."""


class MatrixInfo(Row, frozen=True, kw_only=True):
    """``matrix.toml``: what version of the data this is.

    ``neighbours`` are distributions without rows of their own whose version conditions matter to
    others (``protobuf``, ``jaxlib``): a refresh keeps them in ``requires``.
    ``replaces`` is for a site's own folder: it stands in place of the built-in data, not over it.
    """

    schema: int
    version: str
    as_of: dt.date
    neighbours: tuple[str, ...] = ()
    replaces: bool = False


# ---------------------------------------------------------------- pythons.toml


class PythonSeries(Row, frozen=True, kw_only=True):
    """A series of CPython: the day of its first release and the last day of its support."""

    version: str
    released: dt.date
    end_of_life: dt.date
    source: tuple[str, ...]


class Pythons(Row, frozen=True, kw_only=True):
    """``pythons.toml``: the series of CPython, newest first."""

    sources: dict[str, str]
    checked_on: dt.date
    python: tuple[PythonSeries, ...]


# ---------------------------------------------------------------- indexes.toml


class Index(Row, frozen=True, kw_only=True):
    """A place that publishes packages.

    ``url`` may hold ``{variant}``.  The id ``default`` has no address here: it is whatever the
    installer uses by itself.
    """

    id: str
    title: str
    url: str = ""
    owns: tuple[str, ...] = ()
    source: tuple[str, ...]


class Indexes(Row, frozen=True, kw_only=True):
    """``indexes.toml``: where packages come from."""

    sources: dict[str, str]
    checked_on: dt.date
    index: tuple[Index, ...]


# ---------------------------------------------------------------- families.toml


class FileFamily(Row, frozen=True, kw_only=True):
    """Distributions that install into the same files.

    A package resolver puts several of them side by side and does not see that the last one wins:
    an environment holds at most one.  ``path`` is where they write, below ``site-packages``.
    """

    id: str
    title: str
    path: str
    distributions: tuple[str, ...]
    source: tuple[str, ...]
    note: str = ""


class FileFamilies(Row, frozen=True, kw_only=True):
    """``families.toml``: which distributions must not stand side by side."""

    checked_on: dt.date
    sources: dict[str, str]
    family: tuple[FileFamily, ...]


# ---------------------------------------------------------------- needs.toml


class SystemNeed(Row, frozen=True, kw_only=True):
    """Something outside Python packages that a build needs: a Java runtime, a compiler.

    ``linux``, ``windows`` and ``macos`` are what to type to get it (Debian's way on Linux), empty
    where there is no one command; ``{version}`` in them stands for the lowest major wanted.
    ``command`` is a program on PATH that shows it is there.
    """

    id: str
    title: str
    command: str = ""
    linux: str = ""
    windows: str = ""
    macos: str = ""
    source: tuple[str, ...]
    note: str = ""


class SystemNeeds(Row, frozen=True, kw_only=True):
    """``needs.toml``: what some builds need beside Python packages, and how to get it."""

    checked_on: dt.date
    sources: dict[str, str]
    need: tuple[SystemNeed, ...]


# ---------------------------------------------------------------- frameworks/*.toml


class Build(Row, frozen=True, kw_only=True, omit_defaults=True):
    """One build of a release: the same code compiled for an accelerator and some platforms.

    ``variant`` is the build's name (``cpu``, ``cu126``, ``rocm7.2``, ``xpu``; ``any`` for a build
    without accelerator code, pure Python included).  ``accelerators`` are the devices it can use
    by itself: ``any`` builds name the CPU alone and stand beside every device.
    ``local`` says that the wheel's version carries ``+variant`` on its own index.
    ``indexes`` are ids of ``indexes.toml``, the preferred one first.
    ``extra`` is the extra that must be asked for to get the accelerator's libraries,
    ``distribution`` the package's name where it differs from the framework's, ``brings`` further
    requirements to install beside it, from the same index.
    ``glibc`` and ``macos`` are the lowest versions, each for the platforms it concerns; a Linux
    build without ``glibc`` is pure Python.
    ``cuda`` is the toolkit it was built with; ``sass`` and ``ptx`` the GPU code inside, as compute
    capabilities.  ``capability_floor`` is the lowest device that the project's documentation
    admits, where the code is not known; devices from ``capability_ceiling`` on fail in practice,
    whatever the code says.  ``cudnn`` and ``nccl`` are the versions it brings or was built with,
    exact where it pins them (PyTorch).
    ``driver`` is the lowest NVIDIA driver on Linux where the project asks for more than CUDA does.
    ``gfx`` are AMD targets.  ``runtime`` names the CUDA libraries' major (``cu12``, ``cu13``)
    that all builds of one environment must share; ``requires`` the conditions of this build on
    those libraries, by distribution name (``nvidia-nccl-cu12``), whose file families are in
    ``families.toml``.
    ``source_only`` says that it is published as source and compiled while it is installed.
    ``needs`` are ids of ``needs.toml``, with a lowest version where one is known (``java>=17``).
    ``bytes`` is a rough download with what the build brings along, None where nobody measured it.
    """

    variant: str
    accelerators: tuple[Accelerator, ...] = ("cpu",)
    platforms: tuple[Platform, ...]
    pythons: tuple[str, ...]
    indexes: tuple[str, ...] = ("default",)
    local: bool = False
    extra: str = ""
    distribution: str = ""
    brings: tuple[str, ...] = ()
    glibc: str = ""
    musl: str = ""
    macos: str = ""
    mps_macos: str = ""
    cpu_flags: tuple[str, ...] = ()
    cuda: str = ""
    cudnn: str = ""
    nccl: str = ""
    sass: tuple[str, ...] = ()
    ptx: tuple[str, ...] = ()
    capability_floor: str = ""
    capability_ceiling: str = ""
    driver: str = ""
    gfx: tuple[str, ...] = ()
    runtime: str = ""
    requires: dict[str, str] = {}
    source_only: bool = False
    needs: tuple[str, ...] = ()
    bytes: int | None = None
    evidence: Evidence
    source: tuple[str, ...]
    note: str = ""


class Release(Row, frozen=True, kw_only=True, omit_defaults=True):
    """One release of a framework.

    ``requires`` are the version conditions on neighbours that its metadata states and that matter
    when they share an environment (PEP 440 specifiers by distribution name); ``constraints`` those
    that it needs and its metadata does not state, which a plan hands to the installer.
    ``metadata`` are all its requirements (``Requires-Dist`` as published) where it comes as source
    only: an installer would fetch the whole archive to read them.
    ``prereleases`` are distributions of which it needs pre-releases: they are allowed for those
    alone.  ``yanked`` releases are never chosen, nor are ``broken`` ones: the text says why they
    cannot be installed or do not work.
    """

    version: str
    released: dt.date
    requires_python: str = ""
    requires: dict[str, str] = {}
    constraints: dict[str, str] = {}
    metadata: tuple[str, ...] | None = None
    prereleases: tuple[str, ...] = ()
    yanked: bool = False
    broken: str = ""
    builds: tuple[Build, ...]
    source: tuple[str, ...]
    note: str = ""


class CondaCode(Row, frozen=True, kw_only=True, omit_defaults=True):
    """The GPU code of a channel's builds that were made with one CUDA release.

    ``sass`` and ``ptx`` are compute capabilities as in a build; ``glibc`` is the lowest version.
    ``platforms`` are those that have such builds.
    """

    cuda: str
    platforms: tuple[Platform, ...]
    glibc: str = ""
    sass: tuple[str, ...] = ()
    ptx: tuple[str, ...] = ()
    source: tuple[str, ...]
    note: str = ""


class CondaRoute(Row, frozen=True, kw_only=True, omit_defaults=True):
    """How conda gets a framework.

    ``channel`` is an id of ``indexes.toml``.
    ``builds`` are selectors of build strings by accelerator (``cuda = "cuda*"``), ``packages`` the
    package by accelerator where it is another one, ``brings`` further specs beside it
    (``cuda = ["jaxlib=*=*cuda*"]``); ``virtual`` names the virtual packages that the builds of an
    accelerator ask for (``cuda = "__cuda"``).
    ``platforms`` and ``pythons`` are those of the newest release there, empty where nobody looked;
    ``glibc`` and ``macos`` are the lowest versions for its CPU builds (and Metal, on a Mac).
    ``code`` is the GPU code of its CUDA builds, newest CUDA first.
    """

    channel: str = "conda-forge"
    package: str
    builds: dict[str, str] = {}
    packages: dict[str, str] = {}
    brings: dict[str, tuple[str, ...]] = {}
    virtual: dict[str, str] = {}
    platforms: tuple[Platform, ...] = ()
    pythons: tuple[str, ...] = ()
    glibc: str = ""
    macos: str = ""
    code: tuple[CondaCode, ...] = ()
    evidence: Evidence
    source: tuple[str, ...]
    note: str = ""


class Framework(Row, frozen=True, kw_only=True):
    """``frameworks/<id>.toml``: one framework and its releases, newest first.

    ``imports`` are the modules that prove it, the first one being the framework itself.
    ``status`` is ``stale`` where releases have become rare, ``dead`` where the project has ended;
    ``successor`` says what to use in its place.
    ``solitary`` ones ask for an environment of their own: they are taken when they are asked for
    by name and never join as an optional part of a profile.
    ``floor`` is the lowest version worth having: without it an installer that finds nothing for a
    new Python takes a release of years ago, or a placeholder.
    ``lines`` is the number of minor lines of which a refresh keeps the newest release.
    ``traps`` are sentences about what goes wrong with it in the field.
    """

    id: str
    name: str
    distribution: str
    imports: tuple[str, ...]
    summary: str = ""
    role: Role = "framework"
    status: Literal["active", "stale", "dead"] = "active"
    successor: str = ""
    solitary: bool = False
    floor: str = ""
    lines: int = 4
    conda: CondaRoute | None = None
    checked_on: dt.date
    traps: tuple[str, ...] = ()
    note: str = ""
    sources: dict[str, str]
    release: tuple[Release, ...]


# ---------------------------------------------------------------- profiles/*.toml


class Profile(Row, frozen=True, kw_only=True):
    """``profiles/<name>.toml``: what a user asks for by name.

    ``extends`` names profiles whose frameworks and variables this one has too.
    ``frameworks`` are requirement strings whose names are framework ids; each must be in the
    plan.  ``optional`` ones join where a build that fits can be had.  ``first_of`` are groups of
    alternatives, the preferred one first: of each group the first that fits joins, and a member
    that is asked for otherwise (``--with``) settles its group.  ``environment`` are variables that
    are always set, ``environment_with`` those that are set when that framework was taken from a
    group.  ``accelerator`` says what the profile is for: ``auto`` takes the best device and else
    the CPU, ``gpu`` insists on one.  ``download_gb`` and ``disk_gb`` are rough sizes for the
    requirements that doctor checks.
    """

    name: str
    title: str
    summary: str = ""
    extends: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    first_of: tuple[tuple[str, ...], ...] = ()
    accelerator: Literal["auto", "gpu", "cpu", "cuda", "rocm", "xpu", "mps", "tpu"] = "auto"
    environment: dict[str, str] = {}
    environment_with: dict[str, dict[str, str]] = {}
    download_gb: float | None = None
    disk_gb: float | None = None
