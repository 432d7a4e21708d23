"""The compatibility matrix as one value: the built-in data, a user's newer copy, a site's own rows.

An installed mlenv carries the data as package data; an editable install or a checkout does not,
and has it beside the package.  Files are read when they are first asked for, so a plan for one
framework never reads the others.
"""

from __future__ import annotations

import datetime as dt
import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from mlenv.errors import UsageError
from mlenv.matrix import profiles
from mlenv.matrix.compiled import Store, key_of, stamp_of
from mlenv.matrix.digest import combine_digests, digest_folder, folder_state
from mlenv.matrix.hardware import Drivers, GpuModels, RocmReleases
from mlenv.matrix.health import Health
from mlenv.matrix.images import ContainerImages
from mlenv.matrix.layers import lay_over
from mlenv.matrix.rows import (
    FileFamilies,
    FileFamily,
    Framework,
    Index,
    Indexes,
    MatrixInfo,
    Profile,
    Pythons,
    PythonSeries,
    Row,
    SystemNeed,
    SystemNeeds,
)
from mlenv.matrix.toml_file import load_file

SCHEMA = 1
INFO_FILE = "matrix.toml"
ROWS = TypeVar("ROWS", bound=Row)


def data_folder() -> Path:
    """The folder of the built-in matrix."""
    package = Path(__file__).parent.parent
    installed = package / "compat_matrix"
    return installed if installed.is_dir() else package.parent / "compat_matrix"


class DataVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Which data an answer was made from: its calendar version and the digest of its files."""

    version: str
    digest: str


class Matrix:
    """The compatibility matrix: a folder, and a site's folder laid over it where there is one.

    ``as_of`` leaves out what was released later.  ``store`` keeps what was read in a form that
    loads fast; without one every file is read as it stands.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        site: Path | None = None,
        as_of: dt.date | None = None,
        store: Store | None = None,
    ) -> None:
        self.folder = folder or data_folder()
        self.site = site
        self.as_of = as_of
        self.store = store or Store(None)

    @property
    def layers(self) -> tuple[Path, ...]:
        """The folders, the lowest first."""
        return (self.folder,) if self.site is None else (self.folder, self.site)

    def read(self, path: str, kind: type[ROWS]) -> ROWS:
        """One file, the site's rows over the others; :class:`UsageError` where it is wrong."""
        if self.site is None:
            return self._load(self.folder / path, kind)
        layers = [layer for layer in self.layers if _has(layer, path)] or [self.folder]
        return functools.reduce(lay_over, [self._load(layer / path, kind) for layer in layers])

    def _load(self, path: Path, kind: type[ROWS]) -> ROWS:
        return self.store.get(key_of(path), stamp_of(path), kind, lambda: load_file(path, kind))

    # ------------------------------------------------------------ which data this is

    @functools.cached_property
    def info(self) -> MatrixInfo:
        """Version and date of the data; :class:`UsageError` for a schema that this program cannot read."""
        info = read_info(self.folder, self.store)
        if self.site is None or not _has(self.site, INFO_FILE):
            return info
        upper = read_info(self.site, self.store)
        return replace(info, neighbours=tuple(dict.fromkeys((*info.neighbours, *upper.neighbours))))

    @functools.cached_property
    def version(self) -> str:
        """The calendar version of the data; a site's rows add their own after a ``+``."""
        if self.site is None:
            return self.info.version
        if _has(self.site, INFO_FILE):
            return f"{self.info.version}+{read_info(self.site, self.store).version}"
        return f"{self.info.version}+{digest_folder(self.site, self.store, self.states[-1])[7:15]}"

    @functools.cached_property
    def digest(self) -> str:
        """``sha256:...`` of all files of all layers."""
        pairs = zip(self.layers, self.states, strict=True)
        return combine_digests([digest_folder(layer, self.store, state) for layer, state in pairs])

    @functools.cached_property
    def states(self) -> tuple[str, ...]:
        """The state of each layer's files when they were first asked about: looked at once."""
        return tuple(folder_state(layer) for layer in self.layers)

    @property
    def data_version(self) -> DataVersion:
        """Version and digest, as every report quotes them."""
        return DataVersion(version=self.version, digest=self.digest)

    @property
    def day(self) -> dt.date:
        """The day whose knowledge this is: the one asked for, else that of the data."""
        return self.as_of or self.info.as_of

    # ------------------------------------------------------------ machines

    @functools.cached_property
    def drivers(self) -> Drivers:
        """NVIDIA drivers, CUDA releases, GPU generations and code rules."""
        return self.read("drivers.toml", Drivers)

    @functools.cached_property
    def gpus(self) -> GpuModels:
        """GPU products."""
        return self.read("gpus.toml", GpuModels)

    @functools.cached_property
    def rocm(self) -> RocmReleases:
        """ROCm releases, what they support, and the kernel drivers below them."""
        return self.read("rocm.toml", RocmReleases)

    @functools.cached_property
    def health(self) -> Health:
        """What the state of a GPU means, and which rates are too low."""
        return self.read("health.toml", Health)

    # ------------------------------------------------------------ packages

    @functools.cached_property
    def indexes(self) -> dict[str, Index]:
        """Package indexes by id."""
        return {row.id: row for row in self.read("indexes.toml", Indexes).index}

    @functools.cached_property
    def pythons(self) -> tuple[PythonSeries, ...]:
        """Series of CPython that are out, newest first."""
        rows = self.read("pythons.toml", Pythons).python
        return tuple(row for row in rows if self.as_of is None or row.released <= self.as_of)

    @functools.cached_property
    def families(self) -> tuple[FileFamily, ...]:
        """Distributions that write the same files."""
        return self.read("families.toml", FileFamilies).family

    @functools.cached_property
    def family_of(self) -> dict[str, str]:
        """The id of the file family that a distribution belongs to, for those that belong to one."""
        return {name: row.id for row in self.families for name in row.distributions}

    @functools.cached_property
    def needs(self) -> dict[str, SystemNeed]:
        """What builds need beside Python packages, by id."""
        return {row.id: row for row in self.read("needs.toml", SystemNeeds).need}

    @functools.cached_property
    def images(self) -> ContainerImages:
        """What containers start from, and what their hosts need."""
        return self.read("images.toml", ContainerImages)

    @functools.cached_property
    def framework_ids(self) -> tuple[str, ...]:
        """The ids of all frameworks, sorted."""
        return self._names("frameworks")

    @functools.cached_property
    def distributions(self) -> dict[str, str]:
        """Every distribution that the matrix installs, and the framework it belongs to."""
        state = " ".join(self.states)
        return self.store.get(f"distributions-{key_of(self.layers[-1])}", state, dict, self._find_distributions)

    def _find_distributions(self) -> dict[str, str]:
        table: dict[str, str] = {}
        for name in self.framework_ids:
            framework = self.framework(name)
            others = {build.distribution for release in framework.release for build in release.builds}
            table.update(dict.fromkeys(sorted(others - {""}), name))
        return {**table, **{self.framework(name).distribution: name for name in self.framework_ids}}

    @functools.cache  # noqa: B019 - one matrix lives as long as the program
    def framework(self, name: str) -> Framework:
        """The framework with that id, and its releases up to the day asked for."""
        framework = self.read(f"frameworks/{name}.toml", Framework)
        if self.as_of is None:
            return framework
        known = tuple(release for release in framework.release if release.released <= self.as_of)
        return replace(framework, release=known)

    def newest(self, name: str) -> Framework:
        """The framework with its newest releases alone, for each platform and accelerator (see :mod:`newest`)."""
        stamps = [stamp_of(layer / f"frameworks/{name}.toml") for layer in self.layers]
        stamp = " ".join([str(self.as_of), *(text or "-" for text in stamps)])

        def make() -> Framework:
            from mlenv.matrix.newest import keep_newest

            return keep_newest(self.framework(name))

        return self.store.get(f"newest-{name}-{key_of(self.layers[-1])}", stamp, Framework, make)

    # ------------------------------------------------------------ profiles

    @functools.cached_property
    def profile_names(self) -> tuple[str, ...]:
        """The names of all profiles, sorted."""
        return self._names("profiles")

    @functools.cache  # noqa: B019
    def profile(self, name: str) -> Profile:
        """The profile with that name, with what it extends; :class:`UsageError` lists the known ones."""
        return profiles.extend_profile(self.stated_profile(name), self.stated_profile)

    def stated_profile(self, name: str) -> Profile:
        """The profile as its file states it."""
        if name not in self.profile_names:
            raise UsageError(f"unknown profile {name!r}", hint=f"known profiles: {', '.join(self.profile_names)}")
        return self.read(f"profiles/{name}.toml", Profile)

    def _names(self, folder: str) -> tuple[str, ...]:
        return tuple(sorted({name for layer in self.layers for name in _stems(layer / folder)}))


def read_info(folder: Path, store: Store | None = None) -> MatrixInfo:
    """``matrix.toml`` of a folder; :class:`UsageError` for a schema that this program cannot read."""
    path = folder / INFO_FILE
    info = (store or Store(None)).get(key_of(path), stamp_of(path), MatrixInfo, lambda: load_file(path, MatrixInfo))
    if info.schema != SCHEMA:
        raise UsageError(
            f"{folder / INFO_FILE}: schema is {info.schema}, this mlenv reads {SCHEMA}",
            hint="use the data that belongs to this version of mlenv",
        )
    return info


def _has(layer: Path, path: str) -> bool:
    """Whether a layer means to have a file: a link that leads nowhere is there too, and an error."""
    place = layer / path
    return os.path.isfile(place) or os.path.islink(place) or os.path.isdir(place)


def _stems(folder: Path) -> Iterator[str]:
    try:
        names = os.listdir(folder)
    except OSError:
        return
    yield from (name[: -len(".toml")] for name in names if name.endswith(".toml"))
