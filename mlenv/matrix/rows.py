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
    """``matrix.toml``: what version of the data this is."""

    schema: int
    version: str
    as_of: dt.date


# ---------------------------------------------------------------- pythons.toml


class PythonSeries(Row, frozen=True, kw_only=True):
    """A series of CPython: the day of its first release and the last day of its support."""

    version: str
    released: dt.date
    end_of_life: dt.date
    source: tuple[str, ...]


class Pythons(Row, frozen=True, kw_only=True):
    """``pythons.toml``, newest first."""

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
    """``indexes.toml``."""

    sources: dict[str, str]
    checked_on: dt.date
    index: tuple[Index, ...]


# ---------------------------------------------------------------- frameworks/*.toml


class Build(Row, frozen=True, kw_only=True):
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
    ``gfx`` are AMD targets.  ``runtime`` names the CUDA libraries' family (``cu12``, ``cu13``)
    whose files two builds in one environment must share; ``requires`` the conditions of this
    build on those libraries, by distribution name (``nvidia-nccl-cu12``).
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
    bytes: int | None = None
    evidence: Evidence
    source: tuple[str, ...]
    note: str = ""


class Release(Row, frozen=True, kw_only=True):
    """One release of a framework.

    ``requires`` are the exact version conditions on neighbours that matter when they share an
    environment (PEP 440 specifiers by distribution name).  ``yanked`` releases are never chosen.
    """

    version: str
    released: dt.date
    requires_python: str = ""
    requires: dict[str, str] = {}
    yanked: bool = False
    builds: tuple[Build, ...]
    source: tuple[str, ...]
    note: str = ""


class Framework(Row, frozen=True, kw_only=True):
    """``frameworks/<id>.toml``: one framework and its releases, newest first.

    ``imports`` are the modules that prove it, the first one being the framework itself.
    ``rivals`` are distributions that write the same files and must not stand beside it.
    ``family`` groups frameworks that are released together (``pytorch``).
    """

    id: str
    name: str
    distribution: str
    imports: tuple[str, ...]
    summary: str = ""
    role: Role = "framework"
    status: Literal["active", "dead"] = "active"
    conda: str = ""
    rivals: tuple[str, ...] = ()
    checked_on: dt.date
    sources: dict[str, str]
    release: tuple[Release, ...]
    note: str = ""


# ---------------------------------------------------------------- profiles/*.toml


class Profile(Row, frozen=True, kw_only=True):
    """``profiles/<name>.toml``: what a user asks for by name.

    ``frameworks`` are requirement strings whose names are framework ids; each must be in the
    plan.  ``optional`` ones join where a build that fits can be had.  ``accelerator`` says what
    the profile is for: ``auto`` takes the best device and else the CPU, ``gpu`` insists on one.
    ``download_gb`` and ``disk_gb`` are rough sizes for the requirements that doctor checks.
    """

    name: str
    title: str
    summary: str = ""
    frameworks: tuple[str, ...]
    optional: tuple[str, ...] = ()
    accelerator: Literal["auto", "gpu", "cpu", "cuda", "rocm", "xpu", "mps", "tpu"] = "auto"
    environment: dict[str, str] = {}
    download_gb: float | None = None
    disk_gb: float | None = None
