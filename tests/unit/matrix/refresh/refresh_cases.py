"""Rows and listings in few words, for the tests of the refresh."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mlenv.matrix.refresh.framework import Listing, ReadRequirements, refresh_framework
from mlenv.matrix.rows import Build, Framework, Release
from mlenv.matrix.sources.package_index import Requirements, parse_requirements, read_project
from mlenv.matrix.sources.published import PublishedProject, PublishedWheel, SourceTrouble
from mlenv.system.page import Page
from tests.unit.matrix.sources.sources_web import PagesOnly

INDEX = "https://index.test/simple"
JSON = "application/vnd.pypi.simple.v1+json"
TODAY = dt.date(2026, 11, 22)
PYTHONS = ("3.15", "3.14", "3.13", "3.12", "3.11", "3.10")
LINUX, ARM = "manylinux_2_28_x86_64", "manylinux_2_28_aarch64"


def files(release: str, *tags: str, day: str = "2026-03-01", **fields: Any) -> list[dict[str, Any]]:
    """Files of one release as an index lists them; the tag ``sdist`` is its source."""
    names = [f"{release}.tar.gz" if tag == "sdist" else f"{release}-{tag}.whl" for tag in tags]
    shared = {"hashes": {}, "size": 1000, "upload-time": f"{day}T10:11:12Z", **fields}
    return [{"filename": name, "url": f"https://files.test/{name}", **shared} for name in names]


def each(series: Sequence[str], platform: str) -> tuple[str, ...]:
    """The tags of one wheel for each Python: ``cp312-cp312-...``, ``cp314-cp314t-...``."""
    names = [(f"cp{one.rstrip('t').replace('.', '')}", one[-1] if one.endswith("t") else "") for one in series]
    return tuple(f"{name}-{name}{suffix}-{platform}" for name, suffix in names)


def page(name: str, *listed: Sequence[dict[str, Any]]) -> Page:
    """A project's page."""
    body = {"meta": {"api-version": "1.1"}, "name": name, "files": [one for group in listed for one in group]}
    return Page(state="found", url=f"{INDEX}/{name}/", content_type=JSON, body=msgspec.json.encode(body))


def project(name: str, *listed: Sequence[dict[str, Any]]) -> PublishedProject:
    """What an index lists of a distribution."""
    web = PagesOnly({f"{INDEX}/{name}/": page(name, *listed)})
    return read_project(web, INDEX, name, newest_python=PYTHONS[0])


def build(**fields: Any) -> Build:
    """A plain build for Linux and Python 3.12 unless the fields say otherwise."""
    usual: dict[str, Any] = {
        "variant": "any",
        "platforms": ("linux-x86_64",),
        "pythons": ("3.12",),
        "glibc": "2.28",
        "evidence": "measured",
        "source": ("pypi",),
    }
    return Build(**{**usual, **fields})


def release(version: str, *builds: Build, **fields: Any) -> Release:
    """A release of 2026-03-01."""
    usual: dict[str, Any] = {"released": dt.date(2026, 3, 1), "source": ("pypi",)}
    return Release(version=version, builds=builds, **{**usual, **fields})


def framework(*releases: Release, name: str = "acme", **fields: Any) -> Framework:
    """A framework with those releases."""
    usual: dict[str, Any] = {"checked_on": dt.date(2026, 3, 2), "sources": {"pypi": "PyPI: listing"}}
    return Framework(
        id=name, name=name.title(), distribution=name, imports=(name,), release=releases, **{**usual, **fields}
    )


def listing(*projects: PublishedProject, neighbours: Sequence[str] = ("numpy",)) -> Listing:
    """What the index lists today."""
    found = {one.distribution: one for one in projects}
    return Listing(projects=found, pythons=PYTHONS, neighbours=neighbours, today=TODAY)


def metadata(**lines: Sequence[str]) -> ReadRequirements:
    """A reader of wheels that require some lines, by the distribution with ``_`` for ``-``."""
    texts = {name: "".join(f"Requires-Dist: {line}\n" for line in required) for name, required in lines.items()}

    def read(wheel: PublishedWheel) -> Requirements:
        text = texts.get(wheel.filename.split("-")[0], "")
        return parse_requirements(f"Metadata-Version: 2.1\nName: x\nVersion: 1\n{text}")

    return read


def unreadable(wheel: PublishedWheel) -> Requirements:
    """A reader that finds nothing."""
    raise SourceTrouble(source="the package index", url=wheel.url, phrase="no answer in time")


def refresh(
    before: Framework, *projects: PublishedProject, read: ReadRequirements | None = None, neighbours: Any = ("numpy",)
) -> Framework:
    """The framework refreshed, where nothing went wrong."""
    after, troubles = refresh_framework(before, listing(*projects, neighbours=neighbours), read or metadata())
    assert () == troubles
    return after


def say(build: Build) -> str:
    """A build in one line: ``any linux-x86_64 3.12/3.13 glibc 2.28``."""
    floors = [f"{name} {getattr(build, name)}" for name in ("glibc", "musl", "macos") if getattr(build, name)]
    return " ".join([build.variant, "+".join(build.platforms), "/".join(build.pythons), *floors])


def builds_of(found: Framework, version: str) -> list[str]:
    """The builds of a release, a line each."""
    return [say(build) for release in found.release if release.version == version for build in release.builds]


def versions(found: Framework) -> list[str]:
    """The versions of all rows."""
    return [row.version for row in found.release]


def pages(found: Mapping[str, Sequence[Sequence[dict[str, Any]]]]) -> dict[str, Page]:
    """Pages by address, for a web."""
    return {f"{INDEX}/{name}/": page(name, *groups) for name, groups in found.items()}
