"""The whole matrix brought up to date: every source is asked, and what it says becomes rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from mlenv.facts.version import numbers
from mlenv.matrix.diff import Change, compare_rows
from mlenv.matrix.hardware import Drivers
from mlenv.matrix.load import INFO_FILE, Matrix
from mlenv.matrix.refresh.code import lay_code
from mlenv.matrix.refresh.conda import lay_route
from mlenv.matrix.refresh.framework import Listing, distributions_of, refresh_framework
from mlenv.matrix.refresh.variants import lay_variants, variants_of
from mlenv.matrix.rows import Framework, MatrixInfo, Pythons, Row
from mlenv.matrix.sources import cuda_releases, python_releases
from mlenv.matrix.sources.conda_channel import CondaPackage, read_packages
from mlenv.matrix.sources.gpu_code import GpuCode, read_gpu_code
from mlenv.matrix.sources.package_index import Requirements, read_projects, read_requirements
from mlenv.matrix.sources.published import PublishedProject, PublishedWheel, SourceTrouble
from mlenv.matrix.sources.remote_sdist import read_sdist_requirements
from mlenv.matrix.sources.variant_index import read_variants
from mlenv.system.page import WebDoor, WebError

IDLE_KEYS = frozenset({"checked_on", "as_of", "version"})
"""Keys of a file that say when it was looked at: no difference in what it says."""


class Refreshed(msgspec.Struct, frozen=True, kw_only=True):
    """What the sources make of the data.

    ``files`` are the files that were looked at, by path, as they should be now; ``changes`` what
    differs in them, row by row; ``troubles`` which sources could not be read.  ``read`` counts the
    distributions whose listing was read, ``asked`` those that were asked for.
    """

    files: dict[str, Row]
    changes: tuple[Change, ...]
    troubles: tuple[str, ...]
    read: int
    asked: int


class Refresh:
    """One look at the sources, about some frameworks or (where none is named) about everything.

    ``gpu_code`` also reads the code out of wheels whose code is not known by measurement;
    ``cache`` is a folder for what is read of conda channels.

    Nothing is written.  A source that is out of reach leaves its rows as they are.
    """

    def __init__(
        self,
        matrix: Matrix,
        web: WebDoor,
        *,
        index_url: str,
        today: dt.date,
        frameworks: Sequence[str] = (),
        gpu_code: bool = False,
        cache: str | None = None,
        progress: Callable[[str], None],
    ) -> None:
        self.matrix = matrix
        self.web = web
        self.index_url = index_url
        self.today = today
        self.named = tuple(frameworks)
        self.gpu_code = gpu_code
        self.cache = cache
        self.progress = progress
        self.troubles: list[str] = []
        self.files: dict[str, Row] = {}

    def run(self) -> Refreshed:
        """Ask every source, and say what differs."""
        rows = [self.matrix.framework(name) for name in self.named or self.matrix.framework_ids]
        listing, asked = self._read_listing(rows)
        routes = self._read_channels(rows)
        for row in rows:
            self._refresh(row, listing, routes)
        if not self.named:
            self._refresh_pythons()
            self._refresh_cuda()
        if self.files:
            self.files[INFO_FILE] = self._info(complete=not self.named and len(listing.projects) == asked)
        return Refreshed(
            files=self.files,
            changes=tuple(self._changes()),
            troubles=tuple(dict.fromkeys(self.troubles)),
            read=len(listing.projects),
            asked=asked,
        )

    def _read_listing(self, rows: Sequence[Framework]) -> tuple[Listing, int]:
        """What the package index lists of all distributions, and how many were asked for."""
        wanted = tuple(dict.fromkeys(name for row in rows for name in distributions_of(row)))
        self.progress(f"asking the package index for {len(wanted)} distributions")
        newest = self.matrix.pythons[0].version
        answers = read_projects(self.web, self.index_url, wanted, newest_python=newest)
        self.troubles += [str(found) for found in answers.values() if isinstance(found, SourceTrouble)]
        listing = Listing(
            projects={name: found for name, found in answers.items() if isinstance(found, PublishedProject)},
            pythons=tuple(row.version for row in self.matrix.pythons),
            neighbours=frozenset({*self.matrix.distributions, *self.matrix.info.neighbours}),
            today=self.today,
        )
        return listing, len(wanted)

    def _read_channels(self, rows: Sequence[Framework]) -> dict[str, dict[str, CondaPackage]]:
        """The conda packages of all frameworks, by channel; a channel that fails has none."""
        wanted: dict[str, list[str]] = {}
        for row in rows:
            if row.conda is not None:
                wanted.setdefault(row.conda.channel, []).append(row.conda.package)
        found: dict[str, dict[str, CondaPackage]] = {}
        for channel, names in wanted.items():
            self.progress(f"asking the conda channel {channel} for {len(names)} packages")
            try:
                found[channel] = read_packages(channel, list(dict.fromkeys(names)), cache=self.cache)
            except SourceTrouble as trouble:
                self.troubles.append(str(trouble))
        return found

    def _read_source(self, url: str) -> Requirements | None:
        """What a source archive requires; None where it cannot be read, which leaves it to the installer."""
        try:
            return read_sdist_requirements(self.web, url)
        except WebError:
            return None

    def _refresh(self, row: Framework, listing: Listing, channels: Mapping[str, Mapping[str, CondaPackage]]) -> None:
        fresh, troubles = refresh_framework(
            row, listing, lambda wheel: read_requirements(self.web, wheel), self._read_source
        )
        self.troubles += map(str, troubles)
        fresh = self._refresh_variants(fresh, listing.pythons)
        if row.conda is not None:
            fresh = lay_route(fresh, channels.get(row.conda.channel, {}))
        if self.gpu_code:
            fresh = lay_code(fresh, listing, self._read_code)
        if any(name in listing.projects for name in distributions_of(row)):
            self.files[f"frameworks/{row.id}.toml"] = replace(fresh, checked_on=self.today)

    def _refresh_variants(self, row: Framework, pythons: Sequence[str]) -> Framework:
        """A framework with its builds on indexes of their own, where those answer."""
        for index in self.matrix.indexes.values():
            for distribution, variants in variants_of(row, index).items() if index.url else ():
                self.progress(f"asking {index.title} for {distribution}")
                answers = read_variants(self.web, index, distribution, variants, newest_python=pythons[0])
                self.troubles += [str(found) for found in answers.values() if isinstance(found, SourceTrouble)][:1]
                row = lay_variants(row, index, distribution, answers, pythons)
        return row

    def _read_code(self, wheel: PublishedWheel) -> GpuCode | None:
        self.progress(f"reading the GPU code of {wheel.filename}")
        try:
            return read_gpu_code(self.web, wheel.url)
        except WebError as error:
            self.troubles.append(f"{wheel.filename}: {error}")
            return None

    def _refresh_pythons(self) -> None:
        self.progress("asking for the releases of Python")
        table = self.matrix.read("pythons.toml", Pythons)
        found = python_releases.read_series(self.web, today=self.today, known=table.python)
        self.troubles += map(str, found.troubles)
        if found.rows != table.python:
            sources = {**table.sources, python_releases.ROW_SOURCE: python_releases.ROW_SOURCE_TEXT}
            fresh = replace(table, python=found.rows, checked_on=self.today, sources=_used(sources, found.rows))
            self.files["pythons.toml"] = fresh

    def _refresh_cuda(self) -> None:
        self.progress("asking for the releases of CUDA")
        table = self.matrix.read("drivers.toml", Drivers)
        found = cuda_releases.read_cuda_releases(self.web, known=table.cuda_release)
        self.troubles += map(str, found.troubles)
        if found.rows != table.cuda_release:
            sources = {**table.sources, cuda_releases.ROW_SOURCE: cuda_releases.ROW_SOURCE_TEXT}
            self.files["drivers.toml"] = replace(table, cuda_release=found.rows, checked_on=self.today, sources=sources)

    def _info(self, *, complete: bool) -> MatrixInfo:
        """The version of what was refreshed; a look at some rows alone does not make all data younger."""
        info, day = self.matrix.info, self.today.strftime("%Y.%m.%d")
        return replace(
            info,
            version=max(info.version, day, key=numbers),
            as_of=max(info.as_of, self.today) if complete else info.as_of,
        )

    def _changes(self) -> Iterator[Change]:
        """What differs, save for the days on which the files were looked at."""
        for path in sorted(self.files):
            new = self.files[path]
            for change in compare_rows(path, self.matrix.read(path, type(new)), new):
                if change.row or change.key not in IDLE_KEYS:
                    yield change


def _used(sources: dict[str, str], rows: Sequence[Row]) -> dict[str, str]:
    """The sources that some row names."""
    named = {name for row in rows for name in getattr(row, "source", ())}
    return {name: text for name, text in sources.items() if name in named}
