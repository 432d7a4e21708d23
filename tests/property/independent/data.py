"""The rows of the matrix, read anew."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Offer:
    """One build of one release of a framework."""

    framework: str
    distribution: str
    version: Version
    release: Row
    build: Row
    staleness: int

    @property
    def name(self) -> str:
        return f"{self.framework} {self.version} {self.build['variant']}"

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that the build can use by itself."""
        return tuple(self.build.get("accelerators", ("cpu",)))


@dataclass(frozen=True, eq=False)
class Project:
    """A framework and all its builds."""

    row: Row
    offers: tuple[Offer, ...]

    @property
    def devices(self) -> frozenset[str]:
        """Every device that some build of some release is for."""
        return frozenset(device for offer in self.offers for device in offer.devices)


class Data:
    """A folder of rows, as it was known on a day; the data's own day where none is given."""

    def __init__(self, folder: Path, as_of: dt.date | None = None) -> None:
        self.folder = folder
        self.until = as_of
        self.day: dt.date = as_of or self._read("matrix.toml")["as_of"]
        self.drivers = self._read("drivers.toml")
        gpus = self._read("gpus.toml")
        self.gpus, self.xpu_series = gpus["gpu"], gpus["xpu_series"]
        self.rocm = self._read("rocm.toml")
        self.indexes = {row["id"]: row for row in self._read("indexes.toml")["index"]}
        self.pythons = [row for row in self._read("pythons.toml")["python"] if self._is_out(row)]
        families = self._read("families.toml")["family"]
        self.family_of = {name: row["id"] for row in families for name in row["distributions"]}
        rows = (self._read(f"frameworks/{path.name}") for path in sorted((folder / "frameworks").glob("*.toml")))
        self.projects = {row["id"]: self._project(row) for row in rows}

    def profile(self, name: str) -> Row:
        """A profile as it stands in its file."""
        return self._read(f"profiles/{name}.toml")

    def _read(self, path: str) -> Row:
        return tomllib.loads((self.folder / path).read_text(encoding="utf-8"))

    def _is_out(self, row: Row) -> bool:
        return self.until is None or row["released"] <= self.until

    def _project(self, row: Row) -> Project:
        releases = sorted(filter(self._is_out, row["release"]), key=lambda r: Version(r["version"]), reverse=True)
        sound = [release for release in releases if not release.get("yanked") and not release.get("broken")]
        age = dict(zip(map(id, sound), stalenesses([release["released"] for release in sound]), strict=True))
        offers = tuple(
            Offer(
                framework=row["id"],
                distribution=canonicalize_name(build.get("distribution") or row["distribution"]),
                version=Version(release["version"]),
                release=release,
                build=build,
                staleness=age.get(id(release), 0),
            )
            for release in releases
            for build in release["builds"]
        )
        return Project(row=row, offers=offers)


def stalenesses(days: list[dt.date]) -> list[int]:
    """By how many days the first of some releases is newer than each, growing with every one.

    The days are those of the releases from the newest version to the oldest.
    """
    found: list[int] = []
    for day in days:
        found.append(max(found[-1] + 1, (days[0] - day).days) if found else 0)
    return found
